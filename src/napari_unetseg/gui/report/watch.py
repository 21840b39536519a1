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

    Attributes
    ----------
    changed : Signal
        A layer has other pixels or another place.
    """

    changed = Signal()

    def __init__(self, owner: QObject) -> None:
        super().__init__(owner)
        self._layers: list[weakref.ref[Labels]] = []
        myself = weakref.ref(self)

        def forget() -> None:
            watch = myself()
            if watch is not None:
                watch.at()

        when_destroyed(owner, forget)

    def at(self, *layers: Labels) -> None:
        """Watch these layers, and no longer those before."""
        for event in self._events():
            event.disconnect(self._tell)
        self._layers = [weakref.ref(layer) for layer in layers]
        for event in self._events():
            event.connect(self._tell)

    def _events(self) -> Iterator[Any]:
        for layer in (one() for one in self._layers):
            for name in _EVENTS:
                # Not every version of napari has all of them.
                if layer is not None and hasattr(layer.events, name):
                    yield getattr(layer.events, name)

    def _tell(self, _: object = None) -> None:
        self.changed.emit()
