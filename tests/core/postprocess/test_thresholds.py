"""A class with a threshold wins where its probability exceeds it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_unetseg.core.postprocess.classes import to_classes
from napari_unetseg.core.postprocess.thresholds import to_classes_with_thresholds

PARTS = 64
SHARES = st.integers(1, PARTS - 1).map(lambda n: n / PARTS)


@given(
    hnp.arrays(
        np.float32, (7, 5), elements=st.integers(0, PARTS).map(lambda n: n / PARTS)
    ),
    SHARES,
    st.booleans(),
)
def test_of_two_classes_the_threshold_is_that_of_the_probability(p, threshold, first):
    scores, ids = np.stack([1 - p, p]), [4, 9]
    if first:
        scores, ids = scores[::-1], ids[::-1]
    found = to_classes_with_thresholds(scores, ids, {9: threshold})
    np.testing.assert_array_equal(found, np.where(p > threshold, 9, 4))


@given(st.floats(0.5, 1, width=32, exclude_max=True))
def test_a_probability_that_equals_the_threshold_is_not_over_it(threshold):
    # From 0.5 on what is left of 1 is a float32 too.
    scores = np.array([[[threshold]], [[1 - threshold]]], np.float32)
    assert to_classes_with_thresholds(scores, (9, 4), {9: threshold}) == 4


@given(st.integers(0, 2**32), st.floats(0.01, 0.99), st.integers(2, 5))
def test_a_class_over_its_threshold_wins_over_all_without(seed, threshold, classes):
    rng = np.random.default_rng(seed)
    scores = rng.dirichlet(np.full(classes, 0.5), (8, 8)).transpose(2, 0, 1)
    ids = list(range(1, classes + 1))
    found = to_classes_with_thresholds(scores, ids, {2: threshold})
    assert (found[scores[1] > threshold + 1e-9] == 2).all()
    others = np.delete(scores, 1, axis=0)
    # It loses to whichever has more than the rest of what the two have together.
    share = scores[1] / (scores[1] + others.max(axis=0))
    clear = np.abs(share - threshold) > 1e-9
    np.testing.assert_array_equal((found == 2)[clear], (share > threshold)[clear])
    rest = np.array([i for i in ids if i != 2])[others.argmax(axis=0)]
    np.testing.assert_array_equal(found[found != 2], rest[found != 2])


@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.just(3), st.integers(0, 4), st.integers(1, 4)),
        elements=st.integers(0, PARTS).map(lambda n: n / PARTS),
    ),
    st.dictionaries(st.sampled_from([7, 1, 3]), st.sampled_from([0.25, 0.5, 0.75])),
)
def test_as_by_definition(scores, thresholds):
    ids = [7, 1, 3]
    found = to_classes_with_thresholds(scores, ids, thresholds)
    for pixel in np.ndindex(*found.shape):

        def rank(index, pixel=pixel):
            t = Fraction(thresholds.get(ids[index], 0.5))
            p = Fraction(float(scores[(index, *pixel)]))
            return -p * (1 - t) / t, ids[index] in thresholds, index

        assert found[pixel] == ids[min(range(3), key=rank)]


@given(
    hnp.arrays(
        np.float32,
        hnp.array_shapes(min_dims=3, max_dims=4, max_side=5),
        elements=st.sampled_from([-3.0, -1.0, 0.0, 0.5, 2.0]),
    )
)
def test_without_thresholds_the_highest_score_wins_whatever_it_is(scores):
    ids = range(2, 2 + len(scores))
    found = to_classes_with_thresholds(scores, ids, {})
    np.testing.assert_array_equal(found, to_classes(scores, ids))


def test_into_a_given_array():
    scores = np.array([[[0.6, 0.9]], [[0.4, 0.1]]], np.float32)
    out = np.zeros((1, 2), np.int16)
    assert to_classes_with_thresholds(scores, (0, 300), {300: 0.3}, out) is out
    assert out.tolist() == [[300, 0]]
    assert to_classes_with_thresholds(scores, (0, 300), {300: 0.3}).dtype == np.uint16


def test_the_scores_stay_as_they_are():
    scores = np.full((2, 3, 4, 5), 0.5, np.float32)
    to_classes_with_thresholds(scores, (0, 1), {0: 0.2, 1: 0.7})
    assert (scores == 0.5).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_are_named(bad):
    scores = np.zeros((3, 5, 6, 7), np.float32)
    scores[1, 3, 4, 5] = bad
    with pytest.raises(ValueError, match=rf"class 12 at pixel \(3, 4, 5\) is {bad}"):
        to_classes_with_thresholds(scores, (11, 12, 13), {12: 0.3})


@pytest.mark.parametrize(
    ("shape", "ids", "thresholds", "out", "words"),
    [
        ((2, 3, 3), (1, 2, 3), {1: 0.5}, None, "3 ids do not fit"),
        ((2, 3, 3), (1, 2, 3), {}, None, "3 ids do not fit"),
        ((2, 3, 3), (-1, 2), {2: 0.5}, None, "0 on"),
        ((2, 3, 3), (1, 2), {2: 0.5}, np.zeros((3, 2), np.uint8), "have the shape"),
        ((2, 3, 3), (1, 256), {1: 0.5}, np.zeros((3, 3), np.uint8), "cannot hold"),
        ((2, 3, 3), (1, 2), {3: 0.5}, None, "class 3 has a threshold"),
        ((2, 3, 3), (1, 2), {2: 0.0}, None, "threshold 0.0 of class 2"),
        ((2, 3, 3), (1, 2), {2: 1.0}, None, "threshold 1.0 of class 2"),
        ((2, 3, 3), (1, 2), {2: float("nan")}, None, "threshold nan of class 2"),
    ],
)
def test_refuses(shape, ids, thresholds, out, words):
    with pytest.raises(ValueError, match=words):
        to_classes_with_thresholds(np.zeros(shape, np.float32), ids, thresholds, out)


@pytest.mark.parametrize("score", [-0.5, 1.5])
def test_refuses_logits(score):
    scores = np.full((2, 3, 3), score, np.float32)
    with pytest.raises(ValueError, match="no probabilities"):
        to_classes_with_thresholds(scores, (1, 2), {2: 0.5})
