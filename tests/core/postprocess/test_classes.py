from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_unetseg.core.postprocess import classes
from napari_unetseg.core.postprocess.classes import to_classes


def test_hand_computed():
    scores = np.array([[[0.9, 0.2, 0.1]], [[0.1, 0.7, 0.2]], [[0.0, 0.1, 0.7]]])
    assert to_classes(scores, (1, 2, 5)).tolist() == [[1, 2, 5]]


@given(
    hnp.arrays(
        np.float32,
        hnp.array_shapes(min_dims=3, max_dims=4, max_side=6),
        # Few values, so that ties are common.
        elements=st.sampled_from([-(2.0**100), -1.0, -0.0, 0.0, 0.5, 2.0**100]),
    ),
    st.integers(1, 20),
    st.randoms(use_true_random=False),
)
def test_the_same_as_argmax(scores, block, random):
    ids = random.sample(range(1, 300), len(scores))
    with mock.patch.object(classes, "BLOCK", block):
        result = to_classes(scores, ids)
    assert result.tolist() == np.asarray(ids)[np.argmax(scores, axis=0)].tolist()


def test_at_a_tie_the_lower_class_index_wins():
    tie = np.zeros((3, 1, 1), np.float32)
    assert to_classes(tie, (7, 2, 1)) == 7
    assert to_classes(tie[:2], (7, 2)) == 7
    tie[2] = -1
    assert to_classes(tie, (7, 2, 1)) == 7
    tie[:, 0, 0] = (-1, 0, 0)
    assert to_classes(tie, (7, 2, 1)) == 2


@pytest.mark.parametrize(
    ("largest", "dtype"),
    [(1, np.uint8), (255, np.uint8), (256, np.uint16), (70_000, np.uint32)],
)
def test_the_smallest_type_that_holds_the_ids(largest, dtype):
    result = to_classes(np.array([[[0.0]], [[1.0]]]), (0, largest))
    assert result.dtype == dtype
    assert result == largest


def test_many_classes():
    scores = np.random.default_rng(0).random((300, 4, 4), dtype=np.float32)
    assert (to_classes(scores, range(300)) == scores.argmax(axis=0)).all()


def test_into_a_given_array():
    scores = np.random.default_rng(0).random((2, 3, 8, 8), dtype=np.float32)
    whole = np.zeros((3, 20, 20), np.int32)
    window = whole[:, 5:13, 6:14]
    assert to_classes(scores, (1, 2), out=window) is window
    assert (window == scores.argmax(axis=0) + 1).all()
    assert (whole > 0).sum() == 3 * 8 * 8


def test_views_of_any_layout():
    scores = np.random.default_rng(0).random((9, 7, 3), dtype=np.float32)
    turned = scores.transpose(2, 0, 1)
    assert (to_classes(turned, (0, 1, 2)) == turned.argmax(axis=0)).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("classes_", [1, 2, 3])
def test_scores_that_are_not_finite_are_named(bad, classes_):
    scores = np.zeros((classes_, 5, 1000, 1000), np.float32)
    scores[-1, 3, 44, 5] = bad
    ids = range(11, 11 + classes_)
    with pytest.raises(
        ValueError, match=rf"class {ids[-1]} at pixel \(3, 44, 5\) is {bad}"
    ):
        to_classes(scores, ids)


@pytest.mark.parametrize(
    ("shape", "ids", "out", "words"),
    [
        ((2, 3, 3), (1, 2, 3), None, "3 ids do not fit"),
        ((0, 3, 3), (), None, "one or more"),
        ((2, 3, 3), (-1, 2), None, "0 on"),
        ((2, 3, 3), (1, 2), np.zeros((3, 2), np.uint8), "must have the shape"),
        ((2, 3, 3), (1, 256), np.zeros((3, 3), np.uint8), "cannot hold the id 256"),
        ((2, 3, 3), (1, 2), np.zeros((3, 3)), "cannot hold"),
    ],
)
def test_refuses(shape, ids, out, words):
    with pytest.raises(ValueError, match=words):
        to_classes(np.zeros(shape, np.float32), ids, out)


def test_an_empty_plane():
    assert to_classes(np.zeros((2, 0, 5), np.float32), (1, 2)).shape == (0, 5)
