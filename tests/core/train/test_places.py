"""Where to paint next: large, unpainted and apart from one another."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from napari_unetseg.core.train.places import STEPS, places_to_paint
from oracles import places as oracle


@st.composite
def questions(draw):
    rank = draw(st.integers(1, 3))
    sides = st.integers(1, 9)
    shape = draw(st.tuples(*[sides] * rank))
    # Few different values, so that there are ties.
    some = st.sampled_from([0.0, 0.25, 0.5, 1.0])
    values = draw(arrays.arrays(np.float32, shape, elements=some))
    painted = draw(arrays.arrays(bool, shape))
    radius = draw(st.tuples(*[st.integers(0, 3)] * rank))
    return values, painted, radius, draw(st.integers(0, 6))


@given(questions())
def test_they_are_those_of_an_exhaustive_search(question):
    values, painted, radius, most = question

    found = places_to_paint(values, painted, radius, most)

    expected = oracle.places_to_paint(values, painted, radius, most, STEPS)
    assert [(one.centre, one.value) for one in found] == expected


@given(questions())
def test_boxes_are_apart_and_what_is_given_stays_as_it_is(question):
    values, painted, radius, most = question
    before = values.copy(), painted.copy()

    found = places_to_paint(values, painted, radius, most)

    assert len(found) <= most
    assert [one.value for one in found] == sorted(
        (o.value for o in found), reverse=True
    )
    seen = np.zeros(values.shape, int)
    for one in found:
        assert not painted[one.centre]
        assert 0 < one.value <= 1
        pairs = zip(one.centre, radius, strict=True)
        seen[tuple(slice(max(0, c - r), c + r + 1) for c, r in pairs)] += 1
    assert seen.max(initial=0) <= 1
    np.testing.assert_array_equal(values, before[0])
    np.testing.assert_array_equal(painted, before[1])


def test_an_unsure_region_comes_before_an_unsure_line_and_painted_ones_are_none():
    values = np.zeros((60, 60), np.float32)
    values[:, 5] = 1  # The border of an object.
    values[30:40, 30:40] = 0.9
    painted = np.zeros(values.shape, bool)

    first, *_ = places_to_paint(values, painted, (4, 4))
    assert all(34 <= place <= 35 for place in first.centre)
    assert first.value == pytest.approx(0.9, abs=1e-4)

    painted[30:40, 30:40] = True
    first, *_ = places_to_paint(values, painted, (4, 4))
    assert abs(first.centre[1] - 5) <= 4


def test_where_all_is_painted_or_sure_there_is_no_place():
    values = np.ones((8, 8), np.float32)
    assert places_to_paint(values, np.ones((8, 8), bool), (1, 1)) == []
    assert places_to_paint(0 * values, np.zeros((8, 8), bool), (1, 1)) == []


def test_a_million_pixels_take_a_moment():
    rng = np.random.default_rng(0)
    values = rng.random((1, 1024, 1024)).astype(np.float32)
    begun = time.process_time()
    assert len(places_to_paint(values, values < 0.1, (0, 16, 16))) == 10
    assert time.process_time() - begun < 2
