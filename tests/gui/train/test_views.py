"""What the Train dock shows as layers: the split, and the weights of pixels."""

from __future__ import annotations

import numpy as np
import pytest

from napari_unetseg.core.config import InstancesConfig
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.events import Divided, Started, Step
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.parts import Part
from napari_unetseg.core.prepare.weightmap import weight_map
from napari_unetseg.gui.train import shows
from napari_unetseg.gui.train.dock import TrainDock
from napari_unetseg.gui.train.shows import split_of, split_on, weights_on
from napari_unetseg.runs import client, listing
from napari_unetseg.runs.journal import Journal

pytestmark = pytest.mark.gui

PLACE = {"scale": (50, 8, 8), "units": ("nm",) * 3, "translate": (0, 80, 16)}
PARTS = [
    {"image": 0, "name": "train", "start": [z, 0, 0], "stop": [z + 1, 48, 64]}
    for z in range(3)
] + [
    {"image": 0, "name": "gap", "start": [3, 0, 0], "stop": [4, 48, 64]},
    {"image": 0, "name": "validation", "start": [4, 0, 0], "stop": [5, 48, 64]},
]


def ended(generator):
    """Return what a generator returns."""
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


def touching():
    """Paint two objects that nearly touch, in each slice but the second."""
    stack = np.zeros((3, 24, 32), np.uint16)
    stack[::2, 4:20, 4:14], stack[::2, 4:20, 16:28] = 400, 7
    return stack


@pytest.fixture
def dock(model, stripes, qtbot, until):
    model.add_image(stripes[0], name="grey", **PLACE)
    model.add_labels(stripes[1], name="painted", **PLACE)
    dock = TrainDock(model)
    qtbot.addWidget(dock)
    until(lambda: dock.look.seen is not None)
    return dock


def run(dock, *events):
    """Make a run of the dock's question, with what it has told."""
    plan = dock.plan()
    client.create(plan.folder, plan.ask({"image": "i.tif", "labels": "l.tif"}))
    with Journal(plan.folder) as journal:
        for event in events:
            journal.append(event)
    return plan.folder


STORY = (
    Started(job="train"),
    Divided(parts=PARTS),
    *(Step(step=i, total=9, loss=1.0, learning_rate=1e-3) for i in range(1, 4)),
)


def state(model):
    """Everything of the layers that a person sees, and which one is active."""
    return model.layers.selection.active, [
        (layer, layer.name, layer.visible, layer.opacity, np.array(layer.data))
        for layer in model.layers
    ]


def assert_untouched(model, before):
    """Whether all is as it was, but for the layer that was added."""
    active, layers = before
    assert model.layers.selection.active is active
    kept = [layer for layer in model.layers if layer in [one[0] for one in layers]]
    assert kept == [one[0] for one in layers]
    for layer, name, visible, opacity, data in layers:
        assert (layer.name, layer.visible, layer.opacity) == (name, visible, opacity)
        np.testing.assert_array_equal(layer.data, data)


# -- the split ------------------------------------------------------------------------


def test_a_split_is_read_from_what_a_run_tells(dock):
    assert ended(split_of(run(dock, *STORY))) == [
        Part(part["name"], tuple(part["start"]), tuple(part["stop"])) for part in PARTS
    ]


def test_of_several_tellings_the_last_one_counts(dock):
    later = [PARTS[0] | {"name": "validation"}, PARTS[1] | {"image": 1}]
    folder = run(dock, *STORY, Divided(parts=later))

    assert ended(split_of(folder)) == [Part("validation", (0, 0, 0), (1, 48, 64))]


@pytest.mark.parametrize("events", [(), STORY[:1]])
def test_a_run_that_has_not_divided_anything_says_so(dock, events):
    with pytest.raises(InputError, match="not divided the slices yet"):
        ended(split_of(run(dock, *events)))


@pytest.mark.parametrize("shape", [(4, 48, 64), (5, 48, 65), (5, 40, 64), (48, 64)])
def test_a_split_of_other_labels_is_refused(dock, model, shape):
    other = model.add_labels(np.ones(shape, np.uint8), name="other")

    with pytest.raises(InputError, match="'other', which has another shape"):
        split_on(other, ended(split_of(run(dock, *STORY))))


def test_it_cannot_be_shown_before_there_is_a_run(dock, until):
    assert not dock.views.split.isEnabled()
    assert "once a training has begun" in dock.views.split.toolTip()

    dock.run.offer(run(dock, *STORY))
    dock.refresh()

    assert dock.views.split.isEnabled()
    assert "layer of shapes" in dock.views.split.toolTip()


def test_it_is_added_on_the_labels_and_nothing_else_changes(dock, model, until):
    dock.run.offer(run(dock, *STORY))
    dock.refresh()
    model.layers.selection.active = model.layers["painted"]
    before = state(model)

    dock.views.split.click()
    until(lambda: len(model.layers) == 3)

    assert_untouched(model, before)
    layer = model.layers["training and validation"]
    assert model.layers[-1] is layer
    words = ["training"] * 3 + ["left out", "validation"]
    assert layer.features["part"].tolist() == words
    corner = layer.data_to_world(layer.data[4][0])
    expected = model.layers["painted"].data_to_world((4, -0.5, -0.5))
    assert tuple(corner) == pytest.approx(tuple(expected))
    assert layer.units == model.layers["painted"].units


def test_it_is_not_added_twice_but_shown_again(dock, model, until):
    dock.run.offer(run(dock, *STORY))
    dock.refresh()
    dock.views.split.click()
    until(lambda: len(model.layers) == 3)
    layer = model.layers[-1]
    layer.visible = False

    dock.views.split.click()
    until(lambda: layer.visible)
    assert len(model.layers) == 3

    # That of another training is another.
    dock.run.offer(run(dock, *STORY))
    dock.views.split.click()
    until(lambda: len(model.layers) == 4)
    assert layer in model.layers


def test_why_it_cannot_be_shown_is_said(dock, until):
    dock.run.offer(run(dock))
    dock.refresh()

    dock.views.split.click()

    until(lambda: "not divided the slices yet" in dock.said)


def test_while_a_run_is_under_way_it_can_be_shown(dock):
    dock.run.folder = run(dock, *STORY)

    dock.run.busy.emit(True)

    assert dock.views.isEnabled()
    assert dock.views.split.isEnabled()
    assert not dock.training.task.native.isEnabled()


def test_a_run_that_was_discarded_has_no_split(dock):
    folder = run(dock, *STORY)
    dock.run.offer(folder)
    dock.refresh()

    listing.discard(folder)
    dock.refresh()

    assert not dock.views.split.isEnabled()


# -- weights --------------------------------------------------------------------------


@pytest.mark.parametrize("weights", ["fiji", "paper", "none"])
@pytest.mark.parametrize(("axes", "dimensions"), [("zyx", 2), ("zyx", 3), ("xzy", 2)])
def test_weights_frame_by_frame_are_those_of_the_whole(
    model, axes, dimensions, weights
):
    stack = touching().transpose(["zyx".index(axis) for axis in axes])
    layer = model.add_labels(stack, axis_labels=[*axes], name="cells")
    instances = InstancesConfig(weights=weights)
    whole = Image(array=stack, axes=axes.upper())

    data, _, kind = ended(weights_on(layer, instances, dimensions))

    assert kind == "image"
    expected = np.asarray(weight_map(whole, instances, dimensions).array)
    np.testing.assert_array_equal(data, expected)


def test_weights_can_be_given_up_before_each_frame(model):
    layer = model.add_labels(touching())
    steps = weights_on(layer, InstancesConfig(), 2)

    assert sum(1 for _ in steps) == 3


def test_a_map_that_fills_the_memory_is_refused(model, monkeypatch):
    monkeypatch.setattr(shows, "MOST_BYTES", 1000)
    layer = model.add_labels(touching(), name="cells")

    with pytest.raises(InputError, match=r"'cells' would take 0\.0 GiB"):
        weights_on(layer, InstancesConfig(), 2)


@pytest.fixture
def cells(model, qtbot, until):
    model.add_image(touching() / 400, name="grey", **PLACE)
    model.add_labels(touching(), name="cells", **PLACE)
    dock = TrainDock(model)
    qtbot.addWidget(dock)
    dock.training.task.value = "instances"
    until(lambda: dock.look.seen is not None)
    return dock


def test_there_are_weights_of_single_objects_only(cells, until):
    assert not cells.views.weights.isHidden()
    assert cells.views.weights.isEnabled()

    cells.training.task.value = "classes"
    until(lambda: cells.look.seen is not None)

    assert cells.views.weights.isHidden()


def test_nothing_painted_has_no_weights(cells, model, until):
    model.layers["cells"].data = np.zeros_like(touching())
    until(lambda: cells.look.seen.problem)

    assert not cells.views.weights.isEnabled()
    assert "no objects to weigh" in cells.views.weights.toolTip()


def test_weights_are_added_below_the_labels_and_nothing_else_changes(
    cells, model, until
):
    model.layers.selection.active = model.layers["cells"]
    before = state(model)

    cells.views.weights.click()
    assert not cells.views.weights.isEnabled()
    until(lambda: len(model.layers) == 3)

    assert_untouched(model, before)
    assert cells.views.weights.isEnabled()
    names = [layer.name for layer in model.layers]
    assert names == ["grey", "pixel weights", "cells"]
    layer = model.layers["pixel weights"]
    assert layer.data[0, 10, 15] > 5 * layer.data[0, 10, 10]
    for name in ("scale", "translate", "units"):
        assert np.all(getattr(layer, name) == getattr(model.layers["cells"], name))


def test_weights_are_renewed_and_not_added_twice(cells, model, until):
    cells.views.weights.click()
    until(lambda: len(model.layers) == 3)
    layer = model.layers["pixel weights"]
    layer.visible = False
    largest = layer.data.max()

    setting = next(
        widget
        for field, widget in cells.training.widgets.items()
        if field.name == "instances.weights"
    )
    setting.value = "fiji"
    cells.views.weights.click()
    until(lambda: layer.visible)

    assert len(model.layers) == 3
    assert layer.data.max() > 2 * largest
    assert layer.contrast_limits[1] == pytest.approx(layer.data.max())


def test_both_explain_themselves(cells):
    for link in (cells.views.split, cells.views.weights):
        assert len(link.toolTip()) > 20


# Bending.


def bending_in(model):
    return [layer for layer in model.layers if layer.name == "elastic deformation"]


def test_the_deformation_is_drawn_and_follows_its_settings(dock, model):
    before = state(model)
    dock.views.deformation.click()
    (layer,) = bending_in(model)
    assert state(model)[0] is before[0]
    first = layer.data.copy()
    widgets = {field.name: widget for field, widget in dock.training.widgets.items()}
    widgets["augment.elastic_sigma"].value = 0.0
    straight = layer.data.copy()
    assert np.abs(first - straight).max() > 0.1
    assert (np.abs(straight[:, 1]).min(axis=1) < 1e-3).all()
    widgets["augment.elastic_sigma"].value = 10.0
    np.testing.assert_array_equal(layer.data, first)
    dock.views.deformation.click()
    assert bending_in(model) == [layer]
    assert np.abs(layer.data - first).max() > 0.1


def test_patches_that_fold_are_warned_of_until_they_do_not(dock, model):
    dock.views.deformation.click()
    widgets = {field.name: widget for field, widget in dock.training.widgets.items()}
    widgets["augment.elastic_spacing"].value = 20.0
    assert "of the bent patches fold" in dock.said
    widgets["augment.elastic_spacing"].value = 128.0
    assert "do not fold" in dock.said


def test_a_deformation_that_was_removed_is_not_drawn_again(dock, model):
    dock.views.deformation.click()
    (layer,) = bending_in(model)
    model.layers.remove(layer)
    widgets = {field.name: widget for field, widget in dock.training.widgets.items()}
    widgets["augment.elastic_sigma"].value = 3.0
    assert bending_in(model) == []
