"""Further pairs of layers in the Train dock."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtWidgets import QPushButton

from gui.training import question, refuses
from napari_unetseg.gui.train.pairs import NONE_FITS
from napari_unetseg.runs.preferences import models_folder

pytestmark = pytest.mark.gui


def test_nothing_of_it_is_seen_before_it_is_used(layers, opened):
    dock = opened()

    assert dock.pairs.isHidden()
    assert [button.text() for button in dock.pairs.links.findChildren(QPushButton)] == [
        "Add a pair",
        "Add a folder",
    ]
    assert dock.sizeHint().height() <= 700


def test_layers_that_fit_are_offered_and_become_a_pair(of_two, stripes, second):
    assert not of_two.pairs.isHidden()
    (row,) = of_two.pairs.rows
    assert (row.image.value.name, row.labels.value.name) == ("second", "second labels")

    plan, asked = question(of_two)

    assert asked.images == ("image.tif", "image-2.tif")
    assert asked.labels == ("labels.tif", "labels-2.tif")
    assert (asked.regions, asked.pairs) == ((), None)
    assert np.array_equal(plan.inputs["image-2"].image.array, second[0])
    assert np.array_equal(plan.inputs["labels-2"].image.array, second[1])
    assert asked.model == str(models_folder() / "first.unetseg.safetensors")
    assert "Validation on the slice 6." in of_two.verdict.value
    assert "Slices are counted from 0 through all pairs." in of_two.verdict.value
    assert of_two.run.controls.start.isEnabled()


def test_what_is_learnt_is_what_is_painted_in_any_of_them(of_two, layers, until):
    before = of_two.check().ids
    painted = layers["second labels"]
    assert before == (1, 2)

    painted.data_setitem((np.array([0]), np.array([5]), np.array([5])), 7)

    until(lambda: of_two.look.seen.ids == (1, 2, 7))
    red, green, blue = (round(255 * part) for part in painted.get_color(7)[:3])
    colours = question(of_two)[1].class_colors
    assert colours["7"] == f"#{red:02x}{green:02x}{blue:02x}"


def test_names_of_all_layers_travel_and_those_of_the_first_count(of_two, layers):
    layers["first labels"].features = {"index": [1], "class": ["wall"]}
    layers["second labels"].features = {"index": [1, 2], "class": ["x", "inside"]}

    assert question(of_two)[1].class_names == {"1": "wall", "2": "inside"}


def test_the_keyboard_goes_through_the_boxes_as_they_are_seen(of_two):
    (row,) = of_two.pairs.rows
    add, folder = of_two.pairs.links.findChildren(QPushButton)
    of_two.show()
    of_two.image.native.setFocus()
    order = [of_two.focusWidget()]
    for _ in range(6):
        of_two.focusNextPrevChild(True)
        order.append(of_two.focusWidget())

    assert order == [
        of_two.image.native,
        of_two.labels.native,
        row.image.native,
        row.labels.native,
        row.remove,
        add,
        folder,
    ]


def test_no_further_layers_are_no_pair(of_two):
    of_two.pairs.add()

    assert of_two.said == NONE_FITS
    assert len(of_two.pairs.rows) == 1


def test_a_pair_is_taken_out_again(of_two, until):
    of_two.pairs.rows[0].remove.click()
    until(lambda: of_two.look.seen is not None)

    assert of_two.pairs.isHidden()
    assert question(of_two)[1].images == ("image.tif",)
    assert "through all pairs" not in of_two.verdict.value


def test_a_pair_goes_with_its_layer(of_two, layers, until):
    layers.remove("second")
    until(lambda: of_two.look.seen is not None)

    assert of_two.pairs.rows == []
    assert question(of_two)[1].images == ("image.tif",)


def test_pairs_are_numbered_as_they_stand(of_two, model, stripes):
    model.add_image(stripes[0], name="third")
    model.add_labels(stripes[1], name="third labels")
    of_two.pairs.add()
    first, last = of_two.pairs.rows

    of_two.pairs.remove(first)

    assert [label.text() for label in last._names] == ["Image 2", "Labels 2"]
    assert last.image.value.name == "third"


@pytest.mark.parametrize("kind", ["image", "labels"])
def test_the_same_layer_twice_is_refused(of_two, layers, kind):
    (row,) = of_two.pairs.rows
    name = {"image": "first", "labels": "first labels"}[kind]

    getattr(row, kind).value = layers[name]

    refuses(of_two, f"'{name}' is in two pairs", "remove the pair")


def test_a_pair_of_different_shapes_is_named(of_two, layers, model, until):
    other = np.ones((3, 40, 64), np.uint8)
    of_two.pairs.rows[0].labels.value = model.add_labels(other, name="other")
    until(lambda: of_two.look.seen is not None)

    refuses(of_two, "'second' is 2 x 40 x 64", "its labels 'other' are 3 x 40 x 64")


def test_other_channels_are_named(of_two, model, second, until):
    colour = np.stack([second[0].astype(np.uint8)] * 3, axis=-1)
    of_two.pairs.rows[0].image.value = model.add_image(colour, rgb=True, name="colour")
    until(lambda: of_two.look.seen is not None)

    refuses(of_two, "'first' has 1 channel but 'colour' has 3 channels")


def test_each_pair_has_channels_of_its_own(of_two, model, stripes, second):
    for name, array in (("first red", stripes[0]), ("second red", second[0])):
        model.add_image(array, name=name)
    of_two.image.value = model.layers["first"]
    (row,) = of_two.pairs.rows
    assert row.channels.isHidden()

    next(b for b in of_two.channels.boxes if b.name == "first red").setChecked(True)
    refuses(of_two, "'first' has 2 channels but 'second' has 1 channel")
    assert not row.channels.isHidden()
    row.channels.boxes[0].setChecked(True)

    image = of_two.plan().inputs["image-2"].image
    assert image.channels == ("second", "second red")


def test_each_pair_has_a_region_of_its_own(of_two, model, until):
    (row,) = of_two.pairs.rows
    assert row.region.native.isHidden()
    masks = [
        model.add_labels(np.ones(shape, np.uint8), name=f"mask {shape[0]}")
        for shape in ((5, 48, 64), (2, 40, 64))
    ]

    of_two.region.value = masks[0]
    refuses(of_two, "chosen for some pairs, but not for 'second labels'")
    row.region.value = masks[1]
    until(lambda: of_two.look.seen is not None)

    plan, asked = question(of_two)
    assert asked.regions == ("region.tif", "region-2.tif")
    assert plan.inputs["region-2"].image.shape == (2, 40, 64)
    assert "of 7 slices 0 is background inside" in of_two.look.seen.sentence


def test_what_shows_the_first_pair_alone_says_so(of_two):
    assert "first one" in of_two.views.deformation.toolTip()

    of_two.pairs.remove(of_two.pairs.rows[0])

    assert "first one" not in of_two.views.deformation.toolTip()
