"""Notices that the viewer shows another slice, or another part of it."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QTimer, Signal  # type: ignore[attr-defined]

from napari_unetseg.gui.parts.lifetime import when_destroyed

if TYPE_CHECKING:
    from napari.viewer import Viewer
    from qtpy.QtWidgets import QWidget

# Longer than the pause between two steps of a wheel that is turned.
PAUSE_MS = 250
_DIMS = ("point", "ndisplay", "order")
_CAMERA = ("center", "zoom")


class Moved(QObject):
    """Tells once a viewer has come to rest.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        That is watched.
    owner : QWidget
        With which it ends.

    Attributes
    ----------
    moved : Signal
        The sliders or the camera have moved, and rest.
    """

    moved = Signal()

    def __init__(self, viewer: Viewer, owner: QWidget) -> None:
        super().__init__(owner)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self.moved)
        myself = weakref.ref(self)

        def begin(_: Any = None) -> None:
            alive = myself()
            if alive is not None:
                alive._timer.start()

        # napari keeps the camera in the scene since 0.9.
        camera: Any = getattr(viewer, "scene", viewer).camera
        events = [
            *(getattr(viewer.dims.events, name) for name in _DIMS),
            *(getattr(camera.events, name) for name in _CAMERA),
        ]
        for event in events:
            event.connect(begin)

        def forget() -> None:
            for event in events:
                event.disconnect(begin)

        when_destroyed(owner, forget)
