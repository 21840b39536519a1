"""A plan is plain values: kept and taken up again it decides the same."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.errors import DeviceError
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.geometry import axis_geometries
from napari_unetseg.core.network.measure import network_geometry
from napari_unetseg.core.network.member import Member
from napari_unetseg.core.predict.plan import Plan
from napari_unetseg.core.predict.planning import make_plan, tile_memory
from napari_unetseg.core.predict.store import _chunk, tile_arrays
from napari_unetseg.core.prepare.normalise import normalisers
from oracles.models import random_model

SIDES = st.lists(st.integers(1, 10**6), min_size=2, max_size=3).map(tuple)
NUMBERS = st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=3)
PLANS = st.builds(
    Plan,
    grid=SIDES,
    sides=SIDES,
    region=st.dictionaries(
        st.sampled_from("TZYX"), st.tuples(st.integers(0), st.integers(0))
    ),
    views=st.sampled_from(["none", "flips", "rotations"]),
    statistics=st.dictionaries(st.integers(0), st.tuples(NUMBERS, NUMBERS)),
    device=st.sampled_from(["cpu", "cuda", "mps"]),
    precision=st.sampled_from(["fp32", "bf16", "fp16"]),
    parts=st.none() | SIDES,
)


@given(PLANS)
def test_a_plan_survives_json_exactly(plan):
    text = json.dumps(plan.to_values())
    assert Plan.from_values(json.loads(text)) == plan


@st.composite
def images(draw):
    dimensions = draw(st.sampled_from([2, 3]))
    named = draw(st.sets(st.sampled_from("TZC"))) | {*"ZYX"[-dimensions:]}
    axes = "".join(draw(st.permutations(sorted(named))))
    shape = [draw(st.integers(1, 4)) for _ in axes]
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    return Image(array=rng.normal(size=shape) * 1e3, axes=axes), dimensions


@given(images())
def test_kept_statistics_are_those_of_the_image_to_the_bit(drawn):
    image, dimensions = drawn
    frames = Frames(image, dimensions)
    plan = Plan(grid=frames.shape, sides=frames.shape).measured(frames)
    again = Plan.from_values(json.loads(json.dumps(plan.to_values())))
    found, wanted = again.normalisers(frames), normalisers(image, dimensions)
    assert set(found) == set(wanted)
    for index, normalise in wanted.items():
        np.testing.assert_array_equal(found[index].mean, normalise.mean, strict=True)
        np.testing.assert_array_equal(found[index].std, normalise.std, strict=True)


@pytest.mark.parametrize(("axes", "count"), [("TZYX", 2), ("ZTYX", 6), ("ZYX", 1)])
def test_statistics_are_kept_once_for_as_long_as_they_count(axes, count):
    lengths = {"T": 2, "Z": 3, "Y": 4, "X": 5}
    array = np.random.default_rng(0).normal(size=[lengths[axis] for axis in axes])
    frames = Frames(Image(array=array, axes=axes))
    plan = Plan(grid=(4, 5), sides=(4, 5))
    assert plan.normalisers(frames) == {}
    assert len(plan.measured(frames).statistics) == count


def planned(shape, tile, spacing=1.0, region=None, free=1 << 40, depth=2):
    """A plan for a frame of (nearly) no memory, its frames and its network."""
    volumes = len(shape) == 3
    array = np.broadcast_to(np.uint8(0), shape)
    image = Image(
        array=array,
        axes="ZYX"[-len(shape) :],
        spacing=(spacing,) * len(shape),
        unit="um",
    )
    model = random_model(depth=1 if volumes else depth, volumes=volumes)
    network = model.network()
    frames = Frames(image, len(shape))
    plan = make_plan(
        frames,
        [Member.of(model.card, network)],
        SegmentConfig(tile=tile, region=region or {}),
        device="cpu",
        precision="fp32",
        free=free,
    )
    return plan, frames, network


@settings(max_examples=60)
@given(
    st.lists(st.integers(1, 200), min_size=2, max_size=3),
    st.floats(0.02, 30),
    st.one_of(st.integers(1, 300), st.sampled_from(["auto", "whole"])),
    st.data(),
)
@example([7, 7], 9 / 7, "whole", None)
def test_tiles_on_any_grid_cover_each_pixel_once(shape, spacing, tile, data):
    shape = tuple(min(n, 30) for n in shape) if len(shape) == 3 else tuple(shape)
    region = {}
    if data is not None and data.draw(st.booleans()):
        start = data.draw(st.integers(0, shape[-1] - 1))
        region["X"] = start, data.draw(st.integers(start + 1, shape[-1]))
    plan, frames, network = planned(shape, tile, spacing, region)
    work = plan.work(frames)
    boxes = [work[n].box for n in range(len(work))]
    for axis, (letter, size) in enumerate(zip(frames.axes, shape, strict=True)):
        ends = sorted({box[axis] for box in boxes})
        first, stop = region.get(letter, (0, size))
        assert [start for start, _ in ends] == [first, *(b for _, b in ends[:-1])]
        assert ends[-1][1] == stop
    if tile == "whole":
        assert len(boxes) == 1
    if isinstance(tile, int):
        axes = zip(plan.sides, plan.grid, shape, axis_geometries(network), strict=True)
        for side, n, size, axis in axes:
            most = -(-tile // axis.stride) * axis.stride
            # A single pixel of the image may be more than a tile of the model's.
            assert -(-side * n // size) <= max(most, -(-n // size))


@pytest.mark.parametrize("shape", [(300, 700), (20, 90, 70)])
@pytest.mark.parametrize("spacing", [0.4, 1.0, 1.7])
def test_half_of_the_memory_holds_a_tile(shape, spacing):
    plan, frames, network = planned(shape, "auto", spacing)
    most = tile_memory(plan, frames.shape, network)
    smaller, *_ = planned(shape, "auto", spacing, free=most)
    assert max(smaller.sides) < max(plan.sides)
    found = tile_memory(smaller, frames.shape, network)
    assert most / 8 < found <= most / 2
    # Resampling needs a pixel more on either side, which is little.
    with pytest.raises(DeviceError, match="smallest tile of this network needs"):
        planned(shape, "auto", spacing, free=1000)
    assert planned(shape, 16, spacing, free=0)[0].sides


def test_the_memory_of_a_tile_is_that_of_what_is_computed():
    plan, frames, network = planned((100, 64), 32)
    wanted = network_geometry(network, (36, 36)).memory_inference
    assert tile_memory(plan, frames.shape, network) == wanted
    plan, frames, network = planned((100, 64), 32, spacing=2.0)
    assert plan.grid == (200, 128)
    assert plan.sides == (15, 16)
    assert tile_memory(plan, frames.shape, network) == wanted


@settings(max_examples=100)
@given(
    st.integers(1, 80),
    st.integers(0, 5),
    st.integers(1, 10_000),
    st.sampled_from([(128, 1024), (32, 128), (128, 256)]),
)
def test_a_tile_writes_whole_chunks_or_chunks_hold_whole_tiles(n, log, size, bounds):
    least, most = bounds
    side = n * 2**log
    chunk = _chunk(side, size, least, most)
    assert 1 <= chunk <= min(size, most)
    if side >= size:
        # One tile writes all.
        assert chunk == min(size, most)
    elif side < least:
        assert chunk == size or chunk % side == 0
        assert chunk >= min(size, least)
        assert chunk < 2 * least
    else:
        # Only powers of two are sure to have a part of a good size.
        assert side % chunk == 0 or (n > 1 and chunk == most // 2)
        assert chunk >= min(side, least) or chunk == most // 2


def test_a_chunk_is_neither_tiny_nor_huge_for_a_side_that_cannot_be_parted():
    assert _chunk(1031, 5000, 128, 1024) == 512
    assert _chunk(2080, 5000, 128, 1024) == 520
    assert _chunk(257, 5000, 32, 128) == 64
    assert _chunk(1, 5, 128, 1024) == 5


def test_other_axes_have_chunks_of_one():
    assert _chunk(1, 1) == _chunk(1, 9) == 1


@given(images(), st.integers(1, 5), st.sampled_from([(0, 1), (0, 255), (3, 256, 7)]))
def test_arrays_have_the_axes_of_the_image_without_channels(drawn, side, classes):
    image, dimensions = drawn
    frames = Frames(image, dimensions)
    plan = Plan(grid=frames.shape, sides=(side,) * dimensions)
    specs = tile_arrays(frames, plan, classes, {"scores": True, "uncertainty": True})
    axes = "".join(a for a in image.axes if a not in "CYX") + "YX"
    shape = tuple(image.shape[image.axes.index(axis)] for axis in axes)
    chunk = tuple(
        n if axis in frames.axes else 1 for axis, n in zip(axes, shape, strict=True)
    )
    labels = {"shape": shape, "axes": axes, "chunk": chunk}
    dtype = np.uint16 if 256 in classes else np.uint8
    assert specs["labels"] == {**labels, "dtype": dtype}
    assert specs["uncertainty"] == {**labels, "dtype": np.float32}
    assert specs["scores"] == {
        "shape": (len(classes), *shape),
        "axes": f"C{axes}",
        "chunk": (1, *chunk),
        "dtype": np.float32,
    }
    only = tile_arrays(frames, replace(plan, sides=plan.grid), classes, {})
    assert list(only) == ["labels"]
