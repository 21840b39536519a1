"""Pictures of the Segment dock with parts of an image, and with several images.

`screenshots.py` takes them on its way, once there is a model.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from screenshots import bar, button, pause, progress, says, wait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari.layers import Layer
    from screenshots import Camera

    from napari_unetseg.gui.segment.dock import SegmentDock

# Of the sample, in pixels: (y, x) of what is drawn around two cells.
POLYGON = [(40, 60), (20, 120), (70, 190), (130, 170), (120, 80)]
ELLIPSE = [(150, 140), (150, 230), (225, 230), (225, 140)]
TILE = "64"


def parts_and_several(dock: SegmentDock, camera: Camera) -> None:
    """Show a run that is stopped, shapes, several layers, a folder, and a refusal."""
    tissue = dock.viewer.layers["tissue"]
    stopped(dock, camera)
    inside(dock, camera, tissue)
    several(dock, camera, tissue)
    folder(dock, camera, tissue)
    averaged(dock, camera)
    refused(dock, camera)


@contextmanager
def only(dock: SegmentDock) -> Iterator[None]:
    """Take away the layers that come meanwhile, and hide other labels."""
    layers = dock.viewer.layers
    before = [*layers]
    shown = [layer for layer in before if layer.visible]
    for layer in before:
        layer.visible = layer.name == "tissue"
    try:
        yield
    finally:
        for layer in [layer for layer in layers if layer not in before]:
            layers.remove(layer)
        for layer in shown:
            layer.visible = True
        dock.source.kind.value = "one layer"
        dock.segmenting.part.value = "all slices"
        dock.segmenting.tile.value = "auto"
        dock.image.value = layers["tissue"]
        layers.selection.active = layers["tissue"]
        pause(0.5)


def stopped(dock: SegmentDock, camera: Camera) -> None:
    """Stop in the middle of a slice: what is kept says how much it is."""
    with only(dock):
        dock.segmenting.tile.value = TILE
        wait("a forecast", lambda: says(dock, "of memory"))
        button(dock, "Segment").click()
        # Those in view come first: of 16 tiles of a slice some are there.
        wait("some tiles", lambda: progress(dock, 6))
        camera.take("segment-tiles")
        button(dock, "Stop and keep").click()
        wait("what is kept", lambda: "It is in the layer" in dock.said)
        camera.take("segment-stopped")


def inside(dock: SegmentDock, camera: Camera, tissue: Layer) -> None:
    """Segment inside of two shapes."""
    with only(dock):
        shapes = dock.viewer.add_shapes(
            name="two cells",
            ndim=2,
            scale=tissue.scale[1:],
            translate=tissue.translate[1:],
            units=tissue.units[1:],
            edge_color="#e69f00",
            face_color="transparent",
            edge_width=2,
        )
        shapes.add([np.array(POLYGON)], shape_type="polygon")
        shapes.add([np.array(ELLIPSE)], shape_type="ellipse")
        shapes.mode = "pan_zoom"
        dock.segmenting.tile.value = TILE
        dock.segmenting.part.value = "inside shapes"
        wait("a forecast", lambda: says(dock, "of memory"))
        camera.take("segment-inside-ready")
        button(dock, "Segment").click()
        wait("the labels", lambda: "labels are in the layer" in dock.said)
        camera.take("segment-inside")


def several(dock: SegmentDock, camera: Camera, tissue: Layer) -> None:
    """Segment three layers, one of which does not fit."""
    layers = dock.viewer.layers
    about = {name: getattr(tissue, name) for name in ("scale", "units", "axis_labels")}
    with only(dock):
        monday = dock.viewer.add_image(tissue.data[:4], name="tissue, Monday", **about)
        stain = dock.viewer.add_image(
            np.zeros((64, 64, 3), np.uint8),
            name="stain",
            rgb=True,
            visible=False,
            scale=tissue.scale[1:],
            units=tissue.units[1:],
        )
        dock.source.kind.value = "selected layers"
        layers.selection = {tissue, monday, stain}
        wait("a forecast", lambda: says(dock, "of memory"))
        camera.take("segment-several-ready")
        button(dock, "Segment").click()
        wait("the second", lambda: bar(dock).format().startswith("image 2 of 2, "))
        wait("some of it", lambda: progress(dock, 1))
        camera.take("segment-several")
        wait("all of them", lambda: "images are segmented" in dock.said)
        camera.take("segment-several-done")


def folder(dock: SegmentDock, camera: Camera, tissue: Layer) -> None:
    """Segment the images of a folder into another."""
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.write.ome_tiff import write_ome_tiff

    with only(dock), tempfile.TemporaryDirectory(prefix="plate-") as place:
        for number, plane in enumerate(np.asarray(tissue.data[:4]), start=1):
            path = Path(place, "plate 1", f"well {number}.ome.tif")
            write_ome_tiff(path, Image(array=plane, axes="YX"))
        dock.source.kind.value = "a folder"
        camera.take("segment-folder-empty")
        dock.source.folder.value = Path(place, "plate 1")
        wait("the folder", button(dock, "Segment").isEnabled)
        camera.take("segment-folder-ready")
        button(dock, "Segment").click()
        wait("the labels", lambda: "The labels of 4" in dock.said)
        camera.take("segment-folder-done")


def averaged(dock: SegmentDock, camera: Camera) -> None:
    """Average the model with another one of the library."""
    other = dock.library.path.with_name("second.unetseg.safetensors")
    shutil.copy(dock.library.path, other)
    with only(dock):
        dock.enterEvent(None)
        dock.library.besides.model.value = str(other)
        dock.segmenting.folded.heading.setChecked(True)
        pause(0.5)
        dock.reveal(dock.library.besides.model.native)
        wait("a forecast", lambda: says(dock, "of memory"))
        camera.take("segment-averaged")
        dock.segmenting.folded.heading.setChecked(False)
    other.unlink()
    dock.enterEvent(None)


def refused(dock: SegmentDock, camera: Camera) -> None:
    """Choose an image that the model does not take."""
    with only(dock):
        colour = np.zeros((64, 64, 3), np.uint8)
        tissue = dock.viewer.layers["tissue"]
        place = {"scale": tissue.scale[1:], "units": tissue.units[1:]}
        stain = dock.viewer.add_image(colour, name="stain", rgb=True, **place)
        dock.image.value = stain
        wait("a reason", lambda: "expects 1 channel" in dock.said)
        camera.take("segment-refused")
