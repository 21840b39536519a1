"""What is painted on the labels of a training while it learns is sent to it.

Nothing is lost before the first step: what is learnt is compared with the layer.
"""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels
from qtpy.QtCore import QObject, QTimer, Signal  # type: ignore[attr-defined]

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.events import Event, Failed, Finished, Started, Stopped
from napari_unetseg.core.read import read_image
from napari_unetseg.gui.parts.lifetime import when_destroyed
from napari_unetseg.gui.parts.sources import labels_of
from napari_unetseg.gui.parts.worker import Worker, start_worker
from napari_unetseg.gui.train.strokes import stroke_box
from napari_unetseg.gui.train.watched import Watched
from napari_unetseg.layers.changes import Stored, changed_boxes, whole
from napari_unetseg.runs import client
from napari_unetseg.runs.folder import read_question
from napari_unetseg.runs.questions import TrainQuestion

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_unetseg.core.image import Image
    from napari_unetseg.gui.parts.dock import Dock
    from napari_unetseg.layers.changes import Box

PAUSE_MS = 500


@dataclass(eq=False)
class Learnt:
    """What a training knows of a layer.

    Attributes
    ----------
    folder : Path
        The run folder.
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
_LEARNT: weakref.WeakKeyDictionary[Labels, Learnt] = weakref.WeakKeyDictionary()


class Painting(QObject):
    """Sends what is painted, half a second after the last stroke.

    Parameters
    ----------
    owner : Dock
        In whose viewer is painted; nothing is sent any more once it is gone.

    Attributes
    ----------
    problem : Signal(str)
        A sentence: why what is painted is not learnt.
    on : bool
        Whether anything is sent; what is painted meanwhile is, once it is on again.
    """

    problem = Signal(str)

    def __init__(self, owner: Dock) -> None:
        super().__init__(owner)
        self._owner = owner
        self.on = True
        self._layer: Labels | None = None
        self._watched: Watched | None = None
        self._open = False  # Whether the training has begun and hears.
        # Where the layer may differ from what was sent; None for anywhere.
        self._touched: list[Box | None] = []
        self._worker: Worker | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._send)
        layers = owner.viewer.layers
        layers.events.removed.connect(self._on_removed)
        myself = weakref.ref(self)

        def forget() -> None:
            painting = myself()
            if painting is not None:
                layers.events.removed.disconnect(painting._on_removed)
                painting._let_go()

        when_destroyed(owner, forget)

    def take(self, folder: Path, layer: Labels, labels: Image) -> None:
        """Remember what a training is about to learn from.

        Parameters
        ----------
        folder : Path
            The run folder, which need not be there yet.
        layer : Labels
            What is painted on.
        labels : Image
            The same as it is now, as of `sources.frozen`: it is changed here later.
        """
        _LEARNT[layer] = Learnt(folder, labels.axes, labels.array)

    def follow(self, folder: Path | None) -> bool:
        """Send what is painted to a training that begins or was found.

        Returns
        -------
        bool
            Whether it was started from a layer that is in the viewer.
        """
        self._let_go()
        for layer in self._owner.viewer.layers:
            learnt = _LEARNT.get(layer) if isinstance(layer, Labels) else None
            if learnt is not None and learnt.folder == folder:
                self._watch(layer)
                return True
        return False

    def hear(self, events: Iterable[Event]) -> None:
        """Take in what the training says."""
        for event in events:
            match event:
                case Started():
                    self._open = True
                    self._timer.start()
                case Finished():
                    # Nobody can go on with it: the copy of the labels may go.
                    if self._layer is not None:
                        _LEARNT.pop(self._layer, None)
                    self._let_go()
                case Stopped() | Failed():
                    self._open = False

    def turn(self, on: bool) -> None:
        """Send from now on, all that was painted before too; or no longer."""
        self.on = on
        self._on_change()

    def _watch(self, layer: Labels) -> None:
        self._layer = layer
        # It was painted on while nobody looked.
        self._touched = [None]
        viewer = self._owner.viewer
        self._watched = Watched(viewer, layer, self._on_change, of=("data",))
        layer.events.paint.connect(self._on_stroke)

    def _let_go(self) -> None:
        if self._watched is not None and self._layer is not None:
            self._watched.end()
            self._layer.events.paint.disconnect(self._on_stroke)
        self._watched = self._layer = None
        self._open = False
        self._touched = []

    def _on_removed(self, event: Any) -> None:
        if event.value is self._layer:
            self._let_go()

    def _on_stroke(self, event: Any) -> None:
        layer = self._layer
        if layer is not None:
            self._touched.append(stroke_box(event.value, layer.data.shape))
            self._timer.start()

    def _on_change(self) -> None:
        """Look everywhere: undone strokes and other data do not tell where they are."""
        if self._layer is not None:
            self._touched.append(None)
            self._timer.start()

    def _send(self) -> None:
        layer = self._layer
        # While strokes are being sent the next ones wait.
        if layer is None or not (self.on and self._open and self._touched):
            return
        if self._worker is not None:
            return
        learnt = _LEARNT[layer]
        try:
            labels = labels_of(layer)
        except UnetsegError as error:
            self._give_up(layer, str(error))
            return
        if labels.shape != learnt.kept.shape:
            self._give_up(layer, "The layer has another shape now.")
            return
        touched, self._touched = self._touched, []
        # What lies nowhere in particular is everywhere.
        known = [box for box in touched if box is not None]
        boxes = known if len(known) == len(touched) else [whole(labels.shape)]
        self._worker = start_worker(
            send(learnt, labels.array, boxes),
            owner=self._owner,
            name=f"Sending what was painted on {layer.name}",
            on_event=lambda _: None,
            on_return=lambda _: self._on_sent(),
            on_error=self._on_error,
        )

    def _on_sent(self) -> None:
        self._worker = None
        if self._touched:
            self._timer.start()

    def _on_error(self, error: Exception) -> None:
        self._worker = None
        # It is tried again with the next stroke.
        self._touched.append(None)
        self.problem.emit(f"What was painted is not learnt: {error}")
        if not isinstance(error, UnetsegError | OSError):
            raise error

    def _give_up(self, layer: Labels, why: str) -> None:
        _LEARNT.pop(layer, None)
        self._let_go()
        self.problem.emit(
            f"What is painted on '{layer.name}' is not learnt any more. {why}"
        )


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
        learnt.stored = Stored(learnt.axes, _axes_in(learnt.folder))
    start, painted = learnt.stored.place(box, values)
    client.paint(learnt.folder, 0, start, painted)
    learnt.paint(box, values)


def _axes_in(folder: Path) -> str:
    """Axes of the labels as the run reads them."""
    question = read_question(folder)
    assert isinstance(question, TrainQuestion)
    return read_image(folder / question.labels[0], axes=question.axes).axes
