from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage
from skimage.measure import label
from skimage.metrics import adapted_rand_error

from napari_unetseg.core.evaluate.agreement import v_info, v_rand
from napari_unetseg.core.evaluate.matching import contingency
from oracles import neurites as oracle

IDS = hnp.arrays(np.int16, (5, 6), elements=st.integers(0, 3), fill=st.nothing())


@given(IDS, IDS)
def test_v_rand_counts_pairs_of_pixels(truth, prediction):
    found = v_rand(contingency(truth, prediction))
    if truth.any():
        assert found == pytest.approx(oracle.v_rand(truth, prediction), rel=1e-12)
    else:
        assert found is None


@given(IDS, IDS)
def test_v_info_sums_information(truth, prediction):
    found = v_info(contingency(truth, prediction))
    if truth.any():
        assert found == pytest.approx(oracle.v_info(truth, prediction), abs=1e-12)
        assert all(0 <= share <= 1 for share in found)
    else:
        assert found is None


def test_hand_computed():
    """Two neurites of 2 pixels found as one, then one found as its pixels alone."""
    table = contingency(np.array([[1, 1, 0, 2, 2]]), np.array([[7, 7, 7, 7, 7]]))
    # Of 4 x 4 pairs 8 are together in truth, 16 in the prediction, 8 in both.
    assert v_rand(table) == (2 * 8 / (8 + 16), 1.0, 8 / 16)
    # The prediction tells nothing, and there is nothing to tell of it.
    assert v_info(table) == (0.0, 1.0, 0.0)
    alone = contingency(np.array([[1, 1]]), np.array([[0, 0]]))
    assert v_rand(alone) == (2 * 2 / (4 + 2), 2 / 4, 1.0)
    assert v_info(alone) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize("score", [v_rand, v_info])
def test_what_is_joined_and_what_is_split(score):
    truth = np.repeat([[1, 2]], 8, axis=1)
    joined = score(contingency(truth, np.ones_like(truth)))
    assert joined.merge < joined.split == 1
    split = score(contingency(truth, np.arange(16).reshape(1, 16) // 4 + 1))
    assert split.split == pytest.approx(1 / 2)
    assert split.merge == pytest.approx(1)


@given(IDS, IDS, st.randoms(use_true_random=False))
def test_ids_mean_nothing(truth, prediction, random):
    if not truth.any():
        return
    names = [np.array([0, *random.sample(range(1, 10**6), 3)]) for _ in range(2)]
    renamed = contingency(names[0][truth], names[1][prediction])
    table = contingency(truth, prediction)
    assert v_rand(renamed) == pytest.approx(v_rand(table))
    assert v_info(renamed) == pytest.approx(v_info(table), abs=1e-12)


@given(IDS)
def test_the_truth_itself_is_perfect(truth):
    if truth.any():
        table = contingency(truth, truth)
        assert v_rand(table) == (1, 1, 1)
        assert v_info(table) == pytest.approx((1, 1, 1))


@given(IDS, IDS)
def test_what_is_predicted_on_membrane_does_not_count(truth, prediction):
    moved = np.where(truth == 0, 9, prediction)
    if truth.any():
        one, other = (contingency(truth, p) for p in (prediction, moved))
        assert v_rand(one) == v_rand(other)
        assert v_info(one) == pytest.approx(v_info(other), abs=1e-12)


def alone(ids):
    """The ids, with each 0 replaced by an id of its own."""
    flat = ids.ravel().copy()
    zeros = np.flatnonzero(flat == 0)
    flat[zeros] = flat.max() + 1 + np.arange(len(zeros))
    return flat.reshape(ids.shape)


def test_adapted_rand_error_of_scikit_image():
    """It leaves out the pairs of a pixel with itself, and takes 0 for an object."""
    rng = np.random.default_rng(0)
    blobs = [ndimage.gaussian_filter(rng.normal(size=(200, 200)), 3) for _ in range(2)]
    truth = label(blobs[0] > 0, connectivity=1)
    prediction = label(blobs[0] + 0.3 * blobs[1] > 0, connectivity=1)
    error, *_ = adapted_rand_error(truth, alone(prediction), ignore_labels=(0,))
    found = v_rand(contingency(truth, prediction))
    assert 0.5 < found.score < 0.999
    assert found.score == pytest.approx(1 - error, abs=1e-4)
