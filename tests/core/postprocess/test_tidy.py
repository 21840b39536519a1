"""Small objects vanish and small holes are filled, whatever the blocks."""

from __future__ import annotations

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_unetseg.core.postprocess.blocks import cut
from napari_unetseg.core.postprocess.tidy import fill_holes, remove_small, tidy
from oracles import objects as oracle
from oracles.objects import finished, frames, partitions

LIMITS = st.dictionaries(st.integers(0, 3), st.integers(0, 12))


def plane(text):
    return np.array([[int(c) for c in row] for row in text.split()], np.uint8)


def whole(function, frame, *args, **kwargs):
    blocks = [(slice(None),) * frame.ndim]
    return np.asarray(finished(function(frame, blocks, *args, **kwargs)))


@given(frames(), LIMITS, st.data())
def test_small_objects_as_by_definition(frame, smallest, data):
    blocks = data.draw(partitions(frame.shape))
    found = np.asarray(finished(remove_small(frame, blocks, smallest)))
    assert found.dtype == frame.dtype
    np.testing.assert_array_equal(found, oracle.remove_small(frame, smallest))


@given(frames(2, 8), LIMITS, st.data())
def test_holes_as_by_definition(frame, holes, data):
    blocks = data.draw(partitions(frame.shape))
    found = np.asarray(finished(fill_holes(frame, blocks, holes)))
    assert found.dtype == frame.dtype
    np.testing.assert_array_equal(found, oracle.fill_holes(frame, holes))


@settings(max_examples=50)
@given(st.integers(0, 2**32), st.booleans(), LIMITS, LIMITS, st.data())
def test_both_one_after_the_other(seed, deep, smallest, holes, data):
    shape = (4, 5, 5) if deep else (10, 11)
    # Mostly 1, so that there are holes inside.
    frame = np.random.default_rng(seed).choice(4, shape, p=(0.1, 0.7, 0.1, 0.1))
    blocks = data.draw(partitions(shape))
    found = finished(tidy(frame, blocks, smallest=smallest, holes=holes))
    expected = oracle.fill_holes(oracle.remove_small(frame, smallest), holes)
    np.testing.assert_array_equal(found, expected)


def test_an_object_goes_to_the_class_that_it_touches_most():
    frame = plane("1113333 1123333 1113333")
    assert (whole(remove_small, frame, {2: 2}) == plane("1113333 " * 3)).all()
    assert (whole(remove_small, frame, {2: 1}) == frame).all()
    turned = whole(remove_small, frame.T, {2: 2})
    assert (plane("1113333 " * 3) == turned.T).all()


def test_at_a_tie_the_smaller_class_takes_it():
    frame = plane("33511 33511 33511")
    assert (whole(remove_small, frame, {5: 9}) == plane("33111 " * 3)).all()


def test_zero_is_a_class_like_any_other():
    frame = plane("1111 1001 1111 2222 2222")
    expected = plane("1111 1111 1111 2222 2222")
    assert (whole(remove_small, frame, {0: 3}) == expected).all()
    frame = plane("0000 0110 0000")
    assert not whole(remove_small, frame, {1: 3}).any()


def test_small_objects_that_touch_do_not_take_each_other():
    frame = plane("00000 02300 00000")
    assert not whole(remove_small, frame, {2: 2, 3: 2}).any()
    # The 2 touches 3 three times and 0 once.
    frame = plane("00000 03330 03230 00000")
    assert not whole(remove_small, frame, {2: 2, 3: 6}).any()
    assert whole(remove_small, frame, {2: 2}).max() == 3


def test_an_object_that_touches_nothing_that_stays_is_left():
    alone = plane("11 11")
    assert (whole(remove_small, alone, {1: 100}) == alone).all()
    nested = plane("00000 02220 02320 02220 00000")
    expected = plane("00000 00000 00300 00000 00000")
    assert (whole(remove_small, nested, {2: 9, 3: 9}) == expected).all()
    assert not whole(remove_small, expected, {2: 9, 3: 9}).any()


def test_a_hole_is_filled_if_it_is_small_and_closed():
    frame = plane("1111100 1000100 1020100 1000100 1111100")
    assert (whole(fill_holes, frame, {1: 9}) == frame).all()
    assert (whole(fill_holes, frame, {1: 10})[:, :5] == 1).all()
    opened = frame.copy()
    opened[2, 4] = 3
    assert (whole(fill_holes, opened, {1: 99}) == opened).all()
    # A corner does not open it.
    diamond = plane("00000 00100 01010 00100 00000")
    assert whole(fill_holes, diamond, {1: 2})[2].tolist() == [0, 1, 1, 1, 0]


def test_what_reaches_the_border_is_no_hole():
    frame = plane("111 101 101")
    assert (whole(fill_holes, frame, {1: 99}) == frame).all()
    volume = np.stack(
        [np.ones((3, 3), int), plane("111 101 111"), np.ones((3, 3), int)]
    )
    assert (whole(fill_holes, volume, {1: 99}) == 1).all()
    assert (whole(fill_holes, volume[:2], {1: 99}) == volume[:2]).all()


@pytest.mark.parametrize(("one", "two"), [(1, 2), (2, 1)])
def test_of_holes_in_holes_the_outer_one_is_filled(one, two):
    frame = np.zeros((9, 9), int)
    frame[1:8, 1:8], frame[2:7, 2:7] = one, 0
    frame[3:6, 3:6], frame[4, 4] = two, 0
    found = whole(fill_holes, frame, {1: 99, 2: 99})
    assert (found[1:8, 1:8] == one).all()
    assert (found[0] == 0).all()


@pytest.mark.parametrize(("one", "two"), [(1, 2), (2, 1)])
def test_of_equal_holes_that_overlap_the_smaller_class_is_filled(one, two):
    frame = np.full((9, 9), one)
    frame[1:8, 1:8], frame[2:7, 2:7] = two, one
    # With the ring a hole of 25 pixels, and so it is with what the ring surrounds.
    frame[2, 4] = 0
    found = whole(fill_holes, frame, {1: 26, 2: 26})
    assert found[2, 4] == 1
    np.testing.assert_array_equal(found, oracle.fill_holes(frame, {1: 26, 2: 26}))


def test_an_object_and_a_hole_across_many_blocks():
    frame = np.zeros((40, 40), np.uint8)
    frame[5:35, 5:35] = 1
    frame[10:30, 10:30] = 2
    frame[18:22, 18:22] = 3
    for sides in ((40, 40), (7, 9), (1, 40), (3, 2)):
        blocks = cut(frame.shape, sides)
        found = np.asarray(finished(remove_small(frame, blocks, {2: 385, 3: 16})))
        assert (found[10:30, 10:30] == np.where(frame == 3, 3, 1)[10:30, 10:30]).all()
        kept = np.asarray(finished(remove_small(frame, blocks, {2: 384, 3: 16})))
        assert (kept == frame).all()
        filled = np.asarray(finished(fill_holes(frame, blocks, {1: 401})))
        assert (filled[5:35, 5:35] == 1).all()


def test_empty_frames():
    for shape in ((0, 4), (2, 0, 3)):
        frame = np.zeros(shape, np.uint16)
        steps = tidy(frame, [], smallest={0: 5, 1: 5}, holes={0: 5, 1: 5})
        found = np.asarray(finished(steps))
        assert (found.shape, found.dtype) == (shape, np.uint16)


def test_one_walk_where_nothing_is_small_and_two_where_something_is():
    frame = plane("1112 1111")
    blocks = cut(frame.shape, (1, 2))
    assert len(list(remove_small(frame, blocks, {1: 3}))) == 4
    assert len(list(remove_small(frame, blocks, {2: 3}))) == 8
    assert len(list(fill_holes(frame, blocks, {1: 3, 7: 1}))) == 8


def test_blocks_can_be_written_over_as_they_are_made():
    rng = np.random.default_rng(0)
    frame = rng.choice(4, (40, 35), p=(0.1, 0.7, 0.1, 0.1)).astype(np.uint8)
    limits = {0: 3, 1: 9, 2: 4, 3: 4}
    expected = oracle.remove_small(frame, limits)
    blocks = cut(frame.shape, (16, 16))
    stored = zarr.array(frame, chunks=(16, 16))
    for box, classes in finished(remove_small(stored, blocks, limits)).walk():
        stored[box] = classes
    np.testing.assert_array_equal(stored[:], expected)
    expected = oracle.fill_holes(expected, limits)
    stored = zarr.array(frame, chunks=(16, 16))
    steps = tidy(stored, blocks, smallest=limits, holes=limits)
    for box, classes in finished(steps).walk():
        stored[box] = classes
    np.testing.assert_array_equal(stored[:], expected)
