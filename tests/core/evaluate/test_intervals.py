"""Bootstrap intervals and paired differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_unetseg.core.evaluate.intervals import differences, intervals


def mean(vector):
    total, count = vector
    return {"mean": total / count if count else None, "never": None}


def units(values):
    return [np.array([value, 1.0]) for value in values]


def test_of_a_mean_as_theory_has_it():
    values = np.random.default_rng(0).normal(5, 2, 200)
    found = intervals(units(values), mean, resamples=4000)
    assert set(found) == {"mean"}
    half = 1.96 * values.std() / np.sqrt(200)
    assert found["mean"].low == pytest.approx(values.mean() - half, abs=0.03)
    assert found["mean"].high == pytest.approx(values.mean() + half, abs=0.03)


@given(st.lists(st.floats(0, 1), min_size=3, max_size=8))
@settings(max_examples=20)
def test_inside_of_what_was_seen_and_repeatable(values):
    found = intervals(units(values), mean, resamples=100)["mean"]
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9
    assert intervals(units(values), mean, resamples=100)["mean"] == found


def test_too_few_say_nothing():
    assert intervals(units([0.1, 0.9]), mean) == {}
    assert intervals([], mean) == {}
    found = differences(units([0.5, 0.7]), units([0.4, 0.6]), mean)["mean"]
    assert (found.interval, found.ahead) == (None, None)
    assert differences([], [], mean) == {}


def test_pairs_are_drawn_together():
    """The slices vary far more than the two predictions differ."""
    values = np.random.default_rng(1).random(30)
    found = differences(units(values + 0.01), units(values), mean)["mean"]
    assert found.interval.low == pytest.approx(0.01)
    assert found.interval.high == pytest.approx(0.01)
    assert found.ahead == 1
    same = differences(units(values), units(values), mean)["mean"]
    assert (same.interval, same.ahead) == ((0, 0), 0.5)


def test_refuses_what_is_not_paired():
    with pytest.raises(ValueError, match="cannot be paired"):
        differences(units([1, 2]), units([1]), mean)


def test_a_class_that_few_resamples_have_is_left_out():
    rare = [*units([0.0] * 0), np.array([1.0, 1.0]), *[np.zeros(2)] * 30]
    assert "mean" in intervals(rare, mean)
    rarer = [np.zeros(2)] * 5

    assert intervals(rarer, mean) == {}
