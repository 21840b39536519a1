"""A region in another layer comes to the pixels of the labels that it is for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image
from napari_unetseg.layers.place import place
from napari_unetseg.layers.region import Filled, region_of_labels, region_of_shapes

layers = pytest.importorskip("napari.layers")

TURN = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])


def labels(shape, axes="ZYX", **attributes):
    return place(Image(array=np.zeros(shape), axes=axes, name="painted"), attributes)


def box(top, left, bottom, right, *slices):
    corners = [(top, left), (top, right), (bottom, right), (bottom, left)]
    return np.array([(*slices, *corner) for corner in corners], float)


def mask(shapes, target, kinds="polygon", **attributes):
    attributes.setdefault("name", "drawn")
    found = region_of_shapes(shapes, [kinds] * len(shapes), attributes, target)
    assert found.shape == target.image.shape
    assert (found.axes, found.name) == (target.image.axes, "drawn")
    return np.asarray(found.array)


def refuse(words, function, *args, **attributes):
    with pytest.raises(InputError, match=words) as error:
        function(*args, **attributes)
    assert error.value.remedy


# -- shapes ---------------------------------------------------------------------------


def test_a_shape_of_fewer_axes_is_in_every_slice():
    found = mask([box(1, 2, 4, 6)], labels((3, 8, 9)))

    expected = np.zeros((3, 8, 9), bool)
    expected[:, 1:5, 2:7] = True
    np.testing.assert_array_equal(found, expected)


@st.composite
def cases(draw: st.DrawFn):
    """Labels and a rectangle, both placed in the world as they like."""
    number = st.sampled_from([0.5, 1.0, 2.0, 50.0])
    offset = st.integers(-40, 40).map(float)
    shape = tuple(draw(st.integers(2, 9)) for _ in range(3))
    placed = [
        {
            "scale": [draw(number) for _ in range(3)],
            "translate": [draw(offset) for _ in range(3)],
        }
        for _ in range(2)
    ]
    # Corners between pixels of the labels: no centre lies on an edge.
    slice_, top, left = (draw(st.integers(0, length - 1)) for length in shape)
    bottom, right = (
        draw(st.integers(top, shape[1] - 1)),
        draw(st.integers(left, shape[2] - 1)),
    )
    place_ = (slice(slice_, slice_ + 1), slice(top, bottom + 1), slice(left, right + 1))
    corners = box(top - 0.5, left - 0.5, bottom + 0.5, right + 0.5, slice_)
    return shape, placed, place_, corners


@given(cases())
def test_wherever_both_layers_lie_the_pixels_are_those_that_are_seen(case):
    shape, (of_labels, of_shapes), place_, corners = case
    layer = layers.Labels(np.zeros(shape, np.uint8), **of_labels)
    shapes = layers.Shapes(ndim=3, **of_shapes)
    drawn = np.array(
        [shapes.world_to_data(layer.data_to_world(corner)) for corner in corners]
    )

    found = mask([drawn], labels(shape, **of_labels), **of_shapes)

    expected = np.zeros(shape, bool)
    expected[place_] = True
    np.testing.assert_array_equal(found, expected)


def test_units_that_can_be_converted_are():
    target = labels((8, 9), "YX", scale=(4, 4), units=("nm", "nm"))

    found = mask([box(1, 1, 3, 3)], target, scale=(0.004, 0.004), units=("um", "um"))

    assert found.sum() == 9
    # Drawn in a layer without units, on numbers that are the same.
    np.testing.assert_array_equal(mask([box(4, 4, 12, 12)], target), found)


def test_a_plane_turned_in_the_world_is_turned_back():
    turned = {"rotate": TURN[1:, 1:], "translate": (5, 6)}
    shapes = layers.Shapes(ndim=2, **turned)
    drawn = np.array([shapes.world_to_data(corner) for corner in box(1, 2, 4, 6)])

    found = mask([drawn], labels((8, 9), "YX"), **turned)

    np.testing.assert_array_equal(found, mask([box(1, 2, 4, 6)], labels((8, 9), "YX")))


@pytest.mark.parametrize("axes", ["YXZ", "XZY", "ZXY"])
def test_axes_of_any_order(axes):
    order = [axes.index(axis) for axis in "ZYX"]
    shape = [(3, 8, 9)["ZYX".index(axis)] for axis in axes]
    corners = np.empty((4, 3))
    corners[:, order] = box(1, 2, 4, 6, 2)

    found = mask([corners], labels(shape, axes))

    assert found.transpose(order)[2, 1:5, 2:7].all()
    assert found.sum() == 4 * 5


def test_an_ellipse_leaves_its_corners_out():
    found = mask([box(0, 0, 20, 20)], labels((21, 21), "YX"), "ellipse")

    assert found[10, 10]
    assert not found[1, 1]
    assert found.sum() == pytest.approx(np.pi * 100, rel=0.05)


def test_it_is_filled_once_and_not_before_it_is_read():
    calls = []

    def fill():
        calls.append(1)
        return np.eye(4, dtype=bool)

    lazy = Filled((4, 4), fill)
    assert (lazy.shape, lazy.dtype, calls) == ((4, 4), bool, [])
    assert lazy[1, 1]
    np.testing.assert_array_equal(lazy, np.eye(4, dtype=bool))
    assert calls == [1]


def test_nothing_drawn_is_refused():
    refuse("Nothing is drawn in 'drawn'", mask, [], labels((8, 9), "YX"))


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        ([box(20, 20, 30, 30)], "Nothing of the region 'drawn' lies on .*'painted'"),
        ([box(1, 1, 5, 5, 3)], "lies in slice 3, and the labels have 3"),
        ([box(1, 1, 5, 5, 1, 1)], "'drawn' has 4 dimensions and 'painted' has 3"),
    ],
)
def test_a_region_that_is_elsewhere_is_refused(shapes, words):
    refuse(words, mask, shapes, labels((3, 8, 9)))


def test_a_plane_that_is_none_of_the_labels_is_refused():
    refuse("'drawn' has 2 .* 3, YXZ", mask, [box(1, 1, 5, 5)], labels((8, 9, 3), "YXZ"))


def test_a_line_is_no_region():
    target = labels((8, 9), "YX")
    refuse("is a line", mask, [np.array([[0.0, 0], [5, 5]])], target, "line")


def test_labels_that_are_turned_out_of_the_plane_are_refused():
    turn = np.array([[0, 0, -1], [0, 1, 0], [1, 0, 0]])
    target = labels((3, 8, 9), rotate=turn)

    refuse("turned against the plane", mask, [box(1, 1, 5, 5)], target)
    # With all axes each of its corners would lie in another slice.
    refuse("across slices", mask, [box(1, 1, 5, 5, 1)], target)


def test_a_scale_of_0_is_refused():
    target = labels((8, 9), "YX", scale=(0, 1))

    refuse("different points at one place", mask, [box(1, 1, 5, 5)], target)


# -- labels ---------------------------------------------------------------------------


def test_a_mask_on_the_same_pixels_is_taken_as_it_is():
    array = np.eye(8, 9, dtype=np.uint8)
    given = place(Image(array=array, axes="YX", name="mask"), {})

    found = region_of_labels(given, labels((8, 9), "YX"))

    assert found.array is array
    assert found.name == "mask"


def test_a_mask_with_larger_pixels_is_looked_up():
    array = np.array([[0, 1], [2, 0]], np.uint8)
    given = place(
        Image(array=array, axes="YX", name="mask"),
        {"scale": (4, 4), "translate": (1.5, 1.5)},
    )

    found = region_of_labels(given, labels((8, 8), "YX"))

    read = np.asarray(found.plane(()))[0]
    np.testing.assert_array_equal(read, np.kron(array, np.ones((4, 4))))


@pytest.mark.parametrize(
    ("shape", "attributes", "words"),
    [
        ((8, 9), {"translate": (2, 0)}, "'mask' does not cover all of .* 'painted'"),
        ((8, 9), {"translate": (90, 0)}, "do not overlap"),
        ((8, 9), {"rotate": TURN[1:, 1:]}, "turned or sheared"),
    ],
)
def test_a_mask_that_lies_elsewhere_is_refused(shape, attributes, words):
    given = place(
        Image(array=np.ones(shape, np.uint8), axes="YX", name="mask"), attributes
    )

    refuse(words, region_of_labels, given, labels((8, 9), "YX", scale=(1, 1.01)))
