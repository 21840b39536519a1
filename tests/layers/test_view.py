"""Which part of labels a viewer shows, and where a box of them lies in the world."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from napari.layers import Labels

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image
from napari_unetseg.layers.place import place
from napari_unetseg.layers.view import in_words, key_at, world_box

SHAPE = (3, 4, 5)
ALL = slice(None)
TILTED = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]])


def placed(**attributes):
    layer = Labels(np.zeros(SHAPE, np.uint8), **attributes)
    image = Image(array=layer.data, axes="ZYX", name="truth")
    return layer, place(image, layer.as_layer_data_tuple()[1])


@st.composite
def transforms(draw: st.DrawFn) -> dict[str, object]:
    """Any place in which Y and X may be turned, but Z stands upright on them."""
    return {
        "scale": draw(st.tuples(*[st.floats(0.1, 10)] * 3)),
        "translate": draw(st.tuples(*[st.floats(-50, 50)] * 3)),
        "rotate": about_z(draw(st.floats(-3, 3))),
    }


def about_z(angle: float) -> np.ndarray:
    matrix = np.eye(3)
    matrix[1:, 1:] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return matrix


@given(transforms(), st.integers(0, 2), st.integers(0, 1))
def test_the_slice_is_that_which_the_sliders_are_at(transform, z, more):
    layer, truth = placed(**transform)
    point = [7.0] * more + list(layer.data_to_world((z, 0, 0)))
    displayed = [1 + more, 2 + more]
    assert key_at(truth, point, displayed) == (z, ALL, ALL)


def test_other_planes():
    _, truth = placed(scale=(2, 1, 1))
    assert key_at(truth, (4.9, 3.2, 0), [0, 2]) == (ALL, 3, ALL)
    assert key_at(truth, (4.9, 3.2, 0), [2, 1]) == (2, ALL, ALL)
    assert key_at(truth, (9.0, 3.2, 0), [2, 1]) is None
    assert key_at(truth, (-1.1, 3.2, 0), [2, 1]) is None


def test_units_of_the_viewer_are_converted():
    _, truth = placed(scale=(50, 4, 4), units=("nm",) * 3)
    assert key_at(truth, (0.1, 0, 0), [1, 2], units=("um",) * 3) == (2, ALL, ALL)
    lowest, highest = world_box(truth, (1, 0, 0), (2, 4, 5), units=("um",) * 3)
    assert lowest == pytest.approx((0.025, -0.002, -0.002))
    assert highest == pytest.approx((0.075, 0.014, 0.018))


def test_what_no_plane_of_the_labels_shows_is_refused():
    _, truth = placed()
    with pytest.raises(InputError, match="3D"):
        key_at(truth, (0, 0, 0), [0, 1, 2])
    with pytest.raises(InputError, match="no plane of 'truth'"):
        key_at(truth, (0, 0, 0, 0), [0, 3])
    image = Image(array=np.zeros(SHAPE, np.uint8), axes="ZYX", name="truth")
    turned = place(image, {"rotate": TILTED})
    with pytest.raises(InputError, match="'truth' is turned"):
        key_at(turned, (0, 0, 0), [1, 2])


@given(transforms())
def test_a_box_holds_the_corners_of_its_pixels(transform):
    layer, truth = placed(**transform)
    lowest, highest = world_box(truth, (1, 0, 2), (2, 3, 5))
    corners = [
        layer.data_to_world((z, y, x))
        for z in (0.5, 1.5)
        for y in (-0.5, 2.5)
        for x in (1.5, 4.5)
    ]
    assert np.allclose(np.min(corners, axis=0), lowest)
    assert np.allclose(np.max(corners, axis=0), highest)


def test_a_slice_in_words():
    assert in_words((14, ALL, ALL), "ZYX") == "Z 14"
    assert in_words((2, 14, ALL, ALL), "TZYX") == "T 2, Z 14"
    assert in_words((ALL, ALL), "YX") == ""
