"""What is painted over an array is seen in any box, and takes no more memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.prepare.overlay import Overlay
from napari_unetseg.core.prepare.teaching import Teaching
from napari_unetseg.core.prepare.views import Painted

SIDES = st.integers(1, 4)
CLASSES = Teaching((1, 2))


def some_box(rng, shape):
    corners = [np.sort(rng.integers(0, n + 1, 2)) for n in shape]
    return tuple(slice(*map(int, ends)) for ends in corners)


def paint(overlay, below, box, values):
    """Lay values over a box, as whoever holds the array below does it."""
    outer, part = overlay.around(box)
    seen = overlay.over(below[outer], outer)
    seen = seen.astype(np.result_type(seen, values))
    seen[part] = values
    overlay.put(outer, seen)


@given(st.sampled_from([2, 3]), st.integers(0, 2**32 - 1), st.data())
def test_any_box_shows_what_was_painted_there_last(rank, seed, data):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 12, rank).tolist())
    below = rng.integers(0, 5, shape).astype(np.uint8)
    expected, kept = below.astype(np.int64), below.copy()
    overlay = Overlay(shape, [data.draw(SIDES) for _ in shape])

    for _ in range(rng.integers(6)):
        box = some_box(rng, shape)
        values = rng.integers(0, 900, expected[box].shape).astype(np.uint16)
        paint(overlay, below, box, values)
        expected[box] = values

    for _ in range(5):
        box = some_box(rng, shape)
        np.testing.assert_array_equal(overlay.over(below[box], box), expected[box])
    np.testing.assert_array_equal(below, kept)
    assert overlay.nbytes <= expected.size * 2


@pytest.mark.parametrize("shape", [(300, 300), (20, 150, 150)], ids=str)
def test_strokes_without_end_take_no_more_than_the_labels(shape):
    rng = np.random.default_rng(0)
    labels = np.zeros((1, *shape), np.uint8)
    view = Painted(labels, CLASSES, [True] * (shape[0] if len(shape) == 3 else 1))

    for _ in range(2000):
        start = [int(rng.integers(n - 8)) for n in shape]
        box = tuple(slice(a, a + 8) for a in start)
        view.change(box, np.full((8,) * len(shape), rng.integers(3), np.uint8))

    assert view._painted.nbytes <= labels.nbytes


def test_a_dab_takes_little_of_a_large_frame():
    view = Painted(
        np.zeros((1, 10_000, 10_000), np.uint8),
        CLASSES,
        [True],
    )
    view.change((slice(64, 70), slice(9_990, 10_000)), np.ones((6, 10), np.uint8))
    assert 0 < view._painted.nbytes <= 64 * 64
