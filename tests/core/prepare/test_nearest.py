"""Distances to the nearest objects are those of distance transforms, up to a reach."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.prepare.nearest import nearest, two_nearest
from oracles import weights as oracle
from oracles.weights import scenes


@given(scenes(), st.sampled_from([0.5, 1, 4, 7.3, 40]))
def test_two_nearest_are_of_one_distance_transform_per_object(scene, reach):
    ids, coarse = scene
    found = two_nearest(ids, reach, coarse)
    expected = oracle.two_nearest(ids, coarse)
    # Squared distances are rounded, so that a sum may fall to either side of the reach.
    within = sum(expected) <= reach - 1e-3
    beyond = sum(expected) > reach + 1e-3
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one[within], other[within], atol=1e-3)
        assert np.isinf(one[beyond]).all()


def test_beyond_the_reach_nothing_is_looked_for():
    ids = np.zeros((40, 40), np.int32)
    ids[5, 5], ids[5, 15], ids[5, 30] = 1, 2, 3
    first, second = two_nearest(ids, 10)
    true_first, true_second = oracle.two_nearest(ids)
    within = true_first + true_second <= 10
    assert 0 < within.sum() < ids.size
    np.testing.assert_allclose(first[within], true_first[within], rtol=1e-6)
    np.testing.assert_allclose(second[within], true_second[within], rtol=1e-6)
    assert np.isinf(first[~within]).all()
    assert np.isinf(second[~within]).all()


@given(scenes(), st.sampled_from([0, 0.7, 1, 2.5, 4]))
def test_nearest_is_the_distance_transform(scene, reach):
    ids, coarse = scene
    found = nearest(ids > 0, reach, coarse)
    expected = np.min([np.full(ids.shape, np.inf), *oracle.distances(ids, coarse)], 0)
    expected[expected > reach + 1e-9] = np.inf
    np.testing.assert_allclose(found, expected, rtol=1e-6)
