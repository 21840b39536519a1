"""Where napari draws a layer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.image import Image
from napari_unetseg.layers.place import data_to_world, place


@st.composite
def transforms(draw):
    """Attributes of a Labels layer as its constructor takes them."""
    ndim = draw(st.integers(2, 4))
    number = st.floats(-3, 3)
    vector = st.lists(number, min_size=ndim, max_size=ndim)
    matrix = st.lists(vector, min_size=ndim, max_size=ndim)
    linear = np.array(draw(matrix)) + 10 * np.eye(ndim)
    affine = np.eye(ndim + 1)
    affine[:-1, :-1] = linear
    affine[:-1, -1] = draw(vector)
    above = st.lists(
        number, min_size=ndim * (ndim - 1) // 2, max_size=ndim * (ndim - 1) // 2
    )
    lower = np.tril(np.array(draw(matrix)), -1) + np.eye(ndim)
    turned = [st.just(np.eye(ndim)), st.just(np.linalg.qr(linear)[0])]
    if ndim == 2:
        turned.append(st.floats(-180, 180))
    if ndim == 3:
        turned.append(st.tuples(number, number, number))
    attributes = {
        "scale": draw(st.lists(st.floats(0.1, 9), min_size=ndim, max_size=ndim)),
        "translate": draw(vector),
        "rotate": draw(st.one_of(turned)),
        "shear": draw(above | st.just(lower)),
        "affine": affine,
    }
    wanted = draw(st.sets(st.sampled_from(sorted(attributes))))
    return ndim, {name: attributes[name] for name in wanted}


@pytest.mark.filterwarnings("ignore:Non-orthogonal slicing")
@given(transforms(), st.lists(st.floats(-100, 100), min_size=4, max_size=4))
def test_world_is_that_of_napari(case, point):
    labels = pytest.importorskip("napari.layers").Labels
    ndim, attributes = case
    drawn = labels(np.zeros((2,) * ndim, np.uint8), **attributes)
    matrix = data_to_world(drawn.as_layer_data_tuple()[1], ndim)
    position = point[:ndim]
    moved = matrix @ [*position, 1]
    assert moved[-1] == pytest.approx(1)
    assert moved[:-1] == pytest.approx(
        drawn.data_to_world(position), rel=1e-6, abs=1e-6
    )


def test_missing_attributes_change_nothing():
    assert (data_to_world({}, 3) == np.eye(4)).all()
    placed = place(Image(array=np.zeros((2, 3), int), axes="YX"), {})
    assert placed.units == ("pixel", "pixel")
    assert placed.is_default


@pytest.mark.parametrize(
    "attributes",
    [{"scale": (1, 2)}, {"translate": (0, 1)}, {"units": ("pixel", "nm")}],
)
def test_given_attributes_are_a_place(attributes):
    assert not place(Image(array=np.zeros((2, 3)), axes="YX"), attributes).is_default


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({}, "1"),
        ({"scale": (9, 8, 8), "units": ("second", "nm", "nanometer")}, "8 nm"),
        ({"scale": (1, 0.5, 80), "units": ("s", "um", "nm")}, "0.5 um x 80 nm"),
        ({"scale": (1, 2, 2), "affine": np.diag([1, 3, 3, 1])}, "6"),
        ({"scale": (1, -2, 2)}, "2"),
    ],
)
def test_pixel_size_in_words(attributes, words):
    image = Image(array=np.zeros((2, 3, 4), int), axes="TYX")
    assert place(image, attributes).pixel_size == words
