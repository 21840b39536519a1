"""Which part of a layer is segmented: slices, what is seen, what is drawn around."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import Dims
from napari.layers import Image, Shapes

from napari_unetseg.core.errors import InputError
from napari_unetseg.gui.segment.part import (
    ALL,
    INSIDE,
    SEEN,
    SEEN_ALL,
    THIS,
    part_of,
    seen_in,
)

pytestmark = pytest.mark.gui

SHAPE = (5, 48, 64)


@pytest.fixture
def image():
    """Return a stack of which a part is in sight."""
    layer = Image(np.zeros(SHAPE), name="grey", axis_labels=("z", "y", "x"))
    layer.corner_pixels = np.array([[0, 4, 10], [0, 20, 63]])
    return layer


@pytest.fixture
def dims():
    found = Dims(ndim=3, range=((0, 4, 1), (0, 47, 1), (0, 63, 1)))
    found.set_point(0, 2)
    return found


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (ALL, {}),
        (THIS, {"Z": (2, 3)}),
        (SEEN, {"Z": (2, 3), "Y": (4, 21), "X": (10, 64)}),
        (SEEN_ALL, {"Y": (4, 21), "X": (10, 64)}),
    ],
)
def test_a_choice_is_a_part(image, dims, choice, expected):
    assert part_of(choice, image, dims, None) == expected


def test_in_3d_all_is_seen(image, dims):
    dims.ndisplay = 3

    assert part_of(SEEN, image, dims, None) == {"Z": (0, 5), "Y": (0, 48), "X": (0, 64)}


def test_of_other_axes_a_cut_through_the_stack_is_seen(image, dims):
    dims.order = (1, 0, 2)
    dims.set_point(1, 30)
    image.corner_pixels = np.array([[0, 0, 10], [4, 0, 63]])

    assert part_of(SEEN, image, dims, None) == {
        "Z": (0, 5),
        "Y": (30, 31),
        "X": (10, 64),
    }


def test_before_a_window_has_drawn_it_all_of_a_slice_is_seen(image, dims):
    image.corner_pixels = np.zeros((2, 3), int)

    assert seen_in(image, dims) == {"Z": (2, 3), "Y": (0, 48), "X": (0, 64)}


def test_of_a_pyramid_the_finest_pixels_are_seen(dims):
    levels = [np.zeros((5, 48, 64)), np.zeros((5, 24, 32)), np.zeros((5, 12, 16))]
    layer = Image(levels, multiscale=True, axis_labels=("z", "y", "x"))
    layer._data_level = 2
    layer.corner_pixels = np.array([[0, 3, 0], [0, 5, 15]])

    assert seen_in(layer, dims) == {"Z": (2, 3), "Y": (12, 24), "X": (0, 64)}


def test_beside_the_view_nothing_is_segmented(image, dims):
    image.corner_pixels = np.array([[0, 47, 10], [0, 47, 63]])

    with pytest.raises(InputError, match="does not show any of 'grey'"):
        part_of(SEEN, image, dims, None)


def test_a_slice_is_the_slice_wherever_the_camera_is(image, dims):
    image.corner_pixels = np.array([[0, 47, 10], [0, 47, 63]])

    assert part_of(THIS, image, dims, None) == {"Z": (2, 3)}


def test_what_is_drawn_is_found_on_an_image_that_lies_elsewhere(dims):
    affine = np.eye(4)
    affine[:3, 3] = (0, 100, 200)
    image = Image(np.zeros(SHAPE), name="grey", scale=(50, 8, 8), affine=affine)
    corners = [image.data_to_world((3, y, x)) for y, x in ((2, 5), (9, 5), (9, 30))]
    shapes = Shapes([np.array(corners)], shape_type="polygon")

    found = part_of(INSIDE, image, dims, shapes)

    assert found == {"Z": (3, 4), "Y": (2, 10), "X": (5, 31)}


@pytest.mark.parametrize(
    ("shapes", "words"),
    [(None, "There are no shapes"), (Shapes(name="drawn"), "Nothing is drawn")],
)
def test_without_shapes_there_is_no_inside(image, dims, shapes, words):
    with pytest.raises(InputError, match=words):
        part_of(INSIDE, image, dims, shapes)
