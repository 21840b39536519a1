"""Every pixel once, on the lattice, whatever the tile."""

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.network.geometry import AxisGeometry
from napari_unetseg.core.predict.tiling import auto_sides, plan, tile_sides


def geometry(level, origin, before, after, smallest):
    return AxisGeometry(
        stride=2**level,
        origin=origin % 2**level,
        before=before,
        after=after,
        smallest=smallest,
    )


UNET = geometry(4, 14, 92, 92, 4)
TALL = geometry(1, 0, 13, 13, 2)
sides = st.one_of(st.integers(1, 600), st.sampled_from(["auto", "whole"]))
axes = st.builds(
    geometry,
    st.integers(0, 5),
    st.integers(0, 31),
    st.integers(0, 100),
    st.integers(0, 100),
    st.integers(1, 40),
)
frames = st.one_of(
    st.lists(st.tuples(st.integers(1, 700), axes), min_size=2, max_size=2),
    st.lists(st.tuples(st.integers(1, 60), axes), min_size=3, max_size=3),
)
small_frames = st.lists(st.tuples(st.integers(1, 150), axes), min_size=2, max_size=2)
# Many tiles of a pixel or two take long to check and show no more than some do.
MOST_TILES = 5_000


@given(frames, sides)
def test_each_pixel_is_written_once(frame, side):
    shape, geometries = zip(*frame, strict=True)
    if isinstance(side, int):
        side = max(side, int((prod(shape) / MOST_TILES) ** (1 / len(shape))))
    written = np.zeros(shape, int)
    for tile in plan(shape, geometries, side):
        written[tile.write] += 1
    assert (written == 1).all()


@given(st.integers(1, 700), axes, sides)
def test_tiles_are_possible_and_lie_on_the_lattice(size, axis, side):
    for tile in plan((1, size, 1), (UNET, axis, UNET), side):
        span = tile.spans[1]
        start = span.read[0] + axis.before
        output = span.read[1] - span.read[0] - axis.before - axis.after
        assert (start - axis.origin) % axis.stride == 0
        assert output >= axis.smallest
        assert (output - axis.smallest) % axis.stride == 0
        assert 0 <= span.keep[0] < span.keep[1] <= output
        assert start + span.keep[0] == span.write[0]
        assert start + span.keep[1] == span.write[1]


@pytest.mark.parametrize(
    ("size", "sides"),
    [(2048, [2048]), (2049, [1040, 1009]), (6000, [2000, 2000, 2000])],
)
def test_auto_divides_evenly(size, sides):
    tiles = plan((size, 1), (UNET, UNET))
    assert [t.write[0].stop - t.write[0].start for t in tiles] == sides


def test_auto_takes_smaller_tiles_of_volumes():
    tiles = plan((20, 300, 1), (TALL, UNET, UNET))
    assert [tile.write[1].stop for tile in tiles] == [112, 224, 300]
    assert [tile.write[0] for tile in tiles] == [slice(0, 20)] * 3


def test_a_side_is_rounded_up_to_the_lattice_of_each_axis():
    tiles = plan((100, 100, 1), (TALL, UNET, UNET), 21)
    assert tiles[0].spans[0].write == (0, 22)
    assert tiles[0].spans[1].write == (0, 32)


def test_a_side_is_not_longer_than_what_is_wanted():
    assert tile_sides((100, 30), (UNET, UNET), 4096) == (112, 32)


def test_whole_is_one_tile():
    assert len(plan((1500, 777), (UNET, UNET), "whole")) == 1
    assert len(plan((150, 177, 1), (UNET, UNET, UNET), "whole")) == 1


@given(small_frames, st.integers(0, 10**8))
def test_the_memory_decides_with_few_questions(frame, free):
    shape, geometries = zip(*frame, strict=True)
    asked = []

    def fits(output):
        asked.append(output)
        return 100 * prod(output) <= free

    largest = auto_sides(shape, geometries, fits)
    assert len(asked) <= 10
    made = plan(shape, geometries, largest=largest)
    outputs = (
        prod(
            stop - start - axis.before - axis.after
            for (start, stop), axis in zip(tile.read, geometries, strict=True)
        )
        for tile in made
    )
    smallest = tuple(axis.stride for axis in geometries)
    assert largest == smallest or max(outputs) * 100 <= free


def largest_output(size, axis, side):
    """Of an axis's tiles, the longest output that the network computes."""
    [*tiles] = plan((size,), (axis,), largest=(side,))
    reads = [tile.read[0] for tile in tiles]
    return max(b - a for a, b in reads) - axis.before - axis.after


def up_to(most):
    """Whether an output has at most so many pixels."""
    return lambda output: prod(output) <= most


@given(frames, st.lists(st.integers(0, 10**9), min_size=2, max_size=5))
def test_as_many_tiles_are_the_same_tiles(frame, frees):
    """A segmentation that goes on counts its finished tiles, and nothing else."""
    shape, geometries = zip(*frame, strict=True)
    plans = {}
    for free in sorted(frees, reverse=True):
        largest = auto_sides(shape, geometries, up_to(free // 100))
        sides = [range(0, n, side) for n, side in zip(shape, largest, strict=True)]
        count = prod(map(len, sides))
        assert plans.setdefault(count, largest) == largest
        assert count == max(plans), "less memory makes more tiles"


@given(frames)
def test_a_smaller_tile_is_taken_where_it_costs_little_more(frame):
    shape, geometries = zip(*frame, strict=True)

    def total(sides):
        count = prod(-(-n // side) for n, side in zip(shape, sides, strict=True))
        outputs = zip(shape, geometries, sides, strict=True)
        return count * prod(largest_output(*axis) for axis in outputs)

    largest = auto_sides(shape, geometries, lambda output: True)
    chosen = auto_sides(shape, geometries, lambda output: True, prod)
    assert all(a <= b for a, b in zip(chosen, largest, strict=True))
    assert total(chosen) <= 1.02 * total(largest)


def test_much_memory_changes_nothing():
    shape, geometries = (700, 900), (UNET, UNET)
    largest = auto_sides(shape, geometries, up_to(10**12))
    assert plan(shape, geometries, largest=largest) == plan(shape, geometries)


def test_the_side_that_is_long_for_its_halo_shrinks_first():
    shape, geometries = (40, 128, 128), (TALL, UNET, UNET)
    large = auto_sides(shape, geometries, up_to(10**12))
    assert large == (40, 128, 128)
    # 40 pixels with a halo of 26 are longer than 128 with one of 184.
    one_less = auto_sides(shape, geometries, up_to(prod((40, 132, 132)) - 1))
    assert one_less == (20, 128, 128)
    assert auto_sides(shape, geometries, up_to(0)) == (2, 16, 16)


def test_an_axis_of_one_step_leaves_nothing_to_shrink():
    assert auto_sides((3, 9), (UNET, UNET), up_to(0)) == (16, 16)
