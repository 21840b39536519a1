"""``unetseg evaluate``: how far a segmentation agrees with the truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from napari_unetseg.cli import options

if TYPE_CHECKING:
    from napari_unetseg.core.evaluate.judge import Task

_TASKS = ("classes", "instances", "neurites")
_BY = ("slice",)


def evaluate(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="PREDICTION ... TRUTH",
            help="Labels to judge and labels that are right, or two folders; with "
            "--truth, all of these are to be judged.",
        ),
    ],
    truth: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE ...", help="A truth for each prediction."),
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(_TASKS),
            help="What is scored: classes pixel by pixel; single objects (SEG, DET, "
            "F1, AP, PQ); or neurites of EM slices (V-Rand, V-Info).",
        ),
    ] = None,
    objects: Annotated[
        int | None,
        typer.Option(
            metavar="CLASS",
            help="The class whose connected pixels are the objects, or the interior of "
            "neurites. Without it each id is an object.",
        ),
    ] = None,
    dimensions: Annotated[
        int | None,
        typer.Option(
            metavar="2|3",
            help="Whether objects live in slices or go through volumes. By default "
            "through volumes where the file says how thick its slices are.",
        ),
    ] = None,
    scores: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE ...",
            help="Probabilities that segment --scores has written: of classes, or of "
            "the interior of neurites, for curves over thresholds.",
        ),
    ] = None,
    ignore: Annotated[
        list[int] | None,
        typer.Option(
            metavar="ID ...",
            help="Ids whose pixels do not count, on either side: what is not "
            "annotated.",
        ),
    ] = None,
    partly: Annotated[
        list[int] | None,
        typer.Option(
            metavar="FRAME ...",
            help="Frames, from 0, of which only some objects are annotated: they count "
            "for SEG alone.",
        ),
    ] = None,
    borders: Annotated[
        bool,
        typer.Option(
            "--borders", help="Boundary IoU and Hausdorff distance of classes too."
        ),
    ] = False,
    by: Annotated[
        str | None,
        typer.Option(metavar="slice", help="Print a line for every slice too."),
    ] = None,
    other: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE ...",
            help="Other predictions of the same images, to be compared with these.",
        ),
    ] = None,
    image: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE ...", help="What was segmented: for pictures, and --model."
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The model, to keep apart what it was trained on. What segment has "
            "written knows that by itself.",
        ),
    ] = None,
    use_threshold: Annotated[
        int | None,
        typer.Option(
            metavar="CLASS",
            help="Write the best threshold of this class into the model --into; needs "
            "--scores. segment uses it from then on.",
        ),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(metavar="MODEL", help="The model of --use-threshold."),
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write all scores to a JSON file."),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the table as CSV.")
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write a page with tables, curves and pictures."
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that exist already.")
    ] = False,
) -> None:
    """Compare labels with the truth."""
    wanted_task = options.one_of("task", task, _TASKS)
    options.one_of("order", by, _BY)
    several = [*files, *(truth or []), *(scores or []), *(other or []), *(image or [])]
    read = options.inputs([*several, *filter(None, (model, into))])
    wanted = [path for path in (json, csv, html) if path is not None]
    options.outputs(wanted, read, overwrite=overwrite)

    from napari_unetseg.cli import judging, tables
    from napari_unetseg.cli.pairing import pairs
    from napari_unetseg.core.errors import InputError
    from napari_unetseg.core.evaluate.judge import Asked
    from napari_unetseg.core.evaluate.several import together
    from napari_unetseg.core.evaluate.uncertain import compared

    usual = "classes" if objects is None else "instances"
    asked = Asked(
        task=cast("Task", wanted_task or usual),
        identity=objects,
        dimensions=dimensions,
        ignore=tuple(ignore or ()),
        boundaries=borders,
        partly=tuple(partly or ()),
    )
    if other and scores and asked.task == "neurites":
        raise InputError(
            "Neurites of two predictions are compared by their labels",
            "Leave --scores or --other out",
        )
    paired = pairs(files, truth or [])
    every = judging.with_others(paired, scores or [], image or [])
    found = [judging.judged(one, asked, model) for one in every]
    report = together(found)
    against = None
    if other:
        second = pairs(other, [right for _, right in paired])
        others = judging.with_others(second, [], image or [])
        rival = together([judging.judged(one, asked, model) for one in others])
        against = compared(report, rival)
    tables.show_report(report, by_slice=by is not None, against=against)
    if json is not None:
        report.write_json(json, overwrite, against=against)
    if csv is not None:
        report.write_csv(csv, overwrite)
    if html is not None:
        from napari_unetseg.core.evaluate.page import page, write_page

        pictures = [
            shot
            for one, pair in zip(every, found, strict=True)
            for shot in judging.shots(one, pair, asked)
        ]
        text = page(
            report,
            shots=pictures,
            against=against,
            other=", ".join(path.name for path in other or []),
            made=tables.command(files, truth or [], asked),
        )
        write_page(html, text, overwrite)
    for path in wanted:
        typer.echo(f"Wrote {path}")
    if use_threshold is not None or into is not None:
        typer.echo(judging.use_best(report, use_threshold, into))
