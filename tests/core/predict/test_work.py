"""Tasks are numbers: each is done once, those in focus first."""

from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import napari_unetseg as us
from napari_unetseg.core import jobs
from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.events import Tile
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.image import Image
from napari_unetseg.core.predict.plan import Plan
from napari_unetseg.core.predict.work import Order
from oracles.models import random_model


@st.composite
def plans(draw):
    """Frames of an image, and a plan for a region of it or for all."""
    dimensions = draw(st.sampled_from([2, 3]))
    named = draw(st.sets(st.sampled_from("TZC"))) | {*"ZYX"[-dimensions:]}
    axes = "".join(draw(st.permutations(sorted(named))))
    shape = tuple(draw(st.integers(1, 3 if axis in "TC" else 7)) for axis in axes)
    frames = Frames(Image(array=np.zeros(shape, np.uint8), axes=axes), dimensions)
    sides = tuple(draw(st.integers(1, 9)) for _ in frames.axes)
    region = draw(regions(frames))
    return frames, Plan(grid=frames.shape, sides=sides, region=region)


@st.composite
def regions(draw, frames):
    found = {}
    for axis, size in zip(frames.image.axes, frames.image.shape, strict=True):
        if axis != "C" and draw(st.booleans()):
            start = draw(st.integers(0, size - 1))
            found[axis] = start, draw(st.integers(start + 1, size))
    return found


def mark(frames, work, numbers):
    """How often some tasks write each pixel of the result."""
    image = frames.image
    written = np.zeros((*image.plane_grid, *image.plane_shape), int)
    for number in numbers:
        task = work[number]
        assert task.number == number
        written[frames.place(task.index, [slice(*ends) for ends in task.box])] += 1
    return written


def inside(frames, region):
    image = frames.image
    axes = image.plane_axes + "YX"
    result = np.zeros((*image.plane_grid, *image.plane_shape), bool)
    result[tuple(slice(*region.get(axis, (None, None))) for axis in axes)] = True
    return result


@given(plans())
def test_the_tasks_cover_each_pixel_of_the_region_once(drawn):
    frames, plan = drawn
    work = plan.work(frames)
    assert work.axes == frames.grid_axes + frames.axes
    written = mark(frames, work, range(len(work)))
    np.testing.assert_array_equal(written, inside(frames, plan.region))


@given(plans())
def test_tasks_are_numbered_frame_by_frame_in_reading_order(drawn):
    frames, plan = drawn
    work = plan.work(frames)
    places = [(work[n].index, work[n].box) for n in range(len(work))]
    assert places == sorted(set(places))
    for task in map(work.__getitem__, range(len(work))):
        for (start, stop), side in zip(task.box, plan.sides, strict=True):
            assert 0 < stop - start <= side


@given(plans(), st.data())
def test_touching_finds_the_tasks_that_write_into_a_region(drawn, data):
    frames, plan = drawn
    work = plan.work(frames)
    region = data.draw(regions(frames))
    looked_at = inside(frames, region)
    wanted = [
        n for n in range(len(work)) if (mark(frames, work, [n])[looked_at] > 0).any()
    ]
    assert work.touching(region) == wanted


@given(plans(), st.data())
def test_each_task_comes_once_and_those_in_focus_first(drawn, data):
    frames, plan = drawn
    work = plan.work(frames)
    numbers = st.integers(0, len(work) - 1)
    done = data.draw(st.sets(numbers))
    left = set(range(len(work))) - done
    # Somebody looks at one region after the other, and now and then at none.
    views = [None, None, {}, *data.draw(st.lists(regions(frames), max_size=3))]
    seen = []

    def focus():
        seen.append(data.draw(st.sampled_from(views)))
        return seen[-1]

    order = Order(work, done, focus)
    assert (order.done, order.total) == (len(done), len(work))
    for task in order:
        region = seen[-1]
        near = left & set(work.touching(region)) if region else set()
        assert task == work[min(near or left)]
        left.remove(task.number)
    assert not left


def test_an_axis_that_the_work_does_not_know_is_looked_at_whole():
    frames = Frames(Image(array=np.zeros((2, 2, 4, 4)), axes="CZYX"))
    work = Plan(grid=(4, 4), sides=(2, 4)).work(frames)
    assert work.touching({"C": (0, 1), "Z": (1, 2), "Y": (3, 9)}) == [3]
    assert work.touching({"Y": (9, 12)}) == []


def test_tiles_in_focus_are_written_first():
    model = random_model()
    image = np.random.default_rng(0).normal(size=(3, 32, 48))
    job = jobs.segment(
        Image(array=image, axes="ZYX"),
        model,
        SegmentConfig(tile=16),
        focus=lambda: {"Z": (1, 2), "Y": (16, 17)},
    )
    numbers = [event.number for event in job if isinstance(event, Tile)]
    assert numbers == [9, 10, 11, *range(9), *range(12, 18)]


@settings(max_examples=8)
@given(
    st.sampled_from(["YX", "XZY", "ZTYX"]),
    st.booleans(),
    st.sampled_from([1.0, 0.6]),
    st.sampled_from([7, 16, "auto", "whole"]),
    st.data(),
)
def test_only_the_region_is_written_as_if_all_were(axes, volumes, size, tile, data):
    volumes = volumes and "Z" in axes
    lengths = {"T": 2, "Z": 3, "Y": 31, "X": 26}
    array = np.random.default_rng(0).normal(size=[lengths[a] for a in axes])
    image = Image(
        array=array, axes=axes, spacing=(size,) * (len(axes) - ("T" in axes)), unit="um"
    )
    model = random_model(volumes=volumes, classes=(2, 3, 7))
    region = data.draw(regions(Frames(image)))
    labels, scores = us.segment(image, model, scores=True, tile="whole")
    found, told = us.segment(image, model, scores=True, tile=tile, region=region)
    place = inside(Frames(image), region)
    assert (found.array[~place] == 0).all()
    assert (told.array[:, ~place] == 0).all()
    assert (found.array[place] > 0).all()
    assert np.abs(told.array - scores.array)[:, place].max() < 1e-4
    sure = np.ptp(np.sort(scores.array, axis=0)[-2:], axis=0) > 1e-3
    same = place & sure
    np.testing.assert_array_equal(found.array[same], labels.array[same])


@pytest.mark.parametrize(
    ("region", "sentence"),
    [
        ({"Z": (0, 2)}, "The region names the axis Z, but 'em' has the axes CYX"),
        ({"C": (0, 1)}, "names the axis C.*Name axes of the image other than C"),
        ({"Y": (9, 12)}, "Y 9:12 lies outside 'em', whose Y goes from 0 to 9"),
        ({"Y": (-1, 5)}, "Y -1:5 lies outside"),
        ({"X": (3, 3)}, "X 3:3 lies outside"),
        ({"X": (5, 3)}, "X 5:3 lies outside"),
    ],
)
def test_a_region_outside_is_refused_before_any_work(region, sentence):
    image = Image(array=np.zeros((2, 9, 9)), axes="CYX", name="em")
    job = jobs.segment(image, random_model(channels=2), SegmentConfig(region=region))
    with pytest.raises(InputError, match=sentence):
        next(job)


def test_a_region_that_reaches_beyond_is_cut_to_the_image():
    image = Image(array=np.ones((9, 9)), axes="YX", name="em")
    found = us.segment(
        image, random_model(classes=(1, 2, 3)), region={"X": (4, 99), "Y": (1, 3)}
    )
    assert np.count_nonzero(found.array) == prod((5, 2))
    assert (found.array[1:3, 4:] > 0).all()
