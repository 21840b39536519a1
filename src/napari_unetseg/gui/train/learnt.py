"""What a training knows of the labels that it learns from, and what it is sent."""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels

from napari_unetseg.core.read import read_image
from napari_unetseg.layers.changes import Stored, changed_boxes
from napari_unetseg.runs import client
from napari_unetseg.runs.folder import read_question
from napari_unetseg.runs.questions import TrainQuestion

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_unetseg.layers.changes import Box


@dataclass(eq=False)
class Learnt:
    """What a training knows of a layer.

    Attributes
    ----------
    folder : Path
        The run folder.
    number : int
        Which of the training's labels these are, from 0.
    axes : str
        Letter of each dimension of the layer.
    kept : array
        The labels as the training has them, or has them on their way; of the layer's
        shape.
    stored : Stored or None
        How the run's file holds them, once that was looked up.
    lock : Lock
        Held while something is sent: two docks may show the same training, and what is
        painted later must not be sent first.
    """

    folder: Path
    number: int
    axes: str
    kept: Any
    stored: Stored | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def paint(self, box: Box, values: NDArray[Any]) -> None:
        """Bring what it knows up to date."""
        is_array = isinstance(self.kept, np.ndarray)
        if not (hasattr(self.kept, "dask") or (is_array and self.kept.flags.writeable)):
            # The file of a layer that got other data since, which stays as it is.
            self.kept = np.array(self.kept)
        self.kept[box] = values


# By layer, and not by dock: one that is opened again goes on with it.
LEARNT: weakref.WeakKeyDictionary[Labels, Learnt] = weakref.WeakKeyDictionary()


def send(learnt: Learnt, now: Any, boxes: Iterable[Box]) -> Generator[None]:
    """Send to a training what differs from what it has; to be run beside the window.

    Parameters
    ----------
    learnt : Learnt
        What it has; brought up to date with what is sent.
    now : array
        The layer's labels, which may be painted on meanwhile: what is missed now is a
        stroke of its own.
    boxes : iterable of tuple of slice
        Where to look, with plain start and stop along each dimension, in pixels.

    Yields
    ------
    None
        After each plane that was compared, and each box that was sent.

    Raises
    ------
    UnetsegError
        If it cannot be painted, or written.
    """
    for box in boxes:
        for changed in (yield from changed_boxes(now, learnt.kept, box)):
            with learnt.lock:
                _send_box(learnt, changed, np.array(now[changed]))
            yield


def _send_box(learnt: Learnt, box: Box, values: NDArray[Any]) -> None:
    if learnt.stored is None:
        learnt.stored = Stored(learnt.axes, _axes_in(learnt))
    start, painted = learnt.stored.place(box, values)
    client.paint(learnt.folder, learnt.number, start, painted)
    learnt.paint(box, values)


def _axes_in(learnt: Learnt) -> str:
    """Axes of the labels as the run reads them."""
    question = read_question(learnt.folder)
    assert isinstance(question, TrainQuestion)
    path = learnt.folder / question.labels[learnt.number]
    return read_image(path, axes=question.axes).axes
