"""``unetseg segment --dry-run``: what it would take."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from napari_unetseg.cli.display import Display, display_for
from napari_unetseg.core import jobs
from napari_unetseg.core.network.modelfile import load_model
from napari_unetseg.core.predict.store import Memory
from napari_unetseg.core.read import read_image
from napari_unetseg.core.read.ome_zarr import is_zarr
from napari_unetseg.runs.segmenting import images_in, workers_of
from napari_unetseg.runs.story import Story

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from napari_unetseg.core.config import SegmentConfig
    from napari_unetseg.core.events import Event, Forecast


class _Elsewhere(Memory):
    """Keeps nothing, and knows how much room is where the result would be written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def free(self) -> int:
        """Bytes that are free in the nearest folder that is there."""
        there = next(
            path for path in (self._folder, *self._folder.parents) if path.exists()
        )
        return shutil.disk_usage(there).free


def tell_forecast(
    read: tuple[str, ...],
    config: SegmentConfig,
    question: Mapping[str, Any],
    out: Path | None,
    *,
    as_json: bool,
) -> None:
    """Tell for each image what its segmentation would take.

    Parameters
    ----------
    read : tuple of str
        Paths of the image, or of a folder of them, and of the model.
    config : SegmentConfig
        How.
    question : mapping
        "axes", "pixel_size" and "dask" if they were given.
    out : Path or None
        Where the result would be written; by default here.
    as_json : bool
        Whether the events are printed as JSON.
    """
    source = Path(read[0])
    model = load_model(read[1])
    is_folder = source.is_dir() and not is_zarr(source)
    folder = (out or Path("here")).absolute().parent
    display = display_for(as_json=as_json)
    with workers_of(question.get("dask")) as workers:
        for path in images_in(source) if is_folder else [source]:
            image = read_image(path, axes=question.get("axes"))
            if size := question.get("pixel_size"):
                image = image.with_spacing(size.spacing, size.unit)
            if is_folder and not as_json:
                typer.echo(f"{path.name}:", err=True)
            store = _Elsewhere(folder)
            job = jobs.foresee(image, model, config, store=store, computer=workers)
            _show(job, display)
    display.close()


def _show(job: Generator[Event, None, Forecast], display: Display) -> None:
    """Show what a job tells, and what it returns."""
    story = Story()
    while True:
        try:
            event: Event = next(job)
        except StopIteration as end:
            display.show(end.value, story)
            return
        story.hear(event)
        display.show(event, story)
