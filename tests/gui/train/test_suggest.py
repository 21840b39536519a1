"""Which places are proposed to be painted next, and why."""

from __future__ import annotations

import numpy as np
import pytest

from napari_unetseg.core.draining import result_of
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image
from napari_unetseg.core.train.wishes import Predicted
from napari_unetseg.gui.train.look import Seen, look
from napari_unetseg.gui.train.suggest import (
    annotated,
    covers,
    radii,
    rarest,
    suggestions,
)

SHAPE = (3, 64, 80)


def painted(axes="ZYX"):
    """Strokes of 1 and 3 in the first slice, of 3 few; nothing in the others."""
    array = np.zeros(SHAPE, np.uint8)
    array[0, 10:12, :60], array[0, 20:22, :4] = 1, 3
    order = ["ZYX".index(axis) for axis in axes]
    return Image(array=array.transpose(order), axes=axes, name="painted")


def predicted(start=(1, 0, 0), shape=(1, 64, 80)):
    """All of class 1, of class 3 at the bottom, unsure in the middle."""
    labels, unsure = np.ones(shape, np.uint8), np.zeros(shape, np.float32)
    labels[:, 50:, :20] = 3
    unsure[:, 24:40, 30:46] = 0.9
    return Predicted(9, 0, "ZYX", start, labels, unsure)


def seen_of(labels, zero="0", **how):
    return result_of(look([labels], zero, **how))


@pytest.mark.parametrize("axes", ["ZYX", "XZY"])
def test_an_unsure_place_comes_first_and_then_one_of_the_rare_class(axes):
    labels = painted(axes)
    seen = seen_of(labels)
    rare = rarest(seen, {"3": "vesicle"})

    found = result_of(suggestions(predicted(), labels, seen, rare=rare))

    first, second = (dict(zip(axes, one.centre, strict=True)) for one in found[:2])
    assert first["Z"] == second["Z"] == 1
    assert 28 <= first["Y"] <= 36
    assert 34 <= first["X"] <= 42
    assert second["Y"] >= 50
    assert second["X"] < 20
    assert "entropy 0.8" in found[0].text
    assert "Class 3 (vesicle) is painted least: 6.2 % of what" in found[1].text
    for one in found:
        sides = zip(one.start, one.centre, one.stop, strict=True)
        assert all(a <= c < b for a, c, b in sides)


def test_a_part_of_a_larger_slice_is_put_where_it_lies():
    labels = painted()
    part = predicted(start=(0, 5, 7), shape=(1, 58, 70))

    found = result_of(suggestions(part, labels, seen_of(labels)))

    assert found[0].centre == (2, 37, 45) or (
        29 <= found[0].centre[1] - 0 <= 45 and found[0].centre[0] == 0
    )
    moved = result_of(suggestions(part, labels, seen_of(labels), offset={"Z": 2}))
    assert moved[0].centre[0] == 2
    assert moved[0].centre[1:] == found[0].centre[1:]


def test_what_is_painted_is_not_proposed():
    labels = painted()
    labels.array[1, 20:44, 26:50] = 1

    found = result_of(suggestions(predicted(), labels, seen_of(labels)))

    assert found == []


def test_zeros_that_are_background_count_as_painted():
    labels = painted()
    box = (slice(0, 2), slice(0, 64), slice(0, 80))

    strokes = annotated(labels, seen_of(labels), box, None)
    np.testing.assert_array_equal(strokes, labels.array[:2] != 0)
    assert annotated(labels, seen_of(labels, "none"), box, None).all()
    by_plane = Seen((0, 1, 3), "", filled=(True, False, False))
    found = annotated(labels, by_plane, box, None)
    assert found[0].all()
    assert not found[1].any()


def test_inside_a_region_all_is_annotated():
    labels = painted()
    mask = np.zeros(SHAPE, bool)
    mask[1, :, 20:60] = True
    region = Image(array=mask, axes="ZYX", name="region")
    seen = seen_of(labels, regions=[region])

    found = result_of(suggestions(predicted(), labels, seen, region=region))

    assert not found


def test_the_rarest_class_is_told_with_its_share():
    labels = painted()
    rare = rarest(seen_of(labels), {})
    assert rare is not None
    assert (rare.identity, rare.text) == (
        3,
        "Class 3 is painted least: 6.2 % of what is annotated",
    )
    # 0 that is background counts as annotated, and is not proposed itself.
    dense = rarest(seen_of(labels, "none"), {})
    assert dense is not None
    assert dense.text == "Class 3 is painted least: 0.1 % of what is annotated"


def test_single_objects_have_no_rare_class():
    labels = painted()
    assert rarest(seen_of(labels, objects=True), {}) is None


def test_places_are_cubes_in_volumes_and_planes_else():
    labels = Image(
        array=np.zeros((9, 400, 400), np.uint8), axes="ZYX", spacing=(50, 10, 10)
    )
    assert radii(labels, 2) == (0, 16, 16)
    assert radii(labels, 3) == (3, 16, 16)
    assert radii(painted(), 2) == (0, 8, 8)


def test_other_labels_are_refused_in_a_sentence():
    small = Image(array=np.ones((3, 20, 20), np.uint8), axes="ZYX", name="small")
    with pytest.raises(InputError, match="'small' is smaller than what was predicted"):
        result_of(suggestions(predicted(), small, Seen((1, 3), "")))
    flat = Image(array=np.ones((64, 80), np.uint8), axes="YX", name="flat")
    with pytest.raises(InputError, match="are not those of the run"):
        result_of(suggestions(predicted(), flat, Seen((1, 3), "")))


def test_a_prediction_covers_its_own_slice_alone():
    assert covers(predicted(), {"Z": 1})
    assert covers(predicted(), {})
    assert not covers(predicted(), {"Z": 2})
