"""Tell what answering the question for a segmentation would take, and do nothing."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from napari_unetseg.core import jobs
from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.events import Item, Note
from napari_unetseg.core.predict.store import Memory
from napari_unetseg.runs import images, items, models

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari_unetseg.core.events import Event
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.ensemble import Ensemble
    from napari_unetseg.core.network.modelfile import Model
    from napari_unetseg.core.predict.workers import Workers
    from napari_unetseg.runs.questions import SegmentQuestion


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


def foresee(
    question: SegmentQuestion, folder: Path
) -> Generator[Event, None, dict[str, list[str]]]:
    """Tell for each image what its segmentation would take.

    Parameters
    ----------
    question : SegmentQuestion
        Its relative paths start at the folder.
    folder : Path
        A run folder, or where one would be; nothing is written.

    Yields
    ------
    Event
        `Forecast` for each image, `Item` before it if there are several, `Note`.

    Returns
    -------
    dict
        Under "failed" the names of the images that would be left out.

    Raises
    ------
    UnetsegError
        As the segmentation would.
    """
    asked = items.questions(question, folder)
    model = models.load(question, folder)
    failed: list[str] = []
    with images.workers_of(question) as workers:
        if not items.is_of_folder(question, folder):
            yield from _one(question, folder, model, workers)
            asked = []
        for number, one in enumerate(asked, start=1):
            name = Path(one.image).name
            yield Item(name=name, number=number, total=len(asked))
            try:
                yield from _one(one, folder, model, workers)
            except UnetsegError as error:
                failed.append(name)
                yield Note(text=f"'{name}' would be left out: {error}", level="warning")
    if asked and len(failed) == len(asked):
        raise images.none_can_be_used(asked)
    return {"failed": failed}


def foresee_image(
    question: SegmentQuestion, image: Image, folder: Path, shapes: str = ""
) -> Generator[Event, None, None]:
    """Tell what the segmentation of an image that is in no file yet would take.

    Parameters
    ----------
    question : SegmentQuestion
        Its image is not looked at; its relative paths start at the folder.
    image : Image
        Of which no pixel is read.
    folder : Path
        Where the run folder would be; nothing is written.
    shapes : str
        What the question's mask would hold, a CSV of shapes, if it is not there yet.

    Yields
    ------
    Event
        `Forecast`, `Note`.

    Raises
    ------
    UnetsegError
        As the segmentation would.
    """
    model = models.load(question, folder)
    if not shapes:
        yield from _told(question, image, folder, model, None)
        return
    with tempfile.TemporaryDirectory(prefix="unetseg-") as kept:
        path = Path(kept) / "shapes.csv"
        path.write_text(shapes, encoding="utf-8")
        question = question.model_copy(update={"mask": str(path)})
        yield from _told(question, image, folder, model, None)


def _one(
    question: SegmentQuestion,
    folder: Path,
    model: Model | Ensemble,
    workers: Workers | None,
) -> Generator[Event, None, None]:
    image = images.read(question, folder)
    yield from _told(question, image, folder, model, workers)


def _told(
    question: SegmentQuestion,
    image: Image,
    folder: Path,
    model: Model | Ensemble,
    workers: Workers | None,
) -> Generator[Event, None, None]:
    store = _Elsewhere((folder / question.out).absolute().parent)
    yield (
        yield from jobs.foresee(
            image,
            model,
            images.settings(question),
            store=store,
            computer=workers,
            mask=images.read_mask(question, folder, image),
        )
    )
