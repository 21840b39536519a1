"""Inside a mask the result is that of the whole image, and nothing is outside."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import napari_unetseg as us
from napari_unetseg.core import jobs
from napari_unetseg.core.config import SegmentConfig, Size
from napari_unetseg.core.errors import InputError, RunError
from napari_unetseg.core.events import Forecast, Tile
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.image import Image
from napari_unetseg.core.predict.inside import Inside
from napari_unetseg.core.predict.plan import Plan
from napari_unetseg.core.prepare.shapemask import ShapesMask
from napari_unetseg.runs.store import RunStore
from oracles.models import random_model
from oracles.trainings import drained

SHAPE = (3, 40, 50)
TILE = 16


def noise(shape=SHAPE, axes="ZYX", seed=0):
    values = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    return Image(array=values, axes=axes, spacing=(1.0,) * len(shape), unit="um")


def polygon(*corners):
    array = ShapesMask([np.array(corners, float)], SHAPE, ["polygon"])
    return Image(array=array, axes="ZYX", name="drawn")


TRIANGLE = polygon((3, 4), (30, 9), (12, 44))


@st.composite
def masks(draw):
    """A mask of a few boxes, with all axes in any order, or one plane for all."""
    axes = draw(st.sampled_from(["ZYX", "YXZ", "XZY", "YX", "XY"]))
    shape = [SHAPE["ZYX".index(axis)] for axis in axes]
    array = np.zeros(shape, draw(st.sampled_from([bool, np.uint8, np.float32])))
    for _ in range(draw(st.integers(1, 3))):
        starts = [draw(st.integers(0, size - 1)) for size in shape]
        stops = [
            draw(st.integers(a + 1, n)) for a, n in zip(starts, shape, strict=True)
        ]
        array[tuple(map(slice, starts, stops))] = 1
    whole = array.transpose([axes.index(axis) for axis in "ZYX" if axis in axes])
    return Image(array=array, axes=axes), np.broadcast_to(whole != 0, SHAPE)


@cache
def whole(volumes):
    """What is made of the whole image."""
    config = SegmentConfig(
        tile=TILE, scores=True, average="flips", uncertainty="disagreement"
    )
    _, made = drained(jobs.segment(noise(), random_model(volumes=volumes), config))
    return config, made


@cache
def all_boxes():
    """The tiles of the whole image."""
    events, _ = drained(jobs.segment(noise(), random_model(), SegmentConfig(tile=TILE)))
    return [
        tuple(map(slice, event.start, event.stop))
        for event in events
        if isinstance(event, Tile)
    ]


@settings(max_examples=12)
@given(masks(), st.booleans())
def test_inside_all_bytes_are_those_of_the_whole_image(drawn, volumes):
    mask, inside = drawn
    image, model = noise(), random_model(volumes=volumes)
    config, wanted = whole(volumes)

    _, found = drained(jobs.segment(image, model, config, mask=mask))

    for name in ("labels", "scores", "uncertainty"):
        expected = np.where(inside, getattr(wanted, name).array, 0)
        assert getattr(found, name).array.tobytes() == expected.tobytes()


@settings(max_examples=12)
@given(masks())
def test_only_tiles_that_touch_the_mask_are_computed(drawn):
    mask, inside = drawn
    image, config = noise(), SegmentConfig(tile=TILE)
    wanted = [box for box in all_boxes() if inside[box].any()]

    events, _ = drained(jobs.segment(image, random_model(), config, mask=mask))

    tiles = [event for event in events if isinstance(event, Tile)]
    made = [tuple(map(slice, event.start, event.stop)) for event in tiles]
    assert made == wanted
    assert [event.number for event in tiles] == [*range(len(wanted))]
    assert {event.total for event in tiles} == {len(wanted)}
    told = next(event for event in events if isinstance(event, Forecast))
    assert told.tiles == len(wanted)
    assert told.size == sum(np.zeros(SHAPE, bool)[box].size for box in wanted)


def test_python_takes_an_array_of_the_whole_or_of_one_plane():
    image, model = noise().array, random_model()
    plane = np.zeros(SHAPE[1:], bool)
    plane[5:20, 7:30] = True
    whole = us.segment(image, model, tile=TILE)

    for mask in (plane, np.broadcast_to(plane, SHAPE)):
        found = us.segment(image, model, mask=mask, tile=TILE)
        np.testing.assert_array_equal(found, np.where(plane, whole, 0))


def test_a_mask_and_a_region_are_both_kept_to():
    config = SegmentConfig(tile=TILE, region={"Z": (1, 3), "Y": (0, 16)})
    _, region = drained(jobs.segment(noise(), random_model(), config))

    _, found = drained(jobs.segment(noise(), random_model(), config, mask=TRIANGLE))

    expected = np.where(TRIANGLE.array[:], region.labels.array, 0)
    np.testing.assert_array_equal(found.labels.array, expected)
    assert expected[1:, :16].any()


def test_an_object_ends_at_the_outline_and_may_be_two_then():
    model = random_model(classes=(0, 1, 2))
    config = SegmentConfig(tile=TILE, objects="instances")
    _, classes = drained(jobs.segment(noise(), model, SegmentConfig(tile=TILE)))
    _, found = drained(jobs.segment(noise(), model, config, mask=TRIANGLE))
    inside = TRIANGLE.array[:]

    # What is an object is decided inside alone, whatever the tiles are.
    from skimage.measure import label

    for plane, made, there in zip(
        classes.labels.array, found.labels.array, inside, strict=True
    ):
        wanted = label(np.where(there, plane, 0), connectivity=1)
        assert wanted.max() > 1
        pairs = {*zip(made[made > 0], wanted[made > 0], strict=True)}
        assert len(pairs) == wanted.max() == len({own for own, _ in pairs})
        np.testing.assert_array_equal(made > 0, wanted > 0)
    _, large = drained(
        jobs.segment(
            noise(), model, config.model_copy(update={"tile": "whole"}), mask=TRIANGLE
        )
    )
    np.testing.assert_array_equal(large.labels.array, found.labels.array)


def test_no_hole_is_filled_outside():
    # A frame: what it encloses is no hole of a class, but not segmented.
    mask = np.ones(SHAPE[1:], bool)
    mask[10:13, 10:13] = False
    image, model = noise(), random_model(classes=(0, 1, 2))
    config = SegmentConfig(holes={1: Size(value=50), 2: Size(value=50)})

    _, found = drained(
        jobs.segment(image, model, config, mask=Image(array=mask, axes="YX"))
    )

    assert not found.labels.array[:, 10:13, 10:13].any()


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (Image(array=np.ones((40, 49)), axes="YX", name="m"), "'m' is Y 40, X 49"),
        (Image(array=np.ones((2, *SHAPE[1:])), axes="TYX", name="m"), "is T 2, Y 40"),
        (Image(array=np.ones((1, 40, 50)), axes="CYX", name="m"), "axes CYX"),
        (Image(array=np.ones((40, 50), complex), axes="YX", name="m"), "is complex128"),
        (Image(array=np.zeros((40, 50)), axes="YX", name="m"), "is inside 'm'"),
        (polygon((90, 90), (99, 90), (95, 99)), "is inside 'drawn'"),
    ],
)
def test_a_mask_that_does_not_fit_is_refused_before_any_work(mask, words):
    job = jobs.segment(noise(), random_model(), SegmentConfig(), mask=mask)
    with pytest.raises(InputError, match=words) as refused:
        drained(job)
    assert refused.value.remedy


def test_a_plan_remembers_its_tiles_and_finds_those_in_view():
    frames = Frames(noise())
    plan = Plan(grid=frames.shape, sides=(16, 16))
    inside = Inside.of(TRIANGLE, frames)
    chosen = inside.touched(plan.work(frames))
    assert 0 < len(chosen) < len(plan.work(frames))
    kept = Plan.from_values(Plan(**{**plan.to_values(), "chosen": chosen}).to_values())

    work = kept.work(frames)

    assert kept.chosen == chosen
    tasks = [work[number] for number in range(len(work))]
    every = plan.work(frames)
    assert [(t.index, t.box) for t in tasks] == [
        (every[n].index, every[n].box) for n in chosen
    ]
    region = {"Z": (1, 2), "Y": (0, 20)}
    near = {n for n in every.touching(region) if n in chosen}
    assert [chosen[number] for number in work.touching(region)] == sorted(near)
    older = plan.to_values()
    del older["chosen"]
    assert Plan.from_values(older) == plan


def test_a_run_is_gone_on_with_by_the_same_mask_alone(tmp_path):
    model, image, config = random_model(), noise(), SegmentConfig(tile=TILE)

    def store(mask):
        return RunStore(tmp_path, image, model.card, config, mask=mask)

    job = jobs.segment(image, model, config, store=store(TRIANGLE), mask=TRIANGLE)
    drained(job)

    again = polygon((3, 4), (30, 9), (12, 44))
    assert store(again).plan().chosen
    for other in (polygon((3, 4), (30, 9), (12, 45)), None):
        with pytest.raises(RunError, match="begun with another mask"):
            store(other).plan()
