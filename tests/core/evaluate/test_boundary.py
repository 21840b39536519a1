"""Borders of classes: by definition, and what holds of them all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_unetseg.core.evaluate.boundary import (
    Boundary,
    band_width,
    boundaries,
    pooled,
)
from oracles import boundary as oracle


@st.composite
def planes(draw):
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=3, max_side=6))
    return tuple(
        draw(hnp.arrays(np.uint8, shape, elements=st.sampled_from((0, 1, 1, 2))))
        for _ in range(2)
    )


@given(planes(), st.sampled_from([(), (2,), (0,)]), st.integers(1, 3))
@settings(max_examples=30)
def test_as_by_definition(pair, ignore, width):
    spacing = (2.0, 0.5, 0.75)[-pair[0].ndim :]
    asked = {"spacing": spacing, "ignore": ignore, "width": width}
    found = boundaries(*pair, ids=(1,), **asked)[1]
    shared, joined, away = oracle.compare(*pair, 1, spacing, ignore, width)
    assert (found.shared, found.joined) == (shared, joined)
    assert found.frames == (away is not None)
    if away is not None:
        assert found.hausdorff95 == pytest.approx(away)


@given(planes())
@settings(max_examples=30)
def test_the_truth_itself_is_perfect(pair):
    truth, _ = pair
    found = boundaries(truth, truth, ids=(0, 1, 2), spacing=(1.0,) * truth.ndim)
    for identity, one in found.items():
        there = bool((truth == identity).any())
        assert one.iou == (1.0 if there else None)
        assert one.hausdorff95 == (0.0 if there else None)


def test_what_is_not_annotated_makes_no_border():
    truth = np.ones((9, 9), int)
    truth[:, 5:] = 7
    other = truth.copy()
    other[:, 6:] = 3
    kept = boundaries(truth, truth, ids=(1,), spacing=(1, 1), ignore=(7,), width=1)
    same = boundaries(other, truth, ids=(1,), spacing=(1, 1), ignore=(7,), width=1)
    assert kept == same
    # The rim of the plane on three sides, none along the pixels that nobody knows.
    assert kept[1].joined == 5 + 5 + 7


def test_a_moved_square_in_physical_units():
    truth, found = np.zeros((2, 40, 40), int)
    truth[10:20, 10:20] = 1
    found[10:20, 12:22] = 1
    one = boundaries(found, truth, ids=(1,), spacing=(9, 0.5), width=1)[1]
    assert one.hausdorff95 == 2 * 0.5


def test_on_one_side_only():
    truth, found = np.zeros((2, 8, 8), int)
    truth[2:5, 2:5] = 1
    one = boundaries(found, truth, ids=(1, 5), spacing=(1, 1))
    assert (one[1].hausdorff95, one[1].frames, one[1].one_sided) == (None, 0, 1)
    assert one[1].iou == 0
    assert one[5] == Boundary()
    assert one[5].iou is None


def test_frames_are_pooled():
    one = {1: Boundary(3, 6, 4.0, 1), 2: Boundary(1, 1)}
    both = pooled(one, {1: Boundary(1, 4, 2.0, 1, 1)})
    assert (both[1].iou, both[1].hausdorff95, both[1].one_sided) == (0.4, 3.0, 1)
    assert both[2] == Boundary(1, 1)
    told = both[1].to_dict()
    assert told["boundary_iou"] == 0.4
    assert told["hausdorff95_frames"] == 2


def test_width_of_the_band():
    assert band_width((512, 512)) == 14
    assert band_width((30, 512, 512)) == 14
    assert band_width((4, 4)) == 1
