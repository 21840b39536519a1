"""Labels made from a layer, or a part of it, lie on its pixels."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from napari.layers import Image, Labels
from scipy.spatial.transform import Rotation

from napari_unetseg.layers.derived import derived_placement

numbers = st.floats(0.1, 10)
shifts = st.floats(-100, 100)


@st.composite
def transforms(draw: st.DrawFn) -> dict[str, object]:
    angles = draw(st.tuples(*[st.floats(-180, 180)] * 3))
    affine = np.eye(4)
    affine[:3, 3] = draw(st.tuples(shifts, shifts, shifts))
    affine[0, 2] = draw(st.floats(-1, 1))
    return {
        "scale": draw(st.tuples(numbers, numbers, numbers)),
        "translate": draw(st.tuples(shifts, shifts, shifts)),
        "rotate": Rotation.from_euler("xyz", angles, degrees=True).as_matrix(),
        "shear": draw(st.tuples(*[st.floats(-1, 1)] * 3)),
        "affine": affine,
    }


@given(transforms(), st.tuples(*[st.integers(0, 50)] * 3))
def test_a_part_lies_where_it_was_taken_from(
    transform: dict[str, object], start: tuple[int, int, int]
) -> None:
    layer = Image(np.zeros((3, 4, 5)), **transform)
    attributes = layer.as_layer_data_tuple()[1]
    place = derived_placement(attributes, "ZYX", dict(zip("ZYX", start, strict=True)))

    labels = Labels(np.zeros((3, 4, 5), np.uint8), **json.loads(json.dumps(place)))

    for index in ((0, 0, 0), (1, 2, 3), (-2, 0.5, 7)):
        there = np.add(index, start)
        expected = np.asarray(layer.data_to_world(there))
        assert labels.data_to_world(index) == pytest.approx(expected, abs=1e-4)


def test_units_and_names_of_axes_are_taken_over() -> None:
    layer = Image(
        np.zeros((3, 4, 5)),
        scale=(50, 4, 4),
        units=("nm", "nm", "nm"),
        axis_labels=("z", "y", "x"),
    )

    place = derived_placement(layer.as_layer_data_tuple()[1], "ZYX", {"Z": 2})

    assert place["units"] == ["nanometer"] * 3 or place["units"] == ["nm"] * 3
    assert place["axis_labels"] == ["z", "y", "x"]
    assert place["translate"] == [100, 0, 0]
    assert place["scale"] == [50, 4, 4]


def test_an_axis_of_channels_is_left_out() -> None:
    layer = Image(np.zeros((2, 3, 4, 5)), scale=(1, 50, 4, 4), translate=(9, 1, 2, 3))

    place = derived_placement(layer.as_layer_data_tuple()[1], "CZYX", {})
    labels = Labels(np.zeros((3, 4, 5), np.uint8), **place)

    assert tuple(labels.scale) == (50, 4, 4)
    assert tuple(labels.translate) == (1, 2, 3)


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_a_turn_into_the_channels_is_left_out(axis: int) -> None:
    rotate = np.eye(4)
    rotate[np.ix_([0, axis], [0, axis])] = [[0.8, -0.6], [0.6, 0.8]]
    layer = Image(np.zeros((2, 3, 4, 5)), rotate=rotate)

    place = derived_placement(layer.as_layer_data_tuple()[1], "CZYX", {})

    assert place["rotate"] == np.eye(3).tolist()
