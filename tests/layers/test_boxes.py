"""From what is drawn or seen to a box of pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError
from napari_unetseg.layers.boxes import box_in_view, box_of_shapes, placed

layers = pytest.importorskip("napari.layers")

SHAPE = (5, 30, 40)
TURN = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])


def rectangle(top, left, bottom, right, *slices):
    corners = [(top, left), (top, right), (bottom, right), (bottom, left)]
    return np.array([(*slices, *corner) for corner in corners], float)


def around(shapes, axes="ZYX", shape=SHAPE, drawn=None, **attributes):
    target = placed("grey", axes, shape, attributes)
    return box_of_shapes(shapes, {"name": "drawn", **(drawn or {})}, target)


def test_a_shape_of_fewer_axes_lies_in_every_slice():
    assert around([rectangle(1.5, 2.5, 9.5, 20.5)]) == {"Y": (2, 10), "X": (3, 21)}


def test_a_shape_of_all_axes_says_which_slices():
    shapes = [rectangle(1, 2, 9, 20, 1), rectangle(5, 0, 12, 4, 3)]

    assert around(shapes) == {"Z": (1, 4), "Y": (1, 13), "X": (0, 21)}


def test_what_reaches_beyond_the_image_is_cut():
    assert around([rectangle(-50, 30, 50, 99)]) == {"Y": (0, 30), "X": (30, 40)}


def test_channels_are_no_part_of_a_box():
    found = around([rectangle(1, 2, 9, 20, 1)], axes="CYX", shape=(3, 30, 40))

    assert found == {"Y": (1, 10), "X": (2, 21)}


@given(
    st.tuples(*[st.floats(0.1, 50)] * 3),
    st.tuples(*[st.integers(-100, 100)] * 3),
    st.tuples(st.integers(0, 4), st.integers(0, 28), st.integers(0, 38)),
    st.tuples(st.integers(1, 2), st.integers(1, 30), st.integers(1, 40)),
    st.booleans(),
)
def test_a_box_that_is_drawn_around_pixels_is_that_of_these_pixels(
    scale, translate, start, size, turned
):
    stop = [min(a + n, m) for a, n, m in zip(start, size, SHAPE, strict=True)]
    about = {"scale": scale, "translate": translate}
    if turned:
        about["rotate"] = TURN
    image = layers.Image(np.zeros(SHAPE), **about)
    ends = [(a - 0.5, b - 0.5) for a, b in zip(start, stop, strict=True)]
    corners = [(z, y, x) for z in ends[0] for y in ends[1] for x in ends[2]]
    drawn = np.array([image.data_to_world(corner) for corner in corners])

    target = placed("grey", "ZYX", SHAPE, image.as_layer_data_tuple()[1])
    found = box_of_shapes([drawn], {"name": "drawn"}, target)

    expected = dict(zip("ZYX", zip(start, stop, strict=True), strict=True))
    assert found == expected


@given(st.lists(st.floats(0, 29), min_size=2, max_size=9))
def test_every_corner_lies_in_the_box_and_none_beside_is_needed(places):
    corners = np.array([(place, 3.0) for place in places])
    start, stop = around([corners])["Y"]

    assert all(start - 0.5 - 1e-5 <= place <= stop - 0.5 + 1e-5 for place in places)
    assert stop - start == 1 or start + 0.5 >= min(places) - 1e-5
    assert stop - start == 1 or stop - 1.5 <= max(places) + 1e-5


def test_units_of_the_two_layers_may_differ():
    drawn = {"units": ("um", "um"), "scale": (1, 1)}
    found = around(
        [rectangle(0.01, 0.02, 0.09, 0.2)],
        drawn=drawn,
        units=("nm", "nm", "nm"),
        scale=(50, 10, 10),
    )

    assert found == {"Y": (1, 10), "X": (2, 21)}


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        ([], "Nothing is drawn in 'drawn'"),
        ([rectangle(50, 50, 60, 60)], "lies on 'grey'"),
        ([rectangle(0, 0, 9, 9, 7)], "lies on 'grey'"),
        ([rectangle(0, 0, 9, 9, 0, 0)], "has 4 dimensions and 'grey' has 3"),
    ],
)
def test_what_marks_no_pixel_is_refused(shapes, words):
    with pytest.raises(InputError, match=words) as refused:
        around(shapes)
    assert refused.value.remedy


# -- what is seen ---------------------------------------------------------------------


def corners(*pairs):
    return np.array(pairs).T


def test_in_2d_the_part_in_sight_of_the_slice_is_seen():
    ends = corners((0, 0), (4, 20), (10, 39))

    found = box_in_view("ZYX", SHAPE, (2.4, 0, 0), (1, 2), ends)

    assert found == {"Z": (2, 3), "Y": (4, 21), "X": (10, 40)}


def test_in_3d_all_that_is_drawn_is_seen():
    ends = corners((0, 0), (0, 0), (4, 20), (10, 39))

    found = box_in_view("TZYX", (2, *SHAPE), (1, 0, 0, 0), (1, 2, 3), ends)

    assert found == {"T": (1, 2), "Z": (0, 5), "Y": (0, 30), "X": (0, 40)}


def test_channels_are_seen_together():
    found = box_in_view(
        "CYX", SHAPE, (4, 0, 0), (1, 2), corners((0, 0), (4, 20), (0, 9))
    )

    assert found == {"Y": (4, 21), "X": (0, 10)}


@pytest.mark.parametrize("point", [-1.0, 4.6])
def test_a_slice_that_is_not_there_is_not_seen(point):
    ends = corners((0, 0), (4, 20), (10, 39))

    assert box_in_view("ZYX", SHAPE, (point, 0, 0), (1, 2), ends) is None


def test_a_layer_beside_the_view_is_not_seen():
    ends = corners((0, 0), (29, 29), (10, 39))

    assert box_in_view("ZYX", SHAPE, (0, 0, 0), (1, 2), ends) is None


@given(st.data())
def test_what_is_seen_lies_in_the_layer(data):
    sizes = data.draw(st.tuples(*[st.integers(1, 50)] * 3))
    ends = [sorted(data.draw(st.tuples(*[st.integers(0, n - 1)] * 2))) for n in sizes]
    point = data.draw(st.tuples(*[st.floats(-9, 60)] * 3))
    shown = data.draw(st.permutations(range(3)))[: data.draw(st.integers(2, 3))]

    found = box_in_view("ZYX", sizes, point, shown, corners(*ends))

    for axis, (start, stop) in (found or {}).items():
        assert 0 <= start < stop <= sizes["ZYX".index(axis)]
