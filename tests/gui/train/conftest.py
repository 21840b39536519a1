"""Train docks that are gone when a test is over, and pairs to learn from."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtWidgets import QPushButton

from napari_unetseg.core.image import Image
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.gui.train import preview
from napari_unetseg.gui.train.dock import TrainDock


@pytest.fixture
def opened(model, until):
    docks = []

    def function():
        dock = TrainDock(model)
        docks.append(dock)
        dock.destroyed.connect(lambda: docks.remove(dock))
        until(lambda: dock.labels.value is None or dock.look.seen is not None)
        return dock

    yield function
    for dock in [*docks]:
        dock.deleteLater()
    until(lambda: not docks)


@pytest.fixture
def painted(model, stripes):
    """Show a pair that is placed in the world, at a slice in its middle."""
    place = {"scale": (50, 8, 8), "units": ("nm",) * 3, "translate": (0, 80, 16)}
    model.add_image(stripes[0], name="grey", **place)
    labels = model.add_labels(stripes[1].copy(), name="painted", **place)
    model.dims.set_current_step(0, 3)
    return labels


@pytest.fixture
def training(painted, opened, scenario, until, monkeypatch):
    """Open a dock whose training, a scripted one, is told at once what is in view."""
    monkeypatch.setattr(preview, "PAUSE_MS", 20)
    scenario("live")
    dock = opened()
    dock.run.controls.start.click()
    until(lambda: dock.run._story.done)
    return dock


@pytest.fixture
def second(stripes):
    """Return a smaller and shorter stack of another type, with its labels."""
    grey, labels = (part[:2, :40] for part in stripes)
    return 200 * grey.astype(np.uint16), labels.astype(np.uint16)


@pytest.fixture
def layers(model, stripes, second):
    """Show two pairs; the one above is that which the dock takes first."""
    model.add_image(second[0], name="second")
    model.add_labels(second[1], name="second labels")
    model.add_image(stripes[0], name="first")
    model.add_labels(stripes[1].copy(), name="first labels")
    return model.layers


@pytest.fixture
def of_two(layers, opened, until):
    """Open a dock that learns from both pairs."""
    dock = opened()
    dock.pairs.links.findChildren(QPushButton)[0].click()
    until(lambda: dock.look.seen is not None)
    return dock


@pytest.fixture
def folder(tmp_path, stripes):
    """Write two pairs and an image without labels into a folder."""
    here = tmp_path / "data"
    for sub in ("images", "labels"):
        (here / sub).mkdir(parents=True)
    for name, stop in (("a", 3), ("b", 2)):
        for sub, array in zip(("images", "labels"), stripes, strict=True):
            image = Image(array=array[:stop], axes="ZYX", name=name)
            write_ome_tiff(here / sub / f"{name}.tif", image)
    write_ome_tiff(here / "images" / "c.tif", Image(array=stripes[0], axes="ZYX"))
    return here
