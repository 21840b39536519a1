"""A split is drawn where it is, in napari."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.parts import Part
from napari_unetseg.layers.split import COLOURS, WORDS, split_layer
from napari_unetseg.layers.to_layer import placement

layers = pytest.importorskip("napari.layers")


def drawn(parts, attributes, axes):
    return layers.Layer.create(*split_layer(parts, attributes, axes))


@st.composite
def parts(draw: st.DrawFn) -> tuple[str, tuple[int, ...], list[Part]]:
    axes = "".join(draw(st.permutations("TZYX")))
    axes = "".join(
        axis for axis in axes if axis not in draw(st.sampled_from(["", "T"]))
    )
    order = [axis for axis in axes if axis not in "YX"] + ["Y", "X"]
    shape = {axis: draw(st.integers(2, 6)) for axis in axes}
    found = []
    for name in draw(st.lists(st.sampled_from([*COLOURS]), min_size=1, max_size=3)):
        start = tuple(draw(st.integers(0, shape[axis] - 1)) for axis in order)
        stop = tuple(
            draw(st.integers(first + 1, shape[axis]))
            for first, axis in zip(start, order, strict=True)
        )
        found.append(Part(name, start, stop))
    return axes, tuple(shape[axis] for axis in axes), found


@given(parts())
def test_the_rectangles_cover_their_parts(case) -> None:
    axes, shape, found = case
    layer = drawn(found, placement(Image(array=np.zeros(shape), axes=axes)), axes)
    order = [axis for axis in axes if axis not in "YX"] + ["Y", "X"]
    expected = np.zeros([shape[axes.index(axis)] for axis in order], int)
    for part in found:
        expected[tuple(map(slice, part.start, part.stop))] += 1
    covered = np.zeros_like(expected)
    for corners in layer.data:
        corners = corners[:, [axes.index(axis) for axis in order]]
        place = tuple(corners[0, :-2].astype(int))
        low, high = corners.min(axis=0)[-2:] + 0.5, corners.max(axis=0)[-2:] + 0.5
        covered[(*place, *map(slice, low.astype(int), high.astype(int)))] += 1
        assert np.ptp(corners[:, :-2], axis=0).max(initial=0) == 0

    np.testing.assert_array_equal(covered, expected)


def test_every_rectangle_says_what_it_is_for() -> None:
    found = [
        Part("train", (0, 0, 0), (1, 20, 30)),
        Part("gap", (0, 0, 0), (1, 20, 15)),
        Part("validation", (0, 0, 0), (1, 20, 10)),
        Part("train", (2, 0, 0), (4, 20, 30)),
    ]
    image = Image(array=np.zeros((4, 20, 30)), axes="ZYX")
    layer = drawn(found, placement(image), "ZYX")
    words = ["training", "left out", "validation", "training", "training"]
    assert layer.features["part"].tolist() == words
    assert layer.text.values.tolist() == words
    names = {word: name for name, word in WORDS.items()}
    for word, edge, face in zip(words, layer.edge_color, layer.face_color, strict=True):
        red, green, blue = (int(COLOURS[names[word]][i : i + 2], 16) for i in (1, 3, 5))
        rgb = np.array([red, green, blue]) / 255
        np.testing.assert_allclose(edge, [*rgb, 1], atol=1e-6)
        np.testing.assert_allclose(face[:3], rgb, atol=1e-6)
        assert face[3] < 0.3


def test_they_lie_upon_a_layer_that_was_moved_and_has_channels() -> None:
    image = layers.Image(
        np.zeros((2, 3, 20, 30)),
        scale=(1, 50, 4, 4),
        translate=(0, 7, 8, 9),
        units=("pixel", "nm", "nm", "nm"),
        axis_labels=("c", "z", "y", "x"),
    )
    part = Part("validation", (1, 5, 6), (2, 15, 16))
    layer = drawn([part], image.as_layer_data_tuple()[1], "CZYX")
    assert layer.axis_labels == ("z", "y", "x")
    assert layer.units == image.units[1:]
    corner = layer.data_to_world(layer.data[0][0])
    assert corner == pytest.approx(image.data_to_world((0, 1, 4.5, 5.5))[1:])


def test_no_parts_are_an_empty_layer() -> None:
    layer = drawn([], placement(Image(array=np.zeros((4, 5)), axes="YX")), "YX")
    assert len(layer.data) == 0
    assert layer.ndim == 2
