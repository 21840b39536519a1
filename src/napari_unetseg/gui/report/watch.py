"""Notices that layers are not any more as they were when they were compared."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal  # type: ignore[attr-defined]

from napari_unetseg.gui.parts.lifetime import when_destroyed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari.layers import Labels

# Other pixels, or other places of them.
_EVENTS = (
    "data",
    "paint",
    "labels_update",
    "scale",
    "translate",
    "rotate",
    "shear",
    "affine",
    "units",
    "axis_labels",
)


class Watch(QObject):
    """Watches layers without keeping them alive.

    Parameters
    ----------
    owner : QObject
        Nothing is watched any more once it is gone.
    drawn : bool
        Whether to tell whenever a layer is drawn anew: also after scripts that refresh
        it, but for no other reason sometimes.

    Attributes
    ----------
    changed : Signal
        A layer has other pixels or another place.
    """

    changed = Signal()

    def __init__(self, owner: QObject, *, drawn: bool = False) -> None:
        super().__init__(owner)
        self._layers: list[weakref.ref[Labels]] = []
        self._drawn = drawn
        self._steps: list[tuple[int, int]] = []
        myself = weakref.ref(self)

        def forget() -> None:
            watch = myself()
            if watch is not None:
                watch.at()

        when_destroyed(owner, forget)

    def at(self, *layers: Labels) -> None:
        """Watch these layers, and no longer those before."""
        for layer in self._alive():
            for event in _events_of(layer):
                event.disconnect(self._tell)
            layer.events.set_data.disconnect(self._look)
        self._layers = [weakref.ref(layer) for layer in layers]
        self._steps = [_steps(layer) for layer in layers]
        for layer in layers:
            for event in _events_of(layer):
                event.connect(self._tell)
            layer.events.set_data.connect(self._look)

    def _alive(self) -> list[Labels]:
        return [layer for layer in (one() for one in self._layers) if layer is not None]

    def _tell(self, _: object = None) -> None:
        self._steps = [_steps(layer) for layer in self._alive()]
        self.changed.emit()

    def _look(self, _: object = None) -> None:
        """Tell of strokes that were taken back: napari only draws the layer anew."""
        if self._drawn or self._steps != [_steps(layer) for layer in self._alive()]:
            self._tell()


def _events_of(layer: Labels) -> Iterator[Any]:
    for name in _EVENTS:
        # Not every version of napari has all of them.
        if hasattr(layer.events, name):
            yield getattr(layer.events, name)


def _steps(layer: Labels) -> tuple[int, int]:
    """How many strokes can be undone and redone, of which napari tells in no event."""
    histories = (getattr(layer, f"_{name}_history", ()) for name in ("undo", "redo"))
    undo, redo = map(len, histories)
    return undo, redo
