"""A layer that shows what a training says by now; the training is scripted."""

from __future__ import annotations

import numpy as np
import pytest

from napari_unetseg.core.train.wishes import Predicted
from napari_unetseg.gui.run.controls import Controls
from napari_unetseg.gui.train.meanwhile import LOOK, NOT_OF_HERE
from napari_unetseg.gui.train.preview_layer import NAME
from napari_unetseg.runs import settings

pytestmark = pytest.mark.gui


def shown(model):
    """The layer, if it is there."""
    return next((one for one in model.layers if one.name.startswith(NAME)), None)


def test_a_layer_follows_the_view_and_stays_with_its_steps(
    training, painted, model, until
):
    assert not training.meanwhile.look.isChecked()
    assert training.meanwhile.look.toolTip() == LOOK
    model.layers.selection.active = painted

    training.meanwhile.look.click()
    until(lambda: shown(model))

    layer = shown(model)
    assert layer.name == NAME
    assert [one.name for one in model.layers] == ["grey", NAME, "painted"]
    assert model.layers.selection.active is painted
    assert not layer.editable
    assert layer.data.shape == (1, 48, 64)
    assert np.allclose(layer.translate, (150, 80, 16))
    assert np.allclose(layer.scale, painted.scale)
    assert np.allclose(layer.get_color(2), painted.get_color(2))
    # Not offered to be learnt from.
    assert training.labels.choices == (painted,)

    grey = model.layers["grey"]
    grey.corner_pixels = np.array([(0, 4, 8), (0, 30, 40)])
    model.dims.set_current_step(0, 1)
    until(lambda: layer.data.shape == (1, 27, 33))
    assert np.allclose(layer.translate, (50, 80 + 4 * 8, 16 + 8 * 8))
    assert not layer.editable
    assert shown(model) is layer

    training.run.controls.stop.click()
    until(lambda: not training.run.running)
    assert layer.name.startswith(f"{NAME} after ")
    assert layer.name.endswith(" steps")
    training.meanwhile.look.click()
    assert shown(model) is None


def test_the_boxes_fit_into_a_narrow_dock(painted, opened, qtbot):
    dock = opened()
    boxes = (dock.meanwhile.learn, dock.meanwhile.look)
    dock.resize(360, 700)
    dock.show()
    qtbot.wait(0)
    assert boxes[0].y() == boxes[1].y()

    # As much as the font of napari's style is wider than that of this test.
    narrow = sum(box.sizeHint().width() for box in boxes) - 10
    dock.meanwhile.setFixedWidth(narrow)

    qtbot.waitUntil(lambda: boxes[0].y() < boxes[1].y())
    for box in boxes:
        assert box.geometry().right() < narrow
        assert box.width() >= box.sizeHint().width()


def test_it_is_switched_off_by_its_box_or_by_removing_the_layer(
    training, model, until, qtbot
):
    box = training.meanwhile.look
    box.click()
    until(lambda: shown(model))
    box.click()
    assert shown(model) is None
    qtbot.wait(200)
    assert shown(model) is None

    box.click()
    until(lambda: shown(model))
    model.layers.remove(shown(model))

    assert not box.isChecked()
    qtbot.wait(200)
    assert shown(model) is None


def test_a_training_that_goes_on_shows_it_in_the_same_layer(training, model, until):
    training.meanwhile.look.click()
    until(lambda: shown(model))
    layer = shown(model)
    training.run.controls.stop.click()
    until(lambda: "after" in layer.name and not training.run.running)

    training.run.controls.go_on.click()

    until(lambda: layer.name == NAME)
    assert shown(model) is layer


def test_what_is_read_after_the_end_stays_with_its_steps(training, model, until):
    training.meanwhile.look.click()
    until(lambda: shown(model))
    training.run.controls.stop.click()
    until(lambda: not training.run.running)

    last = Predicted(77, 0, "ZYX", (1, 0, 0), np.ones((1, 48, 64), np.uint8))
    training.run.heard.emit(last)

    assert shown(model).name == f"{NAME} after 77 steps"


def test_of_a_training_that_is_discarded_no_layer_stays(
    training, model, until, monkeypatch
):
    monkeypatch.setattr(Controls, "is_discard_meant", lambda _: True)
    training.meanwhile.look.click()
    until(lambda: shown(model))

    training.run.controls.discard.click()
    until(lambda: not training.run.running)

    assert not shown(model)
    assert training.meanwhile.look.isChecked()


def test_of_a_training_that_is_discarded_later_no_layer_stays(
    training, model, until, monkeypatch
):
    monkeypatch.setattr(Controls, "is_discard_meant", lambda _: True)
    training.meanwhile.look.click()
    until(lambda: shown(model))
    training.run.controls.stop.click()
    until(lambda: not training.run.running)
    assert shown(model)

    training.run.controls.discard.click()

    assert not shown(model)


def test_what_another_training_has_shown_stays(training, model, until, monkeypatch):
    monkeypatch.setattr(Controls, "is_discard_meant", lambda _: True)
    training.meanwhile.look.click()
    until(lambda: shown(model))
    training.run.controls.stop.click()
    until(lambda: not training.run.running)
    first, folder = shown(model), training.run.folder

    training.run.asked.emit()
    until(lambda: training.run.running and training.run.folder != folder)
    training.run.controls.discard.click()
    until(lambda: not training.run.running)

    assert first in model.layers


def test_an_image_that_is_gone_is_shown_no_more(training, model, until, qtbot):
    training.meanwhile.look.click()
    until(lambda: shown(model))

    model.layers.remove("grey")
    qtbot.wait(100)

    assert training.run.running


def test_a_dock_that_is_opened_again_looks_on(training, model, opened, until):
    training.meanwhile.look.click()
    until(lambda: shown(model))
    settings.remember("train", training.values())
    gone = []
    training.destroyed.connect(lambda: gone.append(True))
    training.deleteLater()
    until(lambda: gone)
    model.layers.remove(shown(model))

    again = opened()

    assert again.meanwhile.look.isChecked()
    until(lambda: shown(model))


def test_a_training_of_another_viewer_cannot_be_shown_here(
    training, model, opened, until
):
    grey = model.layers["grey"]
    gone = []
    training.destroyed.connect(lambda: gone.append(True))
    training.deleteLater()
    until(lambda: gone)
    model.layers.remove(grey)
    model.add_image(
        grey.data,
        name="grey",
        scale=grey.scale,
        translate=grey.translate,
        units=grey.units,
    )

    again = opened()

    until(lambda: again.run.running)
    assert not again.meanwhile.look.isEnabled()
    assert again.meanwhile.look.toolTip() == NOT_OF_HERE
