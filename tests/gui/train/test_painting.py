"""What is painted while a training learns reaches it; the training is scripted."""

from __future__ import annotations

import numpy as np
import pytest

from napari_unetseg.core.read import read_image
from napari_unetseg.gui.train import painting
from napari_unetseg.gui.train.meanwhile import LEARN, NOT_FROM_HERE

pytestmark = pytest.mark.gui


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(painting, "PAUSE_MS", 20)


@pytest.fixture
def layer(model, stripes):
    model.add_image(stripes[0], name="grey")
    model.dims.set_current_step(0, 1)
    return model.add_labels(stripes[1].copy(), name="painted")


@pytest.fixture
def training(layer, opened, scenario, until):
    scenario("live")
    dock = opened()
    dock.run.controls.start.click()
    until(lambda: dock.run._story.done)
    return dock


def edits(folder):
    return sorted((folder / "edits").glob("0*.npz"))


def learnt(folder):
    """The labels of a run, with all that was sent to it."""
    [path] = (folder / "inputs").glob("painted*")
    labels = np.array(read_image(path).array)
    for edit in edits(folder):
        with np.load(edit) as arrays:
            ends = zip(arrays["start"], arrays["values"].shape, strict=True)
            labels[tuple(slice(a, a + n) for a, n in ends)] = arrays["values"]
    return labels


def knows(dock, layer):
    return np.array_equal(learnt(dock.run.folder), layer.data.squeeze())


def closed(dock, until):
    gone = []
    dock.destroyed.connect(lambda: gone.append(True))
    dock.deleteLater()
    until(lambda: gone)


def test_strokes_of_all_kinds_and_their_undoing_are_learnt(training, layer, until):
    folder = training.run.folder
    layer.brush_size = 5
    layer.paint((1, 20, 30), 2)
    until(lambda: knows(training, layer))
    with np.load(edits(folder)[0]) as first:
        assert first["values"].ndim == 3
        assert first["values"].size <= 1 * 6 * 6

    layer.fill((3, 10, 10), 2)
    until(lambda: knows(training, layer))
    layer.paint_polygon(np.array([[1, 2, 2], [1, 2, 20], [1, 20, 20]]), 0)
    until(lambda: knows(training, layer))
    layer.data_setitem((np.array([0, 4]), np.array([1, 2]), np.array([3, 3])), 7)
    until(lambda: knows(training, layer))
    for undo in (layer.undo, layer.undo, layer.redo, layer.undo, layer.undo):
        before = len(edits(folder))
        undo()
        until(lambda: knows(training, layer))
        assert len(edits(folder)) > before
    layer.data[2, 5:9, 5:9] = 0
    layer.refresh()
    until(lambda: knows(training, layer))
    layer.data = np.roll(layer.data, 1, axis=2)
    until(lambda: knows(training, layer))

    until(lambda: "Your changes count from step" in training.said)


def test_what_is_painted_while_it_begins_is_not_lost(layer, opened, scenario, until):
    scenario("live")
    dock = opened()
    dock.run.controls.start.click()

    layer.paint((1, 20, 30), 2)

    until(lambda: dock.run._story.done and edits(dock.run.folder))
    until(lambda: knows(dock, layer))


def test_axes_of_one_pixel_are_left_out_as_in_the_file(
    model, stripes, opened, scenario, until
):
    model.add_image(stripes[0][None], name="grey")
    layer = model.add_labels(stripes[1][None].copy(), name="painted")
    scenario("live")
    dock = opened()
    dock.run.controls.start.click()
    until(lambda: dock.run._story.done)

    layer.n_edit_dimensions = 3
    layer.brush_size = 4
    layer.paint((0, 2, 20, 30), 2)

    until(lambda: edits(dock.run.folder))
    until(lambda: knows(dock, layer))
    assert len(edits(dock.run.folder)) == 1


def test_it_can_be_switched_off_and_on(training, layer, until, qtbot):
    box = training.meanwhile.learn
    assert box.isChecked()
    assert box.isEnabled()
    assert box.toolTip() == LEARN
    box.click()

    layer.paint((1, 20, 30), 2)
    qtbot.wait(100)
    assert not edits(training.run.folder)

    box.click()
    until(lambda: edits(training.run.folder))
    until(lambda: knows(training, layer))
    assert training.values()["learn_changes"] is True


def test_labels_of_another_shape_are_not_learnt_and_that_is_said(
    training, layer, until, qtbot
):
    layer.data = layer.data[:3].copy()

    until(lambda: "another shape" in training.said)
    assert training.said == (
        "What is painted on 'painted' is not learnt any more. The layer has another "
        "shape now."
    )
    layer.paint((1, 20, 30), 2)
    qtbot.wait(100)
    assert not edits(training.run.folder)


def test_what_cannot_be_painted_is_said_and_the_rest_is_learnt(training, layer, until):
    layer.data = layer.data.astype(np.int16)
    layer.data_setitem((np.array([1]), np.array([2]), np.array([3])), -4)
    until(lambda: "negative id -4" in training.said)

    layer.undo()
    layer.paint((1, 20, 30), 2)

    until(lambda: knows(training, layer))


def test_a_layer_that_goes_is_let_go(training, layer, model, qtbot):
    model.layers.remove(layer)

    layer.paint((1, 20, 30), 2)
    qtbot.wait(100)

    assert training.run.running
    assert not edits(training.run.folder)


def test_a_dock_that_is_opened_again_goes_on_with_it(training, layer, opened, until):
    folder = training.run.folder
    closed(training, until)
    layer.paint((1, 20, 30), 2)

    again = opened()

    until(lambda: again.run.folder == folder)
    until(lambda: edits(folder))
    until(lambda: knows(again, layer))
    assert again.meanwhile.learn.isEnabled()


def test_what_is_painted_while_it_is_stopped_is_learnt_when_it_goes_on(
    training, layer, until
):
    training.run.controls.stop.click()
    until(lambda: not training.run.running)

    layer.paint((1, 20, 30), 2)
    training.run.controls.go_on.click()

    until(lambda: edits(training.run.folder))
    until(lambda: knows(training, layer))


def test_a_training_of_other_layers_cannot_learn_from_these(
    training, layer, model, opened, until
):
    model.layers.remove(layer)
    model.add_labels(layer.data.copy(), name="painted")
    folder = training.run.folder
    closed(training, until)

    again = opened()

    until(lambda: again.run.running and again.run.folder == folder)
    assert not again.meanwhile.learn.isEnabled()
    assert again.meanwhile.learn.toolTip() == NOT_FROM_HERE
