"""The box around a stroke, whatever form napari tells it in."""

from types import SimpleNamespace

import numpy as np
import pytest

from napari_unetseg.gui.train.strokes import stroke_box

SHAPE = (4, 20, 30)
BOX = (slice(2, 3), slice(5, 9), slice(7, 12))
INDICES = (np.array([2, 2]), np.array([5, 8]), np.array([11, 7]))


@pytest.mark.parametrize(
    "item",
    [
        [(INDICES, 0, 1)],
        [((slice(2, 3), slice(5, 9), np.array([7, 11])), 0, 1)],
        [SimpleNamespace(slice_key=BOX)],
        [
            SimpleNamespace(slice_key=(slice(2, 3), slice(5, 7), slice(7, 9))),
            (INDICES, 0, 1),
        ],
    ],
)
def test_a_stroke_has_a_box(item):
    assert stroke_box(item, SHAPE) == BOX


def test_a_box_ends_where_the_labels_end():
    item = [SimpleNamespace(slice_key=(slice(0, 9), slice(-3, 2), slice(28, 40)))]

    assert stroke_box(item, SHAPE) == (slice(0, 4), slice(0, 2), slice(28, 30))


@pytest.mark.parametrize(
    "item", [None, [], [None], [(5, 0, 1)], [(INDICES[:2], 0, 1)], [((), 0, 1)]]
)
def test_of_anything_else_all_is_looked_at(item):
    assert stroke_box(item, SHAPE) is None
