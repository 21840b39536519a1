"""What is painted on the labels of a training while it learns is sent to it.

Nothing is lost before the first step: what is learnt is compared with the layers.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from napari.layers import Labels
from qtpy.QtCore import QObject, QTimer, Signal  # type: ignore[attr-defined]

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.events import Event, Failed, Finished, Started, Stopped
from napari_unetseg.gui.parts.lifetime import when_destroyed
from napari_unetseg.gui.parts.sources import labels_of
from napari_unetseg.gui.parts.worker import Worker, start_worker
from napari_unetseg.gui.train.learnt import LEARNT, Learnt, send
from napari_unetseg.gui.train.strokes import Strokes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from napari_unetseg.core.image import Image
    from napari_unetseg.gui.parts.dock import Dock

PAUSE_MS = 500


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
        self._followed: dict[Labels, Strokes] = {}
        self._open = False  # Whether the training has begun and hears.
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

    def take(self, folder: Path, number: int, layer: Labels, labels: Image) -> None:
        """Remember what a training is about to learn from.

        Parameters
        ----------
        folder : Path
            The run folder, which need not be there yet.
        number : int
            Which of its labels these are, from 0.
        layer : Labels
            What is painted on.
        labels : Image
            The same as it is now, as of `sources.frozen`: it is changed here later.
        """
        LEARNT[layer] = Learnt(folder, number, labels.axes, labels.array)

    def follow(self, folder: Path | None) -> bool:
        """Send what is painted to a training that begins or was found.

        Returns
        -------
        bool
            Whether it was started from layers that are in the viewer.
        """
        self._let_go()
        viewer = self._owner.viewer
        for layer in viewer.layers:
            learnt = LEARNT.get(layer) if isinstance(layer, Labels) else None
            if learnt is not None and learnt.folder == folder:
                self._followed[layer] = Strokes(viewer, layer, self._timer.start)
        return bool(self._followed)

    def hear(self, events: Iterable[Event]) -> None:
        """Take in what the training says."""
        for event in events:
            match event:
                case Started():
                    self._open = True
                    self._timer.start()
                case Finished():
                    # Nobody can go on with it: the copies of the labels may go.
                    for layer in self._followed:
                        LEARNT.pop(layer, None)
                    self._let_go()
                case Stopped() | Failed():
                    self._open = False

    def turn(self, on: bool) -> None:
        """Send from now on, all that was painted before too; or no longer."""
        self.on = on
        for strokes in self._followed.values():
            strokes.look_everywhere()

    def _let_go(self) -> None:
        for strokes in self._followed.values():
            strokes.end()
        self._followed.clear()
        self._open = False

    def _let_go_of(self, layer: Labels) -> None:
        self._followed.pop(layer).end()

    def _on_removed(self, event: Any) -> None:
        if event.value in self._followed:
            self._let_go_of(event.value)

    def _send(self) -> None:
        # While strokes are being sent the next ones wait.
        if not (self.on and self._open) or self._worker is not None:
            return
        for strokes in [*self._followed.values()]:
            if strokes.touched and self._send_of(strokes):
                return

    def _send_of(self, strokes: Strokes) -> bool:
        """Begin to send what was painted on a layer; whether that is possible."""
        layer = strokes.layer
        learnt = LEARNT[layer]
        try:
            labels = labels_of(layer)
        except UnetsegError as error:
            self._give_up(layer, str(error))
            return False
        if labels.shape != learnt.kept.shape:
            self._give_up(layer, "The layer has another shape now.")
            return False
        self._worker = start_worker(
            send(learnt, labels.array, strokes.take(labels.shape)),
            owner=self._owner,
            name=f"Sending what was painted on {layer.name}",
            on_event=lambda _: None,
            on_return=lambda _: self._on_sent(),
            on_error=lambda error: self._on_error(strokes, error),
        )
        return True

    def _on_sent(self) -> None:
        self._worker = None
        if any(strokes.touched for strokes in self._followed.values()):
            self._timer.start()

    def _on_error(self, strokes: Strokes, error: Exception) -> None:
        self._worker = None
        # It is tried again with the next stroke.
        strokes.touched.append(None)
        self.problem.emit(f"What was painted is not learnt: {error}")
        if not isinstance(error, UnetsegError | OSError):
            raise error

    def _give_up(self, layer: Labels, why: str) -> None:
        LEARNT.pop(layer, None)
        self._let_go_of(layer)
        self.problem.emit(
            f"What is painted on '{layer.name}' is not learnt any more. {why}"
        )
