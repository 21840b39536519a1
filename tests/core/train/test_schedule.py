"""How fast is learnt when, and how the time is divided."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.train.schedule import (
    PARTS,
    WARM_UP,
    is_validated,
    learning_rate,
    parts_within,
    steps_within,
    validations,
)

NAMES = ("cosine", "poly", "constant")


@pytest.mark.parametrize("name", NAMES)
def test_all_begin_with_the_same_warm_up(name):
    rates = [learning_rate(step, 100, 0.5, name) for step in range(WARM_UP)]
    assert rates == [0.5 * (step + 1) / WARM_UP for step in range(WARM_UP)]
    unknown = [learning_rate(step, None, 0.5, name) for step in range(3 * WARM_UP)]
    assert unknown == rates + [0.5] * 2 * WARM_UP


@pytest.mark.parametrize(
    ("name", "part", "rate"),
    [
        ("cosine", 0.25, 0.5 * (1 + math.sqrt(0.5))),
        ("cosine", 0.5, 0.5),
        ("poly", 0.25, 0.75**0.9),
        ("poly", 0.5, 0.5**0.9),
        ("constant", 0.25, 1.0),
        ("constant", 0.99, 1.0),
    ],
)
def test_a_fall_is_its_formula(name, part, rate):
    total = WARM_UP + 400
    step = WARM_UP + round(400 * part)
    assert learning_rate(step, total, 3.0, name) == pytest.approx(3 * rate)


@given(st.sampled_from(NAMES), st.integers(1, 500), st.integers(0, 600))
def test_rates_never_rise_after_the_warm_up(name, total, step):
    now, later = (learning_rate(n, total, 1.0, name) for n in (step, step + 1))
    assert 0 <= now <= 1
    if step >= WARM_UP:
        assert later <= now


@pytest.mark.parametrize(
    ("name", "last"), [("cosine", 0), ("poly", 0), ("constant", 1)]
)
def test_where_a_fall_ends(name, last):
    assert learning_rate(300, 300, 1.0, name) == pytest.approx(last, abs=1e-9)


@given(st.integers(1, 4000), st.sampled_from([1, 2, 4, 8]))
def test_validations_are_as_many_as_are_planned(total, parts):
    steps = [step for step in range(1, total + 1) if is_validated(step, total, parts)]
    assert steps[-1] == total
    # A few steps do not always make so many parts.
    assert len(steps) <= validations(parts)
    if total >= parts**2:
        assert len(steps) == validations(parts)


def test_there_are_six_validations_at_most():
    assert [validations(parts) for parts in (1, 2, 4, 8)] == [1, 1, 3, 6]


@given(st.floats(0.1, 1e4), st.floats(0, 1e3))
def test_validations_take_a_fifth_of_the_time_or_there_is_but_one(seconds, each):
    parts = parts_within(seconds, each)
    assert parts == 1 or validations(parts) * each <= 0.2 * seconds
    # Not fewer than need be.
    if parts < PARTS:
        assert validations(2 * parts) * each > 0.2 * seconds


@given(st.floats(60, 1e4), st.floats(0.01, 1), st.floats(0, 100))
def test_steps_and_validations_fill_the_time(seconds, step, each):
    steps = steps_within(seconds, step, each)
    taken = steps * step + validations(parts_within(seconds, each)) * each
    assert taken <= seconds + 1e-6 or steps == WARM_UP
    assert taken >= seconds - step - 1e-6
