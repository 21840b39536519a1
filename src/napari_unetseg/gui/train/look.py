"""A look at the painted labels: which classes there are, and what 0 means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, QTimer, Signal  # type: ignore[attr-defined]

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.prepare.targets import annotation
from napari_unetseg.gui.parts.sources import labels_of
from napari_unetseg.gui.parts.worker import Worker, start_worker

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Literal

    from napari.layers import Labels
    from qtpy.QtWidgets import QWidget

    from napari_unetseg.core.image import Image

PAUSE_MS = 400
_PAINTED = ("data", "paint", "labels_update", "set_data")


@dataclass(frozen=True)
class Seen:
    """What a look has shown.

    Attributes
    ----------
    ids : tuple of int
        The classes; empty if they cannot be trained on.
    sentence : str
        What 0 means and why; or what is wrong.
    annotated : tuple of bool
        Whether a slice is annotated at all, slice by slice.
    problem : bool
        Whether something is wrong.
    """

    ids: tuple[int, ...]
    sentence: str
    annotated: tuple[bool, ...] = ()
    problem: bool = False


class Look(QObject):
    """Looks at a labels layer beside the window, and again when it is painted.

    Attributes
    ----------
    seen : Seen or None
        The latest look at this layer; None before the first is done.
    changed : Signal
        `seen` is another.
    """

    changed = Signal()

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self.seen: Seen | None = None
        self._layer: Labels | None = None
        self._wish: Literal["auto", "0", "none"] = "auto"
        self._worker: Worker | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._begin)
        self._owner = owner
        owner.destroyed.connect(lambda *_: self._connect(None))

    def at(self, layer: Labels | None, wish: Literal["auto", "0", "none"]) -> None:
        """Look at a layer, with the user's wish for what 0 means."""
        if layer is self._layer and wish == self._wish:
            return
        self._connect(layer)
        self._wish = wish
        self.seen = None
        self._timer.stop()
        self._begin()
        self.changed.emit()

    def _connect(self, layer: Labels | None) -> None:
        if layer is self._layer:
            return
        for old, method in ((self._layer, "disconnect"), (layer, "connect")):
            events = (
                (getattr(old.events, name, None) for name in _PAINTED) if old else ()
            )
            for event in events:
                if event is not None:
                    getattr(event, method)(self._on_paint)
        self._layer = layer

    def _on_paint(self) -> None:
        self._timer.start()

    def _begin(self) -> None:
        if self._worker is not None:
            # What it is about to say is old; a new look follows it.
            self._worker.quit()
            self._worker = None
        if self._layer is None:
            return
        try:
            labels = labels_of(self._layer)
        except UnetsegError as error:
            self._show(Seen((), str(error), problem=True))
            return
        self._worker = start_worker(
            look(labels, self._wish),
            owner=self._owner,
            name=f"Looking at {labels.name}",
            on_event=lambda _: None,
            on_return=self._show,
            on_error=lambda error: self._show(Seen((), str(error), problem=True)),
        )

    def _show(self, seen: Seen) -> None:
        self._worker = None
        self.seen = seen
        self.changed.emit()


def look(
    labels: Image, wish: Literal["auto", "0", "none"]
) -> Generator[Any, None, Seen]:
    """Find classes and the meaning of 0; a generator, to be run beside the window."""
    yield
    try:
        found = annotation([labels], wish)
    except UnetsegError as error:
        return Seen((), str(error), problem=True)
    (unknown,) = found.zero_unknown
    annotated = tuple(
        not unknown[index] or bool(np.any(np.asarray(labels.plane(index))))
        for index in labels.planes()
    )
    return Seen(found.ids, found.verdict, annotated)
