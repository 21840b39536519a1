"""Notices that somebody draws in a layer of shapes."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer, Signal  # type: ignore[attr-defined]

from napari_unetseg.gui.parts.lifetime import when_destroyed
from napari_unetseg.gui.parts.watched import Watched

if TYPE_CHECKING:
    from napari.layers import Shapes

    from napari_unetseg.gui.parts.dock import Dock

PAUSE_MS = 300


class Drawn(QObject):
    """Tells when a shapes layer has changed, and rests.

    Parameters
    ----------
    owner : Dock
        In whose viewer it is; nothing is told any more once it is gone.

    Attributes
    ----------
    changed : Signal
        Something was drawn, moved or taken away.
    """

    changed = Signal()

    def __init__(self, owner: Dock) -> None:
        super().__init__(owner)
        self._viewer = owner.viewer
        self._layer: Shapes | None = None
        self._watched: Watched | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self.changed)
        myself = weakref.ref(self)

        def forget() -> None:
            alive = myself()
            if alive is not None and alive._watched is not None:
                alive._watched.end()

        when_destroyed(owner, forget)

    def at(self, layer: Shapes | None) -> None:
        """Watch a layer in place of the one before."""
        if layer is self._layer:
            return
        if self._watched is not None:
            self._watched.end()
        self._layer, self._watched = layer, None
        if layer is not None:
            self._watched = Watched(self._viewer, layer, self._timer.start)
