"""Boxes become rectangles, and rectangles boxes of the same pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image
from napari_unetseg.layers.place import place
from napari_unetseg.layers.validation import NAME, drawn_boxes, validation_layer

SHAPES = {"YX": (9, 11), "ZYX": (6, 9, 11), "TYX": (5, 9, 11), "TZYX": (2, 4, 7, 8)}
TURNED = {"scale": (50, 8, 8), "translate": (100, 40, -16)}


def labels(axes):
    return Image(array=np.zeros(SHAPES[axes], np.uint8), axes=axes, name="painted")


def covered(boxes, axes):
    """How often each pixel is in a box: once, or not at all."""
    found = np.zeros(SHAPES[axes], bool)
    for box in boxes:
        found[tuple(slice(*box.get(axis, (None, None))) for axis in axes)] = True
    return found


@st.composite
def wishes(draw):
    axes = draw(st.sampled_from(sorted(SHAPES)))
    boxes = []
    for _ in range(draw(st.integers(1, 3))):
        box = {}
        for axis, size in zip(axes, SHAPES[axes], strict=True):
            if draw(st.booleans()):
                start = draw(st.integers(0, size - 1))
                box[axis] = start, draw(st.integers(start + 1, size))
        boxes.append(box)
    return axes, boxes


@given(wish=wishes(), turned=st.booleans())
def test_the_rectangles_of_boxes_are_read_as_the_same_pixels(wish, turned):
    axes, boxes = wish
    image, rank = labels(axes), len(axes)
    attributes = {"name": "painted"}
    if turned:
        attributes |= {name: (7, *own)[-rank:] for name, own in TURNED.items()}

    corners, shown, kind = validation_layer(boxes, image, attributes)
    found = drawn_boxes(corners, shown, place(image, attributes))

    assert (kind, shown["name"]) == ("shapes", NAME)
    np.testing.assert_array_equal(covered(found, axes), covered(boxes, axes))


def test_following_slices_are_one_box_and_whole_sides_are_not_named():
    image = labels("ZYX")
    boxes = [{"Z": (2, 3)}, {"Z": (4, 5), "X": (0, 4)}, {"Z": (3, 4)}]
    corners, shown, _ = validation_layer(boxes, image, {"name": "painted"})

    found = drawn_boxes(corners, shown, place(image, {}))

    assert sorted(found, key=str) == [
        {"Z": (2, 4), "Y": (0, 9)},
        {"Z": (4, 5), "Y": (0, 9), "X": (0, 4)},
    ]


def test_what_lies_beside_the_labels_is_refused():
    image = labels("YX")
    far = np.array([[20, 20], [20, 25], [25, 25], [25, 20]], float)

    with pytest.raises(InputError, match=r"lies on 'painted'\. Move a rectangle"):
        drawn_boxes([far], {"name": NAME}, place(image, {}))
