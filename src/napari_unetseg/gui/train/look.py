"""A look at the painted labels: which classes there are, and what 0 means."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QTimer, Signal  # type: ignore[attr-defined]

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.prepare.targets import annotation_steps
from napari_unetseg.gui.parts.lifetime import when_destroyed
from napari_unetseg.gui.parts.sources import labels_of
from napari_unetseg.gui.parts.worker import Worker, start_worker

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from typing import Literal

    from napari.layers import Labels

    from napari_unetseg.core.image import Image
    from napari_unetseg.gui.parts.dock import Dock

PAUSE_MS = 400
# Other pixels, or another meaning of the layer's dimensions.
_CHANGED = ("data", "paint", "labels_update", "axis_labels", "scale", "units")
# All that napari tells of a stroke taken back, and of `layer.refresh()`. It tells the
# same when the viewer goes to another slice.
_DRAWN = "set_data"


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

    Parameters
    ----------
    owner : Dock
        In whose viewer the layer is; nothing is looked at any more once it is gone.

    Attributes
    ----------
    seen : Seen or None
        The latest look at this layer; None before the first is done.
    changed : Signal
        `seen` is another.
    """

    changed = Signal()

    def __init__(self, owner: Dock) -> None:
        super().__init__(owner)
        self.seen: Seen | None = None
        self._layer: Labels | None = None
        self._wish: Literal["auto", "0", "none"] = "auto"
        self._worker: Worker | None = None
        self._number = 0
        self._place: object = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._begin)
        self._owner = owner
        myself = weakref.ref(self)

        def forget() -> None:
            look = myself()
            if look is not None:
                look._connect(None)

        when_destroyed(owner, forget)

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
        if self._layer is not None:
            for event, slot in self._slots(self._layer):
                event.disconnect(slot)
        if layer is not None:
            for event, slot in self._slots(layer):
                event.connect(slot)
        self._layer = layer
        self._place = self._shown()

    def _slots(self, layer: Labels) -> Iterator[tuple[Any, Callable[[], None]]]:
        for name in (*_CHANGED, _DRAWN):
            event = getattr(layer.events, name, None)
            if event is not None:
                yield event, self._on_drawn if name == _DRAWN else self._on_change

    def _on_change(self) -> None:
        self._timer.start()

    def _on_drawn(self) -> None:
        """Look again if it is the same slice that was drawn again."""
        before, self._place = self._place, self._shown()
        if self._place == before:
            self._timer.start()

    def _shown(self) -> object:
        """Which slice of the layer the viewer shows, and how."""
        dims, layer = self._owner.viewer.dims, self._layer
        where = dims.point[-layer.ndim :] if layer is not None else ()
        return where, dims.ndisplay, dims.order

    def _begin(self) -> None:
        if self._worker is not None:
            # What it is about to say is old; a new look follows it.
            self._worker.quit()
            self._worker = None
        self._number += 1
        if self._layer is None:
            return
        try:
            labels = labels_of(self._layer)
        except UnetsegError as error:
            self._show(Seen((), str(error), problem=True))
            return
        # It may have ended when it is quit; what it says then is old.
        number = self._number
        self._worker = start_worker(
            look(labels, self._wish),
            owner=self._owner,
            name=f"Looking at {labels.name}",
            on_event=lambda _: None,
            on_return=lambda seen: self._hear(number, seen),
            on_error=lambda error: self._hear(
                number, Seen((), str(error), problem=True)
            ),
        )

    def _hear(self, number: int, seen: Seen) -> None:
        if number == self._number:
            self._worker = None
            self._show(seen)

    def _show(self, seen: Seen) -> None:
        self.seen = seen
        self.changed.emit()


def look(
    labels: Image, wish: Literal["auto", "0", "none"]
) -> Generator[None, None, Seen]:
    """Find classes and the meaning of 0.

    Yields
    ------
    None
        After each plane, so that the look can be ended in between.
    """
    try:
        found = yield from annotation_steps([labels], wish)
    except UnetsegError as error:
        return Seen((), str(error), problem=True)
    (annotated,) = found.annotated
    return Seen(found.ids, found.verdict, tuple(annotated.values()))
