"""Shapes drawn in napari become the mask that they show."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError, ReadError
from napari_unetseg.core.prepare.shapes import mask_of_shapes, read_shapes_csv

SHAPE = (3, 20, 24)
SQUARE = np.array([[1, 2], [1, 6], [4, 6], [4, 2]])


def in_slice(z, corners):
    return np.column_stack([np.full(len(corners), z), corners])


@given(st.data())
def test_a_rectangle_holds_the_pixels_within_it(data):
    y, x = (sorted(data.draw(st.tuples(*[st.integers(-3, 25)] * 2))) for _ in "yx")
    z = data.draw(st.integers(0, 2))
    corners = np.array(
        [[a, b] for a, b in zip((0, 0, 1, 1), (0, 1, 1, 0), strict=True)]
    )
    corners = np.array([y[0], x[0]]) + corners * [y[1] - y[0], x[1] - x[0]] - 0.5
    expected = np.zeros(SHAPE, bool)
    expected[z, max(0, y[0]) : max(0, y[1]), max(0, x[0]) : max(0, x[1])] = True
    found = mask_of_shapes([in_slice(z, corners)], SHAPE, "rectangle")
    np.testing.assert_array_equal(found, expected)


@given(
    centre=st.tuples(st.floats(5, 15), st.floats(5, 15)),
    radii=st.tuples(st.floats(2, 9), st.floats(2, 9)),
    angle=st.floats(0, 3.2),
)
def test_an_ellipse_holds_the_pixels_within_it(centre, radii, angle):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    signs = np.array([[-1, -1], [-1, 1], [1, 1], [1, -1]])
    corners = centre + (signs * radii) @ turn.T
    found = mask_of_shapes([corners], (20, 20), ["ellipse"])
    for pixel in np.ndindex(20, 20):
        y, x = (np.subtract(pixel, centre) @ turn) / radii
        # Between the ellipse and its polygon of 100 corners either is right.
        if abs(np.hypot(y, x) - 1) > 0.002:
            assert found[pixel] == (np.hypot(y, x) < 1)


def test_shapes_of_a_stack_lie_in_their_slices_and_add_up():
    found = mask_of_shapes([in_slice(0, SQUARE), in_slice(2, SQUARE + 3)], SHAPE)
    assert found.any(axis=(1, 2)).tolist() == [True, False, True]
    both = mask_of_shapes([SQUARE, SQUARE + 3], SHAPE[1:])
    np.testing.assert_array_equal(both, found.any(axis=0))


def test_shapes_without_a_slice_lie_in_all_of_them():
    found = mask_of_shapes([SQUARE], SHAPE)
    assert all(np.array_equal(plane, found[0]) for plane in found)
    assert found.any()


@pytest.mark.parametrize(
    ("corners", "kind", "sentence"),
    [
        (SQUARE[:2], "line", "Shape 2 is a line, which encloses no area"),
        (SQUARE, "path", "Shape 2 is a path, which encloses no area"),
        (SQUARE[:2], "polygon", "Shape 2, a polygon, has no 3 corners"),
        (SQUARE[:3], "ellipse", "Shape 2, a ellipse, has no 4 corners"),
        (SQUARE * np.nan, "polygon", "that are numbers"),
        (in_slice(3, SQUARE), "polygon", "lies in slice 3, and the labels have 3"),
        (in_slice(-1, SQUARE), "polygon", "lies in slice -1"),
        (SQUARE[:, [0, 1, 1]], "polygon", "Shape 2 is drawn across slices"),
        (np.zeros((4, 4)), "polygon", "has 4 axes, and the labels have 3"),
    ],
)
def test_shapes_that_are_no_region_get_a_sentence(corners, kind, sentence):
    with pytest.raises(InputError, match=sentence):
        mask_of_shapes([SQUARE, corners], SHAPE, ["polygon", kind])


TABLE = """index,shape-type,vertex-index,axis-0,axis-1,axis-2
0,polygon,0,1.0,2.0,2.0
0,polygon,1,1.0,2.0,9.5
0,polygon,2,1.0,12.0,6.0
1.0,rectangle,0,2.0,0.5,0.5
1.0,rectangle,1,2.0,0.5,3.5
1.0,rectangle,2,2.0,4.5,3.5
1.0,rectangle,3,2.0,4.5,0.5
"""


def test_a_saved_layer_is_read(tmp_path):
    path = tmp_path / "region.csv"
    path.write_text(TABLE)
    found = read_shapes_csv(path, SHAPE)
    triangle = in_slice(1, np.array([[2, 2], [2, 9.5], [12, 6]]))
    square = in_slice(2, np.array([[0.5, 0.5], [0.5, 3.5], [4.5, 3.5], [4.5, 0.5]]))
    expected = mask_of_shapes([triangle, square], SHAPE)
    np.testing.assert_array_equal(found, expected)
    assert found[2].sum() == 4 * 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\n1,2\n",
        "axis-0,axis-1\n1,2\n",
        TABLE.replace("2.0", "two"),
        TABLE.replace("axis-2", "axis-z"),
        TABLE.replace(",9.5", ""),
        TABLE.encode("utf-16"),
    ],
)
def test_other_files_are_refused_in_a_sentence(text, tmp_path):
    path = tmp_path / "region.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ReadError, match=r"'region.csv' is no table of shapes\. Save"):
        read_shapes_csv(path, SHAPE)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ReadError, match=r"'none.csv' cannot be read \(No such file"):
        read_shapes_csv(tmp_path / "none.csv", SHAPE)


@pytest.mark.parametrize("seed", range(5))
def test_it_is_what_napari_makes_of_its_own_shapes(tmp_path, seed):
    layers = pytest.importorskip("napari.layers")
    writers = pytest.importorskip("napari_builtins.io")
    rng = np.random.default_rng(seed)
    kinds = ["polygon", "rectangle", "ellipse"]
    corners = [rng.uniform(-3, 24, size=(5, 2)), SQUARE * 1.7 + 3.3, SQUARE * 2.9 + 1.4]
    places = zip(rng.integers(3, size=3), corners, strict=True)
    layer = layers.Shapes([in_slice(*place) for place in places], shape_type=kinds)
    path = str(tmp_path / "region.csv")
    assert writers.napari_write_shapes(path, *layer.as_layer_data_tuple()[:2])

    found = read_shapes_csv(path, SHAPE)

    np.testing.assert_array_equal(found, layer.to_labels(SHAPE) > 0)
