"""Components are those of the whole frame, whatever the blocks."""

from __future__ import annotations

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from napari_unetseg.core.postprocess.blocks import covering, cut
from napari_unetseg.core.postprocess.components import find_components
from napari_unetseg.core.postprocess.seams import Seams
from oracles import objects as oracle
from oracles.objects import finished, frames, partitions

PINWHEEL = [
    (slice(0, 2), slice(0, 4)),
    (slice(0, 4), slice(4, 6)),
    (slice(4, 6), slice(2, 6)),
    (slice(2, 6), slice(0, 2)),
    (slice(2, 4), slice(2, 4)),
]


def spiral(size):
    """A line one pixel wide that winds to the middle, its turns one pixel apart."""
    plane = np.zeros((size, size), np.uint8)
    y = x = 0
    plane[y, x] = 1
    lengths = [size - 1, *(n for n in range(size - 1, 0, -2) for _ in range(2))]
    for turn, length in enumerate(lengths):
        down, right = ((0, 1), (1, 0), (0, -1), (-1, 0))[turn % 4]
        for _ in range(length):
            y, x = y + down, x + right
            plane[y, x] = 1
    return plane


@given(frames(), st.data())
def test_the_same_as_a_flood_fill_of_the_whole_frame(frame, data):
    connectivity = data.draw(st.integers(1, frame.ndim))
    blocks = data.draw(partitions(frame.shape))
    found = finished(find_components(frame, blocks, connectivity=connectivity))
    sets = oracle.components(frame, connectivity)
    np.testing.assert_array_equal(found, oracle.numbered(sets, frame.shape))
    assert len(found) == len(sets)
    assert found.area.tolist() == [len(pixels) for pixels in sets]
    assert found.value.tolist() == [frame[min(pixels)] for pixels in sets]
    first = [np.ravel_multi_index(min(pixels), frame.shape) for pixels in sets]
    assert found.first.tolist() == first
    border = [oracle.at_border(pixels, frame.shape) for pixels in sets]
    assert found.at_border.tolist() == border


@given(frames(), st.data())
def test_seams_pair_all_neighbours_in_different_blocks_once(frame, data):
    connectivity = data.draw(st.integers(1, frame.ndim))
    blocks = covering(frame.shape, data.draw(partitions(frame.shape)))
    pixels = np.arange(frame.size).reshape(frame.shape)
    seams = Seams(blocks, connectivity)
    owner = np.zeros(frame.shape, int)
    pairs = []
    for number, box in enumerate(blocks.boxes):
        owner[box] = number
        for before, now in seams.meet(number, pixels[box]):
            pairs += zip(before.tolist(), now.tolist(), strict=True)
    expected = [
        (pixels[other], pixels[pixel])
        for pixel in np.ndindex(*frame.shape)
        for other in oracle.neighbours(pixel, frame.shape, connectivity)
        if owner[other] < owner[pixel]
    ]
    assert sorted(pairs) == sorted(expected)
    assert not seams._faces, "the ends of blocks are kept although all have come"


@pytest.mark.parametrize("connectivity", [1, 2, 3])
@pytest.mark.parametrize("sides", [(9, 7, 5), (20, 30, 40), (1, 30, 2)])
def test_a_volume_of_many_blocks(connectivity, sides):
    volume = np.random.default_rng(0).random((20, 30, 40)) < 0.35
    found = finished(
        find_components(volume, cut(volume.shape, sides), connectivity=connectivity)
    )
    structure = ndimage.generate_binary_structure(3, connectivity)
    labels, count = ndimage.label(volume, structure)
    assert len(found) == count
    np.testing.assert_array_equal(found, labels)


def test_a_spiral_through_many_blocks():
    line = spiral(41)
    assert line.sum() > 41 * 20
    for connectivity in (1, 2):
        for sides in ((41, 41), (1, 41), (5, 3), (1, 1)):
            blocks = cut(line.shape, sides)
            found = finished(find_components(line, blocks, connectivity=connectivity))
            assert found.area.tolist() == [line.sum()]
    gap = find_components(line == 0, cut(line.shape, (4, 4)))
    assert finished(gap).area.tolist() == [41 * 41 - line.sum()]


@pytest.mark.parametrize(
    "blocks", [PINWHEEL, PINWHEEL[::-1], PINWHEEL[2:] + PINWHEEL[:2]]
)
def test_blocks_need_not_lie_in_a_grid(blocks):
    frame = np.random.default_rng(3).integers(0, 2, (6, 6))
    for connectivity in (1, 2):
        found = finished(find_components(frame, blocks, connectivity=connectivity))
        sets = oracle.components(frame, connectivity)
        np.testing.assert_array_equal(found, oracle.numbered(sets, frame.shape))


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 1), (6, 1), (3, 4, 5)])
@pytest.mark.parametrize("value", [0, 1, 200])
def test_frames_of_one_value(shape, value):
    frame = np.full(shape, value, np.uint8)
    for sides in (shape, (1,) * len(shape)):
        found = finished(find_components(frame, cut(shape, sides)))
        np.testing.assert_array_equal(found, frame > 0)
        assert found.area.tolist() == [frame.size] * (value > 0)


@pytest.mark.parametrize("blocks", [[], [(slice(0, 0), slice(0, 5))]])
def test_a_frame_without_pixels(blocks):
    found = finished(find_components(np.zeros((0, 5), int), blocks))
    assert len(found) == 0
    assert np.asarray(found).shape == (0, 5)


def test_what_is_selected_counts():
    frame = np.array([[0, 1, 2, 2, 5, 5, 0]])
    blocks = cut(frame.shape, (1, 2))
    mask = finished(find_components(frame, blocks, select=lambda v: v >= 1))
    assert np.asarray(mask).tolist() == [[0, 1, 1, 1, 1, 1, 0]]
    assert mask.value.tolist() == [1]
    others = finished(find_components(frame, blocks, select=lambda v: v - 5))
    assert np.asarray(others).tolist() == [[1, 2, 3, 3, 0, 0, 4]]
    assert others.value.tolist() == [-5, -4, -3, -5]


def test_ids_have_the_smallest_type():
    frame = np.indices((40, 40)).sum(axis=0) % 2
    for size, dtype in ((20, np.uint8), (40, np.uint16)):
        part = frame[:size, :size]
        found = finished(find_components(part, cut(part.shape, (7, 7))))
        assert len(found) == size * size / 2
        assert found.dtype == found.block(0).dtype == np.asarray(found).dtype == dtype


class Watched:
    """A frame of slices alone, that remembers what was read."""

    def __init__(self, array):
        self.array, self.shape, self.read = array, array.shape, []

    def __getitem__(self, box):
        self.read.append(box)
        return self.array[box]


def test_each_block_is_read_once_and_told_of():
    frame = Watched(np.random.default_rng(0).integers(0, 3, (9, 8, 7)))
    blocks = cut(frame.shape, (4, 4, 4))
    steps = find_components(frame, blocks)
    for number in range(len(blocks)):
        next(steps)
        assert frame.read == blocks[: number + 1]
    found = finished(steps)
    frame.read.clear()
    for (box, ids), expected in zip(found.walk(), blocks, strict=True):
        assert box == expected
        assert ids.shape == tuple(side.stop - side.start for side in box)
    assert frame.read == blocks


def test_any_box_can_be_asked_for():
    frame = np.random.default_rng(0).integers(0, 3, (9, 8))
    found = finished(find_components(frame, cut(frame.shape, (4, 3))))
    whole = np.asarray(found)
    box = (slice(2, 7), slice(None))
    np.testing.assert_array_equal(found[box], whole[box])
    np.testing.assert_array_equal(found[:, 3:3], whole[:, 3:3])
    assert (found.shape, found.ndim) == ((9, 8), 2)


def test_an_array_in_zarr():
    frame = np.random.default_rng(0).integers(0, 4, (50, 60)).astype(np.uint8)
    stored = zarr.array(frame, chunks=(16, 16))
    found = finished(find_components(stored, cut(frame.shape, (16, 16))))
    whole = finished(find_components(frame, cut(frame.shape, frame.shape)))
    np.testing.assert_array_equal(found, whole)


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ([(slice(0, 4), slice(0, 5))], "20 of 24 pixels"),
        ([(slice(0, 4), slice(0, 4)), (slice(1, 4), slice(3, 6))], "overlap"),
        ([(slice(0, 4), slice(0, 7))], "no box within"),
        ([(slice(-4, 4), slice(0, 6))], "no box within"),
        ([(slice(0, 4, 2), slice(0, 6))], "no box within"),
        ([(slice(0, 4),)], "one slice per axis"),
    ],
)
def test_refuses_blocks_that_do_not_cover_the_frame_once(blocks, words):
    with pytest.raises(ValueError, match=words):
        finished(find_components(np.zeros((4, 6), int), blocks))


@pytest.mark.parametrize("connectivity", [0, 3])
def test_refuses_a_connectivity_that_a_plane_has_not(connectivity):
    frame = np.zeros((2, 2), int)
    steps = find_components(frame, cut((2, 2), (1, 2)), connectivity=connectivity)
    with pytest.raises(ValueError, match="1 to 2"):
        next(steps)


def test_refuses_numbers_that_are_no_classes():
    with pytest.raises(ValueError, match="integers, not float64"):
        finished(find_components(np.zeros((2, 2)), cut((2, 2), (2, 2))))
