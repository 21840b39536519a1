"""Augmented patches beside the image: drawn by the settings of now, always in place."""

from __future__ import annotations

import numpy as np
import pytest

from napari_unetseg.core.errors import RunError
from napari_unetseg.core.train.patches import Patches
from napari_unetseg.gui.parts.view import camera_of
from napari_unetseg.gui.train import patches
from napari_unetseg.layers.patches import IMAGE, LABELS, WEIGHTS

pytestmark = pytest.mark.gui

PLACE = {"scale": (50, 8, 8), "units": ("nm",) * 3, "translate": (0, 80, 16)}


def made(step, side=16):
    labels = np.full((4, side, side), -1, np.int32)
    labels[:, :, : side // 2] = 1
    images = np.random.default_rng(step).random((4, 1, side, side), np.float32)
    return Patches(images, labels, (labels >= 0).astype(np.float32), (1.0, 1.0), False)


@pytest.fixture
def asked(monkeypatch):
    """Draw in this process; return what was asked."""
    found = []

    def ask(helper, question, folder, *, count, step):
        found.append((question, step))
        assert (folder / question.labels[0]).exists()
        yield
        return made(step, question.config.patch or 16)

    monkeypatch.setattr(patches, "ask_patches", ask)
    return found


@pytest.fixture
def dock(model, stripes, opened):
    model.add_image(stripes[0], name="grey", **PLACE)
    model.add_labels(stripes[1], name="painted", **PLACE)
    return opened()


def names(model):
    return [layer.name for layer in model.layers]


def shown(model):
    return [model.layers[name] for name in (IMAGE, LABELS, WEIGHTS)]


def press(dock, until, seconds=30):
    dock.views.patches.click()
    assert not dock.views.patches.isEnabled()
    until(lambda: not dock.views.waiting.busy, seconds)


def test_three_layers_lie_beside_the_image_and_nothing_else_changes(
    dock, model, until, asked
):
    painted = model.layers["painted"]
    model.layers.selection.active = painted
    before = [np.array(layer.data) for layer in model.layers]
    zoom = camera_of(model).zoom

    press(dock, until)

    assert names(model) == ["grey", "painted", IMAGE, LABELS, WEIGHTS]
    assert model.layers.selection.active is painted
    for layer, data in zip(model.layers, before, strict=False):
        np.testing.assert_array_equal(layer.data, data)
    picture, labels, weights = shown(model)
    assert tuple(picture.scale) == (8, 8)
    # Right of the image, whose last pixel ends at 16 + 8 * 63.5.
    assert picture.translate[-1] > 16 + 8 * 64
    assert tuple(labels.translate) == tuple(picture.translate)
    assert weights.translate[-1] > picture.translate[-1] + 8 * picture.data.shape[1]
    assert np.allclose(labels.get_color(2), painted.get_color(2))
    assert set(np.unique(labels.data)) == {0, 2}
    assert not labels.editable
    # Nobody learns from them.
    assert dock.image.choices == (model.layers["grey"],)
    assert dock.labels.choices == (painted,)
    assert "Press again for others" in dock.said
    until(lambda: camera_of(model).zoom != zoom)


def test_pressed_again_they_are_others_in_the_same_layers(dock, model, until, asked):
    press(dock, until)
    layers = shown(model)
    first = layers[0].data.copy()
    animation = dock.views._patch_view._flight._animation
    until(lambda: animation.state() == animation.State.Stopped)
    center = camera_of(model).center

    press(dock, until)

    assert shown(model) == layers
    assert len(model.layers) == 5
    assert not np.array_equal(layers[0].data, first)
    assert [step for _, step in asked] == [0, 1]
    assert not layers[1].editable
    assert camera_of(model).center == center


def test_the_settings_of_now_count(dock, model, until, asked):
    press(dock, until)
    widgets = {field.name: widget for field, widget in dock.training.widgets.items()}
    widgets["patch"].value = 32
    widgets["augment.noise"].value = 0.5

    press(dock, until)

    question, _ = asked[-1]
    assert question.config.patch == 32
    assert question.config.augment.noise == 0.5
    assert shown(model)[0].data.shape[1] > 60


def test_layers_that_were_removed_come_again(dock, model, until, asked):
    press(dock, until)
    model.layers.remove(LABELS)

    press(dock, until)

    assert sorted(names(model)[2:]) == sorted((IMAGE, LABELS, WEIGHTS))


def test_why_there_are_none_is_said_in_a_sentence(dock, model, until, monkeypatch):
    def refuse(*_, **__):
        yield
        raise RunError("The patch is larger than the image", "Choose a smaller one")

    monkeypatch.setattr(patches, "ask_patches", refuse)
    press(dock, until)

    assert dock.said == "The patch is larger than the image. Choose a smaller one."
    assert names(model) == ["grey", "painted"]
    assert dock.views.patches.isEnabled()


def test_what_does_not_fit_is_said_before_any_work(dock, until, asked):
    dock.model.value = ""

    dock.views.patches.click()

    assert "The model has no name" in dock.said
    assert not asked


def test_it_can_be_given_up(dock, model, until, monkeypatch):
    ended = []

    def endless(*_, **__):
        try:
            while True:
                yield
        finally:
            ended.append(True)

    monkeypatch.setattr(patches, "ask_patches", endless)
    waiting = dock.views.waiting
    assert waiting.isHidden()
    dock.views.patches.click()
    until(lambda: not waiting.isHidden())
    assert "Drawing augmented patches" in waiting.bar.format()
    assert not dock.views.paint_next.isEnabled()

    waiting.cancel.click()

    until(lambda: ended)
    assert waiting.isHidden()
    assert dock.views.patches.isEnabled()
    assert names(model) == ["grey", "painted"]


def test_without_a_pair_there_is_nothing_to_draw(model, opened):
    dock = opened()

    assert not dock.views.patches.isEnabled()
    assert "nothing to learn from" in dock.views.patches.toolTip()


def test_they_can_be_drawn_while_it_trains(dock, model, until, asked, scenario):
    scenario("live")
    dock.run.controls.start.click()
    until(lambda: dock.run._story.done)

    press(dock, until)

    assert len(model.layers) == 5
    assert dock.run.running


def test_a_real_process_draws_them(dock, model, until):
    # It is polite: beside other tests it may get a small part of a processor.
    press(dock, until, seconds=150)

    picture, labels, _ = shown(model)
    assert picture.data.std() > 0.1
    assert set(np.unique(labels.data)) <= {0, 1, 2}
