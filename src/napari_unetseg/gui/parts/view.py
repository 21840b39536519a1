"""What the viewer shows of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.layers.view import key_at

if TYPE_CHECKING:
    from napari.components import Camera
    from napari.viewer import Viewer

    from napari_unetseg.layers.place import Placed
    from napari_unetseg.layers.view import Key


def in_view(viewer: Viewer, labels: Placed) -> Key | None:
    """The plane of labels that is in view, as `key_at` finds it.

    Raises
    ------
    InputError
        As `key_at`.
    """
    dims = viewer.dims
    return key_at(labels, dims.point, dims.displayed, units_of(viewer))


def camera_of(viewer: Viewer) -> Camera:
    """The camera, which newer versions of napari keep in a scene."""
    scene = getattr(viewer, "scene", None)
    camera: Camera = viewer.camera if scene is None else scene.camera
    return camera


def units_of(viewer: Viewer) -> tuple[str, ...]:
    """Units of the world that the viewer shows; () where napari does not know any."""
    units = getattr(viewer.layers.extent, "units", None) or ()
    return tuple(str(unit) for unit in units)
