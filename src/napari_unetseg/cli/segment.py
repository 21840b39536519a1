"""``unetseg segment``: an image and a model become labels."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from napari_unetseg.cli import options
from napari_unetseg.cli.following import follow
from napari_unetseg.cli.starting import (
    check_resumable,
    check_resume,
    errors_as_events,
    how_to_resume,
    run_folder,
    tell_unused,
)
from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.errors import InputError, WriteError
from napari_unetseg.core.events import Finished, to_json
from napari_unetseg.runs import client
from napari_unetseg.runs.folder import read_question
from napari_unetseg.runs.questions import SegmentQuestion
from napari_unetseg.runs.story import duration

TIFF = (".tif", ".tiff")


def segment(
    context: typer.Context,
    image: Annotated[
        Path | None, typer.Argument(metavar="IMG", help="Image to segment.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="MODEL", help="Model file.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="Labels to write, best NAME.ome.tif."),
    ] = None,
    scores: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT2",
            help="Also write the softmax probability of each class, float32.",
        ),
    ] = None,
    axes: options.Axes = None,
    tile: Annotated[
        str | None,
        typer.Option(
            metavar="N|auto|whole",
            help="Side of the pieces, in pixels. The result does not depend on it.",
            rich_help_panel=options.COMPUTING,
        ),
    ] = None,
    device: options.Device = None,
    precision: options.Precision = None,
    run: options.Run = None,
    resume: options.Resume = False,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Segment an image and write the labels."""
    begun = time.monotonic()
    with errors_as_events(as_json):
        check_resume(resume=resume, overwrite=overwrite)
        if resume:
            folder = run_folder(run, out, "--out")
            status = check_resumable(folder, "segment")
            tell_unused(context.params, {"out"})
            if status.state == "finished":
                _already_finished(folder, status.result, as_json)
                return
        else:
            if image is None:
                raise InputError("The image is missing", "See: unetseg segment --help")
            options.required("segment", model=model, out=out)
            assert model is not None
            assert out is not None
            config = SegmentConfig.check(
                tile=tile_size(tile),
                scores=scores is not None,
                device=options.one_of("device", device, options.DEVICES) or "auto",
                precision=options.one_of("precision", precision, options.PRECISIONS)
                or "auto",
            )
            read = options.inputs([image, model])
            wanted = [out, scores] if scores else [out]
            _check_endings(wanted)
            written = options.outputs(wanted, read, overwrite=overwrite)
            question = SegmentQuestion(
                image=read[0],
                model=read[1],
                out=written[0],
                scores=written[1] if scores else None,
                axes=options.axes_of(axes),
                overwrite=overwrite,
                config=config,
            )
            folder = run_folder(run, out, "--out")
            client.create(folder, question, overwrite=overwrite)
        again = how_to_resume("segment", run, out, "--out")
        result = follow(folder, again=again, fresh=not resume, as_json=as_json)
    if not as_json:
        _tell_outputs(folder, result)
        typer.echo(f"Done in {duration(time.monotonic() - begun)}. Run: {folder}")


def tile_size(text: str | None) -> int | str:
    """Read a tile size: a number of pixels, "auto" or "whole".

    Raises
    ------
    InputError
        If it is none of these.
    """
    if text is None or text in {"auto", "whole"}:
        return text or "auto"
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise InputError(
        f"'{text}' is no tile size", "Give a number of pixels, auto, or whole"
    )


def _check_endings(paths: list[Path]) -> None:
    """Refuse at once what could not be written at the end."""
    for path in paths:
        if path.suffix.lower() not in TIFF:
            raise WriteError(
                f"'{path.name}' is no name for a TIFF file", "End it in .ome.tif"
            )


def _tell_outputs(folder: Path, result: dict[str, Any]) -> None:
    question = read_question(folder)
    assert isinstance(question, SegmentQuestion)
    asked = [question.out, *([question.scores] if question.scores else [])]
    paths = [folder / path for path in asked]
    names = result.get("out", [path.name for path in paths])
    for kind, path, name in zip(("Labels", "Scores"), paths, names, strict=False):
        typer.echo(f"{kind}: {path.with_name(name)}")


def _already_finished(folder: Path, result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(to_json(Finished(result=result)))
        return
    typer.echo("This segmentation is finished.", err=True)
    _tell_outputs(folder, result)
