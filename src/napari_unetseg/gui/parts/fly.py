"""Takes the viewer to a box of labels: sliders, and a camera that glides there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from qtpy.QtCore import QEasingCurve, QObject, QVariantAnimation

from napari_unetseg.gui.parts.view import camera_of, units_of
from napari_unetseg.layers.view import world_box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.viewer import Viewer
    from numpy.typing import NDArray

    from napari_unetseg.layers.place import Placed

# Milliseconds: long enough for the eye to follow, too short to wait for.
DURATION = 350
# What is seen around a box: so many times its size, and at least so many pixels.
CONTEXT, FEWEST = 3.0, 64
# Of napari, before it has drawn anything.
CANVAS = (600, 800)


class _Course(NamedTuple):
    """Centre and zoom of the camera at both ends of a flight."""

    start: NDArray[np.float64]
    stop: NDArray[np.float64]
    far: float
    near: float


class Flight(QObject):
    """Flies the viewer's camera.

    Parameters
    ----------
    owner : QObject
        No flight outlives it.
    viewer : napari.viewer.Viewer
        Whose sliders and camera are moved.
    """

    def __init__(self, owner: QObject, viewer: Viewer) -> None:
        super().__init__(owner)
        self._viewer = viewer
        self._animation: QVariantAnimation | None = None
        self._course: _Course | None = None

    def to_slice(
        self, placed: Placed, start: Sequence[int], stop: Sequence[int]
    ) -> None:
        """Move the sliders of hidden axes to the middle of a box; at once.

        Parameters
        ----------
        placed : Placed
            Labels with N axes.
        start, stop : sequence of N int
            The first pixel of the box, and the first behind it, along every axis.
        """
        low, high = world_box(placed, start, stop, units_of(self._viewer))
        dims = self._viewer.dims
        first = dims.ndim - len(low)
        for axis in range(first, dims.ndim):
            if axis not in dims.displayed:
                dims.set_point(axis, (low[axis - first] + high[axis - first]) / 2)

    def to_box(self, placed: Placed, start: Sequence[int], stop: Sequence[int]) -> None:
        """Go to a box: sliders at once, the camera gliding.

        Parameters are those of `to_slice`.
        """
        self.to_slice(placed, start, stop)
        viewer = self._viewer
        units = units_of(viewer)
        first = viewer.dims.ndim - len(placed.image.shape)
        seen = [axis - first for axis in viewer.dims.displayed]
        if min(seen) < 0:
            return
        low, high = (np.array(c)[seen] for c in world_box(placed, start, stop, units))
        shape = placed.image.shape
        ends = world_box(placed, (0,) * len(shape), shape, units)
        whole = (np.array(ends[1]) - np.array(ends[0]))[seen]
        pixel = whole / np.array(shape)[seen]
        size = np.maximum(CONTEXT * (high - low), FEWEST * pixel)
        # Never farther away than all of the labels, unless the box itself asks for it.
        size = np.maximum(np.minimum(size, whole), high - low)
        self._glide((low + high) / 2, _zoom(viewer, size))

    def _glide(self, center: NDArray[np.float64], zoom: float) -> None:
        camera = camera_of(self._viewer)
        before, far = np.array(camera.center, float), camera.zoom
        after = before.copy()
        after[-len(center) :] = center
        if self._animation is not None:
            self._animation.stop()
        self._course = _Course(before, after, far, zoom)
        self._animation = QVariantAnimation(self)
        self._animation.setDuration(DURATION)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(1.0)
        self._animation.setEasingCurve(QEasingCurve.Type.InOutCubic)
        # A method of a QObject, which Qt lets go with it: a function of Python's own
        # could be called once the garbage collector has emptied it.
        self._animation.valueChanged.connect(self._step)
        self._animation.start(QVariantAnimation.DeletionPolicy.KeepWhenStopped)

    def _step(self, share: Any) -> None:
        """Go on to this share of the way, from 0 to 1."""
        course, done = self._course, float(share)
        if course is not None:
            camera = camera_of(self._viewer)
            camera.center = tuple(course.start + done * (course.stop - course.start))
            camera.zoom = course.far * (course.near / course.far) ** done


def _zoom(viewer: Viewer, size: NDArray[np.float64]) -> float:
    """Canvas pixels per unit of the world, so that all of a size is seen."""
    # Older versions of napari keep it elsewhere.
    canvas = getattr(getattr(viewer, "canvas", None), "size", None)
    shown: Any = canvas or getattr(viewer, "_canvas_size", CANVAS)
    height, width = map(float, shown)
    if len(size) > 2:
        return min(height, width) / float(np.linalg.norm(size))
    return min(height / float(size[0]), width / float(size[1]))
