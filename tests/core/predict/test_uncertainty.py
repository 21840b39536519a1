"""The mean of several predictions, how unsure it is, and how much they disagree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.predict.uncertainty import Average, entropy
from oracles import uncertainty

shapes = st.one_of(
    st.tuples(st.integers(1, 9), *(st.integers(1, 4),) * 2),
    st.tuples(st.integers(1, 5), *(st.integers(1, 3),) * 3),
)


def random_scores(shape, seed, count=1):
    """From undecided to certain, with zeros among them."""
    rng = np.random.default_rng(seed)
    values = rng.gamma(0.2, size=(count, *shape)) + 1e-30
    scores = values / values.sum(axis=1, keepdims=True)
    scores[scores < 1e-4] = 0
    # They add up to 1 again: an entropy is at most 1 of probabilities alone.
    return list((scores / scores.sum(axis=1, keepdims=True)).astype(np.float32))


def average(predictions):
    result = Average(len(predictions))
    for prediction in predictions:
        result.add(prediction)
    return result


@given(shapes, st.integers(0, 10**6))
def test_entropy_is_what_its_formula_gives(shape, seed):
    [scores] = random_scores(shape, seed)
    found = entropy(scores)
    assert found.dtype == np.float32
    assert found.shape == shape[1:]
    assert found.min() >= 0
    assert found.max() <= 1
    np.testing.assert_allclose(found, uncertainty.entropy(scores), atol=1e-6)


@pytest.mark.parametrize("classes", [2, 3, 7, 40])
def test_entropy_reaches_from_certain_to_undecided(classes):
    certain = np.zeros((classes, 2, 2), np.float32)
    certain[1] = 1
    assert (entropy(certain) == 0).all()
    undecided = np.full((classes, 2, 2), 1 / classes, np.float32)
    np.testing.assert_allclose(entropy(undecided), 1, atol=1e-6)


def test_rounding_leaves_no_number_out_of_range():
    for classes in range(2, 65):
        undecided = np.full((classes, 1, 1), 1 / classes, np.float32)
        assert entropy(undecided) <= 1
    above = np.nextafter(np.float32(1), np.float32(2))
    assert entropy(np.array([[[above]], [[0]]], np.float32)) == 0
    [scores] = random_scores((3, 40, 40), 0)
    almost = [scores, np.nextafter(scores, np.float32(0))]
    assert average(almost).disagreement().min() >= 0


@given(shapes, st.integers(0, 10**6))
def test_the_entropy_of_a_box_is_a_part_of_the_whole(shape, seed):
    [scores] = random_scores(shape, seed)
    part = entropy(scores[..., :1, :1])
    np.testing.assert_array_equal(part, entropy(scores)[..., :1, :1], strict=True)


@given(shapes, st.integers(1, 16), st.integers(0, 10**6))
def test_mean_and_disagreement_are_what_their_formulas_give(shape, count, seed):
    predictions = random_scores(shape, seed, count)
    found = average(predictions)
    mean, disagreement = found.mean(), found.disagreement()
    assert mean.dtype == disagreement.dtype == np.float32
    np.testing.assert_allclose(mean, np.mean(predictions, axis=0), atol=1e-6)
    np.testing.assert_allclose(mean.sum(axis=0), 1, atol=1e-6)
    assert disagreement.min() >= 0
    assert disagreement.max() <= 1
    wanted = uncertainty.mutual_information(predictions)
    np.testing.assert_allclose(disagreement, wanted, atol=2e-6)


@given(shapes, st.integers(1, 16), st.integers(0, 10**6))
def test_views_that_agree_change_nothing_and_disagree_in_nothing(shape, count, seed):
    predictions = random_scores(shape, seed) * count
    found = average(predictions)
    np.testing.assert_array_equal(found.mean(), predictions[0], strict=True)
    assert (found.disagreement() == 0).all()


def test_views_that_are_sure_of_different_classes_disagree_completely():
    views = list(np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1))
    np.testing.assert_allclose(average(views).disagreement(), 1, atol=1e-6)
    assert (average(views[:1]).disagreement() == 0).all()


def test_what_was_added_is_left_alone():
    predictions = random_scores((3, 2, 2), 0, 2)
    before = [prediction.copy() for prediction in predictions]
    found = average(predictions)
    found.mean()[:] = 9
    np.testing.assert_array_equal(predictions, before)
    assert found.mean().max() <= 1


def test_an_average_is_of_all_views_and_of_no_more():
    [scores] = random_scores((2, 3, 3), 0)
    found = Average(2)
    with pytest.raises(ValueError, match="2 of 2 views are missing"):
        found.mean()
    found.add(scores)
    with pytest.raises(ValueError, match="1 of 2 views are missing"):
        found.disagreement()
    found.add(scores)
    with pytest.raises(ValueError, match="all 2 views have been added"):
        found.add(scores)
