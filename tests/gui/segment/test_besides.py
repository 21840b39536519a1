"""Another model that is averaged with the chosen one."""

from __future__ import annotations

import numpy as np
import pytest

from gui.segmenting import model_file, opened
from napari_unetseg.core.network.card import Objects
from napari_unetseg.runs.preferences import models_folder

pytestmark = pytest.mark.gui

GIVEN = {"image": "image.tif"}


def add(name, **values):
    return model_file(models_folder() / f"{name}.unetseg.safetensors", **values)


def offered(dock):
    box = dock.library.besides.model
    return [box.native.itemText(i) for i in range(box.native.count())]


@pytest.fixture
def two(dock, network):
    """Add a second model that fits the first, which is chosen."""
    other = add("second", validation={"mean_iou": 0.5})
    dock.enterEvent(None)
    dock.model.value = str(network)
    return other


def test_what_fits_the_chosen_model_is_offered(dock, network):
    add("second", validation={"mean_iou": 0.5})
    add("of two channels without names", count=2)
    add("of other pixels", spacing=(2.0, 2.0), unit="um")
    add("of objects", objects=Objects())
    (models_folder() / "broken.unetseg.safetensors").write_bytes(b"broken")
    dock.enterEvent(None)
    dock.model.value = str(network)
    fitting = ["of other pixels", "second, IoU 0.500"]
    assert offered(dock) == ["no other model", *fitting]
    assert dock.plan().ask(GIVEN).models_besides == ()


def test_the_other_model_is_asked_for(dock, network, two):
    dock.library.besides.model.value = str(two)
    question = dock.plan().ask(GIVEN)
    assert question.models == (str(network), str(two))


def test_the_other_way_round_it_is_the_other_one(dock, network, two):
    dock.library.besides.model.value = str(two)
    dock.model.value = str(two)
    assert offered(dock) == ["no other model", "first"]
    assert dock.plan().ask(GIVEN).models == (str(two),)


def test_one_that_has_gone_is_not_asked_for(dock, network, two):
    dock.library.besides.model.value = str(two)
    two.unlink()
    dock.enterEvent(None)
    assert offered(dock) == ["no other model"]
    assert dock.plan().ask(GIVEN).models == (str(network),)


def test_it_is_remembered(dock, model, network, two, qtbot):
    dock.library.besides.model.value = str(two)
    values = dock.values()
    again = opened(model, qtbot)
    assert again.library.besides.model.value == ""
    again.library.restore(values)
    assert again.library.besides.model.value == str(two)


def test_of_a_folder_it_is_asked_for_too(dock, two, tmp_path):
    from napari_unetseg.core.config import SegmentConfig
    from napari_unetseg.gui.segment.folder import plan_of_folder

    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.tif").write_bytes(b"")
    plan = plan_of_folder(
        tmp_path / "images", tmp_path / "out", two, SegmentConfig(), besides=[two]
    )
    assert plan.ask({}).models_besides == (str(two),)


def test_layers_are_asked_for_for_the_channels_of_both(dock):
    gfp = add("gfp", channels=("GFP",))
    both = add("both", channels=("DAPI", "GFP"), count=2)
    dock.enterEvent(None)
    dock.model.value = str(gfp)
    assert dock.asking.channels() == ()
    dock.library.besides.model.value = str(both)
    assert dock.asking.channels() == ("GFP", "DAPI")


def test_a_plane_is_refused_if_the_other_model_is_of_volumes(dock, model, network):
    volume = add("volume", dimensions=3)
    plane = model.add_image(np.zeros((20, 20)), name="plane")
    dock.enterEvent(None)
    dock.model.value = str(network)
    dock.image.value = plane
    assert dock.run.controls.start.isEnabled()
    dock.library.besides.model.value = str(volume)
    assert not dock.run.controls.start.isEnabled()
    assert "a network of three dimensions sees volumes" in dock.said
