"""Every pixel once, on the lattice, whatever the tile."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.network.geometry import AxisGeometry
from napari_unetseg.core.predict.mirror import mirrored_indices, read_mirrored
from napari_unetseg.core.predict.tiling import largest_side, plan
from oracles.prediction import reflect

UNET = AxisGeometry(stride=16, origin=14, before=92, after=92, smallest=4)
sides = st.one_of(st.integers(1, 600), st.sampled_from(["auto", "whole"]))
axes = st.builds(
    lambda level, origin, halo, small: AxisGeometry(
        stride=2**level,
        origin=origin % 2**level,
        before=halo,
        after=halo,
        smallest=small,
    ),
    st.integers(0, 5),
    st.integers(0, 31),
    st.integers(0, 100),
    st.integers(1, 40),
)


@given(st.integers(1, 700), st.integers(1, 700), axes, axes, sides)
def test_each_pixel_is_written_once(height, width, y, x, side):
    written = np.zeros((height, width), int)
    for tile in plan((height, width), (y, x), side):
        written[slice(*tile.y.write), slice(*tile.x.write)] += 1
    assert (written == 1).all()


@given(st.integers(1, 700), axes, sides)
def test_tiles_are_possible_and_lie_on_the_lattice(size, axis, side):
    for tile in plan((size, 1), (axis, UNET), side):
        span = tile.y
        start = span.read[0] + axis.before
        output = span.read[1] - span.read[0] - axis.before - axis.after
        assert (start - axis.origin) % axis.stride == 0
        assert output >= axis.smallest
        assert (output - axis.smallest) % axis.stride == 0
        assert 0 <= span.keep[0] < span.keep[1] <= output
        assert start + span.keep[0] == span.write[0]
        assert start + span.keep[1] == span.write[1]


@pytest.mark.parametrize(
    ("size", "sides"), [(512, [512]), (513, [272, 241]), (6000, [512] * 11 + [368])]
)
def test_auto_divides_evenly(size, sides):
    tiles = plan((size, 1), (UNET, UNET))
    assert [t.y.write[1] - t.y.write[0] for t in tiles] == sides


def test_a_side_is_rounded_up_to_the_lattice():
    tiles = plan((100, 1), (UNET, UNET), 20)
    assert tiles[0].y.write == (0, 32)


def test_whole_is_one_tile():
    assert len(plan((1500, 777), (UNET, UNET), "whole")) == 1


def test_little_memory_makes_small_tiles():
    assert largest_side(1 << 20, 64) < largest_side(1 << 30, 64) < 513
    assert largest_side(0, 64) == 16


@given(st.integers(1, 30), st.integers(-200, 200), st.integers(0, 60))
def test_mirroring_walks_to_and_fro(size, start, length):
    found = mirrored_indices(start, start + length, size)
    assert found.tolist() == [reflect(i, size) for i in range(start, start + length)]


def test_a_mirrored_box_equals_numpys_padding():
    plane = np.arange(2 * 5 * 7).reshape(2, 5, 7)
    padded = np.pad(plane, ((0, 0), (3, 4), (6, 2)), mode="reflect")
    assert (read_mirrored(plane, (-3, 9), (-6, 9)) == padded).all()
