"""Layers go, or become others, while a run works on what they were."""

from __future__ import annotations

import numpy as np
import pytest

from napari_unetseg.gui.train.preview_layer import NAME

pytestmark = pytest.mark.gui


def preview_of(desk):
    """The layer that shows what a training says by now, if it is there."""
    return next((one for one in desk.model.layers if one.name.startswith(NAME)), None)


def missing(desk, *words):
    """Check that nothing can be started, and that the dock can say why."""
    desk.until(lambda: not desk.dock.run.controls.start.isEnabled())
    desk.dock.refresh()
    assert all(word in desk.dock.said for word in words), desk.dock.said


@pytest.mark.parametrize("gone", ["image", "labels", "preview"])
def test_a_training_outlives_its_layers(training, gone):
    training.start()
    training.until(lambda: preview_of(training))
    layers = training.model.layers
    kept = np.array(training.labels.data)

    layers.remove(
        preview_of(training) if gone == "preview" else getattr(training, gone)
    )

    training.goes_on()
    if gone != "labels":
        # Painting goes on, too.
        training.labels.paint((1, 20, 30), 2)
        training.until(lambda: "Your changes count" in training.dock.said)
    else:
        np.testing.assert_array_equal(training.labels.data, kept)
    training.stop()
    assert "is kept" in training.dock.said
    if gone == "image":
        missing(training, "There is no image")
        training.add_image()
    if gone == "labels":
        missing(training, "There are no labels")
        training.add_labels()
    training.begins_anew()


def test_a_segmentation_outlives_its_image(segmenting):
    place = segmenting.image.scale, segmenting.image.translate
    segmenting.start()
    segmenting.until(lambda: "under way" in segmenting.model.layers[-1].name)

    segmenting.model.layers.remove(segmenting.image)
    (segmenting.folder / "go on").touch()

    segmenting.until(lambda: "labels are in the layer" in segmenting.dock.said)
    made = segmenting.model.layers[-1]
    assert made.name == "grey segmented"
    assert (made.data == 1).all()
    np.testing.assert_array_equal((made.scale, made.translate), place)
    assert not segmenting.dock.run.controls.start.isEnabled()
    segmenting.add_image()
    segmenting.begins_anew()


def test_labels_of_another_shape_end_the_learning_from_them_alone(training):
    training.start()
    before = np.array(training.labels.data)

    training.labels.data = before[:3].copy()

    training.until(lambda: "not learnt any more" in training.dock.said)
    training.labels.paint((1, 20, 30), 2)
    training.goes_on()
    assert not [*training.folder.glob("edits/0*.npz")]
    training.stop()
    missing(training, "shape")
    training.labels.data = before
    training.until(training.dock.run.controls.start.isEnabled)
    training.begins_anew()
