"""Scripted runs: ``python child.py SCENARIO FOLDER`` executes one.

What takes long to be loaded is loaded by the scenarios that need it.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.events import (
    Edited,
    Item,
    Note,
    Paused,
    Planned,
    Previewed,
    Resumed,
    Started,
    Step,
    Tile,
    Validated,
    Waiting,
)
from napari_unetseg.core.train.wishes import Predicted
from napari_unetseg.runs import engine, journal
from napari_unetseg.runs.edits import Edits
from napari_unetseg.runs.engine import Answer, Stop, Story, execute
from napari_unetseg.runs.previews import write_preview
from napari_unetseg.runs.questions import SegmentQuestion

if TYPE_CHECKING:
    from napari_unetseg.core.events import Event
    from napari_unetseg.core.train.wishes import View
    from napari_unetseg.runs.interrupts import Interrupts
    from napari_unetseg.runs.questions import Question


GROWS = Path("result", "labels.zarr")


# There is room on the disk for as long as no file of this name lies in the run folder.
FULL = "full"


def training(question: Question, folder: Path, stop: Stop, total: int = 5) -> Story:
    """Train in so many steps of 10 ms, and validate every second one."""
    yield Note(text="Validation on the slice 4.")
    yield Started(job=question.job, device="cpu", precision="fp32")
    yield Planned(total=total, unit="step", seconds=0.01 * total)
    step = 0
    try:
        while step < total and not stop():
            step += 1
            time.sleep(0.01)
            yield Step(step=step, total=total, loss=1 / step, learning_rate=1e-3)
            if step % 2 == 0:
                iou = 1 - 1 / step
                yield Validated(
                    step=step, iou={}, mean_iou=iou, pixel_error=1 - iou, best=True
                )
    finally:
        (folder / "saved").write_text(str(step))
    validation = {"slices": [4], "mean_iou": 0.75, "pixel_error": 0.1, "iou": {}}
    return {"model": "m", "steps": step, "kept_step": step, "validation": validation}


def endless(question: Question, folder: Path, stop: Stop) -> Story:
    """Train for longer than any test."""
    return (yield from training(question, folder, stop, total=10**6))


def live(question: Question, folder: Path, *_: object, interrupts: Interrupts) -> Story:
    """Train for longer than any test, and hear all wishes, as a real one does.

    Of what is in view it says that all of it is of class 2, and that it is unsure of
    its first corner.
    """
    edits, seen = Edits(folder), None
    yield Started(job=question.job, device="cpu", precision="fp32")
    yield Planned(total=10**6, unit="step", seconds=1e4)
    step = 0
    while not interrupts.stop():
        for edit in edits.new(step):
            yield Edited(number=edit.number, step=step, pixels=edit.values.size)
        if interrupts.paused():
            yield Paused(step=step)
            while interrupts.paused():
                time.sleep(0.01)
            yield Resumed(step=step)
            continue
        view = interrupts.view()
        if view is not None and (view != seen or step % 50 == 0):
            seen = view
            yield _look(view, step, folder)
        step += 1
        time.sleep(0.01)
        yield Step(step=step, total=10**6, loss=1 / step, learning_rate=1e-3)
    return {}


def _look(view: View, step: int, folder: Path) -> Previewed:
    axes = "".join(axis for axis in "TZYX" if axis in view.region)
    starts, stops = zip(*(view.region[axis] for axis in axes), strict=True)
    shape = [stop - start for start, stop in zip(starts, stops, strict=True)]
    labels = np.full(shape, 2, np.uint8)
    unsure = np.zeros(shape, np.float32)
    unsure[..., :12, :12] = 1
    predicted = Predicted(step, view.image, axes, starts, labels, unsure)
    return Previewed(
        number=write_preview(folder, predicted),
        step=step,
        image=view.image,
        start=list(starts),
        stop=list(stops),
    )


def slow_to_begin(question: Question, folder: Path, stop: Stop) -> Story:
    """Load for longer than any test."""
    yield Note(text="loading")
    while not stop():
        time.sleep(0.01)
    return {}


def warning(question: Question, folder: Path, stop: Stop) -> Story:
    """Train, and warn of something before."""
    yield Note(text="The image is of another pixel size.", level="warning")
    return (yield from training(question, folder, stop))


def mendable(question: Question, folder: Path, stop: Stop) -> Story:
    """Raise an error of the user's before the work begins."""
    yield Note(text="looking")
    raise InputError("the image is empty", "Choose another")


def bug(question: Question, folder: Path, stop: Stop) -> Story:
    """Raise an error of ours."""
    yield Started(job=question.job)
    raise ZeroDivisionError("a very particular bug")


GO_ON = "go on"


def segmenting(question: Question, folder: Path, stop: Stop) -> Story:
    """Fill the labels with 1, slice by slice; wait in the middle for a file."""
    from napari_unetseg.core.write.ome_zarr import move_into_place

    labels, done = _labels(folder), _done(folder)
    total = labels.shape[0]
    yield Started(job=question.job, device="cpu", precision="fp32")
    yield Planned(total=total, unit="tile", seconds=0.01 * total)
    for number in range(len(done), total):
        while number >= total // 2 and not (folder / GO_ON).exists():
            time.sleep(0.01)
            yield Note(text="waiting")
        labels[number] = 1
        stops = [number + 1, *labels.shape[1:]]
        yield Tile(
            done=number + 1,
            total=total,
            start=[number, 0, 0],
            stop=stops,
            number=number,
        )
    move_into_place(folder / GROWS, folder / "labels.zarr", overwrite=True)
    return {"out": ["labels.zarr"]}


def labelling(question: Question, folder: Path, stop: Stop) -> Story:
    """Segment at once."""
    (folder / GO_ON).touch()
    return (yield from segmenting(question, folder, stop))


def of_folder(question: Question, folder: Path, stop: Stop) -> Story:
    """Label all images of a folder with 1, but one that is called "bad"."""
    from napari_unetseg.core.read import read_image
    from napari_unetseg.core.write.ome_tiff import write_ome_tiff

    assert isinstance(question, SegmentQuestion)
    images = [*map(Path, sorted(map(str, Path(question.image).iterdir())))]
    made, failed = [], []
    yield Started(job=question.job, device="cpu", precision="fp32")
    for number, path in enumerate(images, start=1):
        yield Item(name=path.name, number=number, total=len(images))
        yield Planned(total=1, unit="tile")
        while number > 2 and not (folder / GO_ON).exists():
            time.sleep(0.01)
            yield Note(text="waiting")
        if path.name.startswith("bad"):
            failed.append(path.name)
            yield Note(text=f"'{path.name}' is left out: Text.", level="warning")
            continue
        image = read_image(path)
        labels = image.like(np.ones(image.shape, np.uint8), image.axes, "labels")
        write_ome_tiff(
            Path(question.out) / path.name,
            labels,
            overwrite=True,
            description={"kind": "labels"},
        )
        made.append(path.name)
        yield Tile(done=1, total=1, number=0)
    return {"out": made, "images": len(made), "failed": failed}


def _labels(folder: Path) -> Any:
    """Open the labels that grow, or make them as large as the image is."""
    import zarr

    from napari_unetseg.core.read import read_image
    from napari_unetseg.core.write.ome_zarr import LabelNotes, create_ome_zarr

    if (folder / GROWS).exists():
        return zarr.open_array(folder / GROWS / "0", mode="r+")
    (image,) = (folder / "inputs").iterdir()
    shape = read_image(image).shape
    return create_ome_zarr(
        folder / GROWS,
        shape=shape,
        dtype=np.uint8,
        axes="ZYX",
        spacing=(),
        unit="pixel",
        name="labels",
        chunks=(1, *shape[1:]),
        labels=LabelNotes(),
    )


def _done(folder: Path) -> list[int]:
    events = [entry.event for entry in journal.read(folder)]
    return [event.number for event in events if isinstance(event, Tile)]


def fill_disk() -> None:
    """Let the story find no room where the file says so."""
    append = journal.Journal.append

    def appended(self: journal.Journal, event: Event) -> None:
        if (self._path.parent / FULL).exists() and not isinstance(event, Waiting):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        append(self, event)

    journal.Journal.append = appended


SCENARIOS: dict[str, Answer] = {
    function.__name__: function
    for function in (
        training,
        endless,
        slow_to_begin,
        warning,
        mendable,
        bug,
        segmenting,
        labelling,
        of_folder,
    )
}

if __name__ == "__main__":
    name, folder = sys.argv[1], Path(sys.argv[2])
    fill_disk()
    if name == live.__name__:
        # It hears of wishes from the engine itself, in place of the science.
        engine._science = lambda interrupts: partial(live, interrupts=interrupts)
        sys.exit(execute(folder))
    sys.exit(execute(folder, SCENARIOS[name]))
