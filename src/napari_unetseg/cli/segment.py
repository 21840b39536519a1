"""``unetseg segment``: images and a model become labels."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from napari_unetseg.cli import options, segment_options
from napari_unetseg.cli.following import follow
from napari_unetseg.cli.foresight import tell_forecast
from napari_unetseg.cli.starting import (
    check_resumable,
    check_resume,
    errors_as_events,
    how_to_resume,
    run_folder,
)
from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.errors import InputError, RunError, WriteError
from napari_unetseg.core.events import Finished, to_json
from napari_unetseg.core.read.ome_zarr import is_zarr
from napari_unetseg.runs import client
from napari_unetseg.runs.folder import read_question
from napari_unetseg.runs.questions import SegmentQuestion
from napari_unetseg.runs.story import duration

if TYPE_CHECKING:
    from collections.abc import Mapping

ENDINGS = (".tif", ".tiff", ".zarr")


def segment(
    context: typer.Context,
    image: segment_options.Image = None,
    model: segment_options.Model = None,
    out: segment_options.Out = None,
    scores: segment_options.Scores = None,
    uncertainty: segment_options.Uncertainty = None,
    uncertainty_by: segment_options.Measure = None,
    average: segment_options.Average = None,
    region: segment_options.Region = None,
    mask: segment_options.Mask = None,
    objects: segment_options.Objects = None,
    link: segment_options.Link = None,
    thresholds: segment_options.Thresholds = None,
    smallest: segment_options.Smallest = None,
    holes: segment_options.Holes = None,
    axes: options.Axes = None,
    pixel_size: options.PixelSizeText = None,
    rescale: segment_options.Rescale = None,
    tile: segment_options.Tile = None,
    device: options.Device = None,
    precision: segment_options.Precision = None,
    memory: options.Memory = None,
    dask: segment_options.Dask = None,
    run: options.Run = None,
    resume: options.Resume = False,
    overwrite: options.Overwrite = False,
    dry_run: segment_options.DryRun = False,
    as_json: options.AsJson = False,
) -> None:
    """Segment an image, or a folder of images, and write the labels."""
    begun = time.monotonic()
    with errors_as_events(as_json):
        check_resume(resume=resume, overwrite=overwrite)
        question, config = segment_options.asked(context.params)
        if scores is not None:
            config["scores"] = True
        if resume:
            folder = run_folder(run, out, "--out")
            status = check_resumable(folder, "segment")
            _check_same(folder, context.params, question, config)
            if status.state == "finished":
                _already_finished(folder, status.result, as_json)
                return
        else:
            if image is None:
                raise InputError("The image is missing", "See: unetseg segment --help")
            needed: dict[str, object] = (
                {"model": model} if dry_run else {"model": model, "out": out}
            )
            options.required("segment", **needed)
            assert model is not None
            read = options.inputs([image, *model, *([mask] if mask else [])])
            for file in model:
                options.model_file(file)
            wanted = {"out": out, "scores": scores, "uncertainty": uncertainty}
            if dry_run:  # The checks of what is written make its folder.
                wanted["out"] = out or Path("out.zarr")
                written = {n: str(p.absolute()) for n, p in wanted.items() if p}
            else:
                written = _outputs(image, wanted, read, overwrite=overwrite)
            asked = SegmentQuestion.check(
                image=read[0],
                model=read[1],
                models_besides=read[2 : 1 + len(model)],
                mask=read[-1] if mask else None,
                overwrite=overwrite,
                config=SegmentConfig.check(**config),
                **written,
                **question,
            )
            if dry_run:
                tell_forecast(asked, as_json=as_json)
                return
            assert out is not None
            folder = run_folder(run, out, "--out")
            client.create(folder, asked, overwrite=overwrite)
        again = how_to_resume("segment", run, out, "--out")
        result = follow(folder, again=again, fresh=not resume, as_json=as_json)
    if not as_json:
        _tell_outputs(folder, result)
        typer.echo(f"Done in {duration(time.monotonic() - begun)}. Run: {folder}")


def _outputs(
    image: Path,
    wanted: Mapping[str, Path | None],
    read: tuple[str, ...],
    *,
    overwrite: bool,
) -> dict[str, str]:
    """Absolute paths of what is written, refused at once if they could not be."""
    paths = {name: path for name, path in wanted.items() if path is not None}
    if image.is_dir() and not is_zarr(image):
        _check_folders(paths, read)
        return {name: str(path.absolute()) for name, path in paths.items()}
    for path in paths.values():
        if path.suffix.lower() not in ENDINGS:
            raise WriteError(
                f"'{path.name}' is no name for labels or scores",
                "End it in .ome.tif, or in .zarr for OME-Zarr",
            )
    checked = options.outputs(paths.values(), read, overwrite=overwrite)
    return dict(zip(paths, checked, strict=True))


def _check_folders(paths: Mapping[str, Path], read: tuple[str, ...]) -> None:
    """Refuse folders of outputs that are the input's, one another's, or files."""
    taken = {Path(read[0]).resolve()}
    for path in paths.values():
        if path.is_file() or path.suffix.lower() in ENDINGS:
            raise WriteError(
                f"'{path.name}' is no name for a folder",
                "Of a folder of images, the outputs are folders too",
            )
        if path.resolve() in taken:
            raise WriteError(
                f"'{path}' is another folder of this command too",
                "Give each output a folder of its own",
            )
        taken.add(path.resolve())


def _check_same(
    folder: Path,
    given: Mapping[str, Any],
    question: Mapping[str, Any],
    config: Mapping[str, Any],
) -> None:
    """Refuse to go on with other inputs or settings than those of the beginning."""
    begun = read_question(folder)
    assert isinstance(begun, SegmentQuestion)
    paths = {
        name: str(Path(given[name]).absolute())
        for name in ("image", "mask", "out", "scores", "uncertainty")
        if given[name] is not None
    }
    differs = [
        name
        for name, value in {**paths, **question, **config}.items()
        # Whatever device it was begun on, by default or by preference.
        if (name, value) != ("device", "auto")
        and value != _of(begun, name, is_path=name in paths, folder=folder)
    ]
    models = [str(path.absolute()) for path in given["model"] or ()]
    if models and models != [str(folder / path) for path in begun.models]:
        differs.insert(0, "model")
    if differs:
        raise RunError(
            f"This run was begun with another {differs[0].replace('_', ' ')}",
            "Leave out what differs to go on with it, or begin anew with --overwrite",
        )


def _of(begun: SegmentQuestion, name: str, *, is_path: bool, folder: Path) -> Any:
    if not is_path:
        owner = begun if name in SegmentQuestion.model_fields else begun.config
        return getattr(owner, name)
    path = getattr(begun, name)
    return None if path is None else str(folder / path)


def _tell_outputs(folder: Path, result: dict[str, Any]) -> None:
    question = read_question(folder)
    assert isinstance(question, SegmentQuestion)
    if "images" in result:
        failed = len(result["failed"])
        typer.echo(f"Labels of {result['images']} images: {question.out}")
        if failed:
            typer.echo(f"{failed} could not be segmented; see above.", err=True)
        return
    asked = {
        "Labels": question.out,
        "Scores": question.scores,
        "Uncertainty": question.uncertainty,
    }
    paths = {kind: folder / path for kind, path in asked.items() if path is not None}
    names = result.get("out", [path.name for path in paths.values()])
    for (kind, path), name in zip(paths.items(), names, strict=False):
        typer.echo(f"{kind}: {path.with_name(name)}")


def _already_finished(folder: Path, result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(to_json(Finished(result=result)))
        return
    typer.echo("This segmentation is finished.", err=True)
    _tell_outputs(folder, result)
