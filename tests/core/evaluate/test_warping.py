"""Warping error: simple pixels, what bending keeps, and cases counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_unetseg.core.evaluate.warping import (
    _AROUND,
    _is_simple,
    warped,
    warping_error,
)
from oracles import warping as oracle

MASKS = hnp.arrays(bool, st.just((6, 7)), fill=st.nothing())


def test_simple_pixels():
    for code in range(256):
        patch = np.zeros((3, 3), bool)
        for bit, (down, right) in enumerate(_AROUND):
            patch[1 + down, 1 + right] = code >> bit & 1
        assert _is_simple(code) == oracle.is_simple(patch)


@given(MASKS, MASKS, st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_bent_as_by_definition(source, target, seed):
    sure = np.random.default_rng(seed).integers(1, 4, source.shape) / 4
    bent = warped(source, target, sure, np.ones(source.shape, bool))
    np.testing.assert_array_equal(bent, oracle.warped(source, target, sure))
    assert oracle.counts(bent) == oracle.counts(source)


@given(MASKS)
@settings(max_examples=20)
def test_the_truth_itself_is_perfect(mask):
    assert warping_error(mask, mask) == 0


def cells():
    y, x = np.indices((20, 20))
    return (y % 10 > 1) & (x % 10 > 1)


def test_a_moved_border_is_free_and_a_hole_is_not():
    truth = cells()
    wide = truth.copy()
    wide[2, 2:10] = False
    assert warping_error(truth, wide) == 0
    leak = truth.copy()
    leak[5, 10:12] = True
    # One pixel closes the gap again.
    assert warping_error(truth, leak) == 1 / 400


def test_an_object_that_is_lost_costs_one_pixel():
    truth = cells()
    lost = truth.copy()
    lost[2:10, 2:10] = False
    assert warping_error(truth, lost) == 1 / 400


def test_what_is_not_annotated_does_not_count():
    truth = cells().astype(int)
    truth[:10] = -1
    other = cells()
    other[:10] = False
    assert warping_error(truth, other) == warping_error(truth, cells()) == 0
    assert warping_error(np.full((3, 3), -1), other[:3, :3]) is None


def test_thresholds():
    truth = cells()
    scores = truth * 0.9
    scores[5, 10:12] = 0.6
    assert warping_error(truth, scores, 0.5) == pytest.approx(1 / 400)
    assert warping_error(truth, scores, 0.7) == 0
