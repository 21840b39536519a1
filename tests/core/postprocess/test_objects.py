"""Objects are those of the whole frame, whatever the blocks."""

from __future__ import annotations

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_unetseg.core.postprocess.blocks import cut
from napari_unetseg.core.postprocess.distinct import distinct
from napari_unetseg.core.postprocess.grow import grow
from napari_unetseg.core.postprocess.objects import (
    component_objects,
    smallest_dtype,
    watershed_objects,
)
from oracles import objects as oracle
from oracles.objects import finished, frames, partitions


def plane(text):
    return np.array([[int(c) for c in row] for row in text.split()], np.uint8)


def whole(function, frame, **kwargs):
    blocks = [(slice(None),) * frame.ndim]
    return np.asarray(finished(function(frame, blocks, **kwargs)))


def check_table(found, frame):
    ids = np.asarray(found)
    assert sorted(set(ids.flat) - {0}) == list(range(1, len(found) + 1))
    assert found.area.tolist() == np.bincount(ids.flat, minlength=1)[1:].tolist()
    first = [int(np.flatnonzero(ids == i + 1)[0]) for i in range(len(found))]
    assert found.first.tolist() == first == sorted(first)
    assert found.dtype == ids.dtype == smallest_dtype(len(found))


@given(frames(4), st.sets(st.integers(1, 4)), st.integers(0, 4), st.data())
def test_components_as_by_definition(frame, foreground, smallest, data):
    blocks = data.draw(partitions(frame.shape))
    found = finished(
        component_objects(frame, blocks, foreground=foreground, smallest=smallest)
    )
    expected = oracle.component_objects(frame, foreground, smallest)
    np.testing.assert_array_equal(found, expected)
    check_table(found, frame)
    assert found.classes.tolist() == frame.ravel()[found.first].tolist()


@given(frames(3, 7), st.integers(0, 6), st.integers(0, 4), st.data())
def test_watershed_as_by_definition(frame, reach, smallest, data):
    blocks = data.draw(partitions(frame.shape))
    found = finished(
        watershed_objects(
            frame, blocks, centre=2, border=1, reach=reach, smallest=smallest
        )
    )
    expected = oracle.watershed_objects(frame, 2, 1, reach, smallest)
    np.testing.assert_array_equal(found, expected)
    check_table(found, frame)
    assert found.classes.tolist() == [2] * len(found)


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(0, 30), st.data())
def test_few_centres_in_a_maze_of_borders(seed, reach, data):
    frame = np.random.default_rng(seed).choice(3, (16, 16), p=(0.3, 0.67, 0.03))
    blocks = data.draw(partitions(frame.shape))
    found = finished(watershed_objects(frame, blocks, centre=2, border=1, reach=reach))
    expected = oracle.watershed_objects(frame, 2, 1, reach)
    np.testing.assert_array_equal(found, expected)


def test_every_class_but_zero_is_foreground_unless_named():
    frame = plane("0112 0012 3300")
    assert whole(component_objects, frame).tolist() == plane("0112 0012 3300").tolist()
    named = whole(component_objects, frame, foreground=[2, 3])
    assert named.tolist() == plane("0001 0001 2200").tolist()
    assert not whole(component_objects, frame, foreground=[]).any()


def test_small_objects_vanish_and_ids_stay_consecutive():
    frame = plane("1011 0011 0100")
    expected = plane("0011 0011 0000")
    assert whole(component_objects, frame, smallest=2).tolist() == expected.tolist()
    frame = plane("2101112")
    for smallest, ids in ((2, "1102222"), (3, "0001111"), (5, "0000000")):
        found = whole(watershed_objects, frame, centre=2, border=1, smallest=smallest)
        assert found.tolist() == plane(ids).tolist()


def test_centres_share_the_border_between_them():
    assert (
        whole(watershed_objects, plane("21111120111"), centre=2, border=1).tolist()
        == plane("11112220000").tolist()
    )


def test_reach_is_counted_in_steps():
    frame = plane("2111110")
    for reach, ids in ((0, "1000000"), (2, "1110000"), (9, "1111110")):
        found = whole(watershed_objects, frame, centre=2, border=1, reach=reach)
        assert found.tolist() == plane(ids).tolist()
    long = np.ones((1, 50), int)
    long[0, 0] = 2
    assert whole(watershed_objects, long, centre=2, border=1).sum() == 33


def test_a_seed_stays_where_another_could_grow():
    seeds = np.array([[1, 0, 2, 0, 0]])
    assert grow(seeds, np.ones((1, 5), bool), 4).tolist() == [[1, 1, 2, 2, 2]]


def test_a_way_round_is_longer():
    frame = plane("2111 0001 2111")
    # Along the border it is four steps to the last pixel, for both.
    expected = plane("1111 0001 2222")
    assert whole(watershed_objects, frame, centre=2, border=1).tolist() == (
        expected.tolist()
    )


def test_ids_follow_the_grown_objects():
    # The lower centre's object begins in an earlier row than the upper one's.
    frame = plane("0001 2001 0002")
    found = whole(watershed_objects, frame, centre=2, border=1)
    assert found.tolist() == plane("0001 2001 0001").tolist()


def test_at_a_tie_the_centre_that_comes_first_wins():
    # The pixel between is one step from both. The right one's object begins first, but
    # its centre's first pixel comes later.
    frame = plane("00010 00010 21120")
    found = whole(watershed_objects, frame, centre=2, border=1)
    assert found.tolist() == plane("00010 00010 22110").tolist()
    frame = plane("00010 00010 21200")
    found = whole(watershed_objects, frame, centre=2, border=1)
    assert found.tolist() == plane("00000 00000 11200").tolist()


@pytest.mark.parametrize("sides", [(48, 48), (7, 9), (1, 48), (48, 1)])
def test_touching_cells_in_any_blocks(sides):
    frame = np.zeros((48, 48), np.uint8)
    frame[2:44, 3:45] = 1
    for y, x in ((10, 10), (12, 30), (30, 14), (38, 40)):
        frame[y : y + 3, x : x + 3] = 2
    expected = oracle.watershed_objects(frame, 2, 1, 20)
    blocks = cut(frame.shape, sides)
    found = finished(watershed_objects(frame, blocks, centre=2, border=1, reach=20))
    np.testing.assert_array_equal(found, expected)


class Watched:
    """A frame of slices alone, that remembers how much was read at once."""

    def __init__(self, array):
        self.array, self.shape, self.most = array, array.shape, 0

    def __getitem__(self, box):
        part = self.array[box]
        self.most = max(self.most, *part.shape)
        return part


def test_no_more_than_a_block_and_the_reach_around_it_is_read():
    rng = np.random.default_rng(0)
    frame = Watched(rng.integers(0, 3, (20, 60, 60)))
    blocks = cut(frame.shape, (10, 10, 10))
    steps = watershed_objects(frame, blocks, centre=2, border=1, reach=4)
    assert sum(1 for _ in steps) == 2 * len(blocks)
    assert frame.most == 18
    frame.most = 0
    assert sum(1 for _ in component_objects(frame, blocks)) == len(blocks)
    assert frame.most == 10


def test_an_array_in_zarr():
    frame = np.random.default_rng(0).choice(3, (30, 35), p=(0.3, 0.65, 0.05))
    stored = zarr.array(frame.astype(np.uint8), chunks=(16, 16))
    blocks = cut(frame.shape, (16, 16))
    grown = finished(watershed_objects(stored, blocks, centre=2, border=1))
    expected = oracle.watershed_objects(frame, 2, 1, 32)
    np.testing.assert_array_equal(grown, expected)
    result = zarr.zeros(frame.shape, chunks=(16, 16), dtype=grown.dtype)
    for box, ids in grown.walk():
        result[box] = ids
    np.testing.assert_array_equal(result[:], expected)
    parts = finished(component_objects(stored, blocks, smallest=2))
    for box, ids in parts.walk():
        stored[box] = ids
    expected = oracle.component_objects(frame, {1, 2}, 2)
    np.testing.assert_array_equal(stored[:], expected)


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 1), (0, 3), (4, 5)])
@pytest.mark.parametrize("value", [0, 1, 2])
def test_frames_of_one_value(shape, value):
    frame = np.full(shape, value, np.uint8)
    assert (whole(component_objects, frame) == (value > 0)).all()
    grown = whole(watershed_objects, frame, centre=2, border=1)
    assert grown.shape == shape
    assert (grown == (value == 2)).all()


@pytest.mark.parametrize(
    ("count", "dtype"),
    [
        (0, np.uint8),
        (255, np.uint8),
        (256, np.uint16),
        (65_535, np.uint16),
        (65_536, np.uint32),
        (2**32 - 1, np.uint32),
        (2**32, np.uint64),
        (2**64 - 1, np.uint64),
    ],
)
def test_the_smallest_type_that_holds_all_ids(count, dtype):
    assert smallest_dtype(count) == dtype


@pytest.mark.parametrize("count", [-1, 2**64])
def test_no_type_holds_it(count):
    with pytest.raises(ValueError, match="no unsigned type"):
        smallest_dtype(count)


@given(hnp.arrays(np.int16, hnp.array_shapes(), elements=st.integers(-2, 3)))
def test_distinct_ids_in_raster_order(values):
    found = distinct(values)
    flat = values.ravel().tolist()
    ids = [i for i in dict.fromkeys(flat) if i]
    assert found.ids.tolist() == ids
    assert found.area.tolist() == [flat.count(i) for i in ids]
    assert found.first.tolist() == [flat.index(i) for i in ids]
    assert found.numbers.shape == values.shape
    numbers = {0: 0} | {i: n for n, i in enumerate(ids, start=1)}
    assert found.numbers.ravel().tolist() == [numbers[i] for i in flat]


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"border": 2}, "two classes"), ({"reach": -1}, "not -1")],
)
def test_refuses(changed, words):
    asked = {"centre": 2, "border": 1} | changed
    with pytest.raises(ValueError, match=words):
        whole(watershed_objects, plane("012"), **asked)


def test_refuses_background_as_an_object():
    with pytest.raises(ValueError, match="background"):
        whole(component_objects, plane("012"), foreground=[0, 1])
