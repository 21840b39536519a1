"""After the tiles: classes are tidied, objects numbered, wherever they are kept."""

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_unetseg.core import jobs
from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.events import Block, Tile
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.card import Objects
from napari_unetseg.core.network.modelfile import Model
from napari_unetseg.core.postprocess.linking import THRESHOLD
from napari_unetseg.core.postprocess.objects import REACH
from napari_unetseg.core.predict import finish as module
from napari_unetseg.core.predict.asked import Finish
from napari_unetseg.core.predict.finish import LabelFrame, finish
from oracles import objects as oracle
from oracles.doubles import Kept
from oracles.models import random_model

WATERSHED = Objects(kind="watershed", centre=2, border=1)


def in_zarr(spec):
    shape = spec["shape"]
    return zarr.create_array(
        store={}, shape=shape, dtype=spec["dtype"], chunks=(3,) * len(shape)
    )


@st.composite
def films(draw, needed="", most=6):
    """Labels 0 to 2 of any axes, and what a frame is."""
    dimensions = draw(st.sampled_from([2, 3]))
    named = draw(st.sets(st.sampled_from("TZ"))) | {*"ZYX"[-dimensions:], *needed}
    axes = "".join(draw(st.permutations(sorted(named - {*"YX"})))) + "YX"
    side = {"T": 2, "Z": 4, "Y": most, "X": most}
    shape = [draw(st.integers(1, side[axis])) for axis in axes]
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    # Larger and smaller objects.
    array = rng.integers(0, 3, shape)
    if draw(st.booleans()):
        array = array.repeat(2, axis=-1)[..., : shape[-1]]
    return Image(array=array.astype(np.uint8), axes=axes), dimensions


def each_frame(labels, dimensions, work):
    """The result of some work on all frames of labels, by their letters."""
    result = np.zeros(labels.shape, int)
    inner = "ZYX"[-dimensions:]
    order = [labels.axes.index(axis) for axis in inner]
    outer = [n for n in range(len(labels.axes)) if n not in order]
    moved = labels.array.transpose([*outer, *order])
    target = result.transpose([*outer, *order])
    for place in np.ndindex(*moved.shape[: len(outer)]):
        target[place] = work(moved[place].astype(int))
    return result


def finished(labels, dimensions, asked, make=None, sides=None):
    """What is made of labels, the store, and how many blocks were gone through."""
    store = Kept(make)
    spec = {"shape": labels.shape, "dtype": labels.dtype, "axes": labels.axes}
    kept = store.array("labels", {**spec, "chunk": labels.shape})
    kept[...] = labels.array
    with pytest.MonkeyPatch.context() as patch:
        if sides:
            patch.setattr(module, "_SIDES", {2: (sides,) * 2, 3: (sides,) * 3})
        walk = finish(
            labels.like(kept, labels.axes, "labels"), dimensions, asked, spec, store
        )
        blocks = []
        while True:
            try:
                blocks.append(next(walk))
            except StopIteration as end:
                found = end.value
                break
    assert blocks == [Block(done=n + 1, total=0) for n in range(len(blocks))]
    np.testing.assert_array_equal(kept[...], labels.array)
    return found, store, len(blocks)


MAKERS = st.sampled_from([None, in_zarr])
SIDES = st.sampled_from([None, 1, 2, 3])


@given(films(), MAKERS, st.data())
def test_a_frame_of_labels_is_read_and_written_in_its_place(drawn, make, data):
    labels, dimensions = drawn
    frames = Frames(labels, dimensions)
    spec = {"shape": labels.shape, "dtype": np.dtype(np.uint8)}
    kept = Kept(make).array("labels", spec)
    kept[...] = labels.array
    into = Frames(labels.like(kept, labels.axes, "labels"), dimensions)
    index = data.draw(st.sampled_from(list(frames)))
    starts = [data.draw(st.integers(0, n - 1)) for n in frames.shape]
    box = tuple(
        slice(start, data.draw(st.integers(start + 1, n)))
        for start, n in zip(starts, frames.shape, strict=True)
    )
    frame = LabelFrame(into, index)
    whole = np.asarray(frames[index])[0]
    assert (frame.shape, frame.ndim, frame.dtype) == (whole.shape, dimensions, "u1")
    np.testing.assert_array_equal(frame[box], whole[box], strict=True)
    values = np.arange(whole[box].size).reshape(whole[box].shape) + 7
    frame[box] = values
    wanted = labels.array.copy()
    np.asarray(Frames(labels.like(wanted, labels.axes, ""), dimensions)[index])[0][
        box
    ] = values
    np.testing.assert_array_equal(kept[...], wanted)
    np.testing.assert_array_equal(frame[box], values)


@settings(max_examples=40)
@given(films(), MAKERS, SIDES, st.integers(0, 6), st.integers(0, 6))
def test_small_objects_vanish_and_small_holes_are_filled(
    drawn, make, sides, small, hole
):
    labels, dimensions = drawn
    smallest = {0: small, 2: small} if small else {}
    holes = {1: hole, 2: hole + 1} if hole else {}
    asked = Finish(smallest=smallest, holes=holes, objects=None, link=False)
    found, _, blocks = finished(labels, dimensions, asked, make, sides)
    wanted = each_frame(
        labels,
        dimensions,
        lambda frame: oracle.fill_holes(oracle.remove_small(frame, smallest), holes),
    )
    np.testing.assert_array_equal(found.array[...], wanted)
    assert found.name == ("tidy" if smallest or holes else "labels")
    assert found.dtype == np.uint8
    assert (found.axes, found.spacing) == (labels.axes, labels.spacing)
    assert bool(blocks) == bool(smallest or holes)


@settings(max_examples=40)
@given(films(), MAKERS, SIDES, st.integers(0, 4))
def test_objects_are_numbered_in_each_frame(drawn, make, sides, small):
    labels, dimensions = drawn
    asked = Finish(smallest={1: small}, holes={}, objects=Objects(), link=False)
    found, store, _ = finished(labels, dimensions, asked, make, sides)
    wanted = each_frame(
        labels, dimensions, lambda f: oracle.component_objects(f, (1, 2), small)
    )
    np.testing.assert_array_equal(found.array[...], wanted)
    assert (found.name, found.dtype, found.axes) == ("objects", np.uint8, labels.axes)
    assert set(store.arrays) == {"labels", "objects"}


@settings(max_examples=20)
@given(films(), MAKERS, SIDES, st.integers(0, 4))
def test_centres_grow_through_their_borders(drawn, make, sides, small):
    labels, dimensions = drawn
    asked = Finish(smallest={1: small}, holes={}, objects=WATERSHED, link=False)
    found, *_ = finished(labels, dimensions, asked, make, sides)
    wanted = each_frame(
        labels,
        dimensions,
        lambda frame: oracle.watershed_objects(frame, 2, 1, REACH, small),
    )
    np.testing.assert_array_equal(found.array[...], wanted)


@settings(max_examples=20)
@given(films(needed="Z"), MAKERS, SIDES)
def test_objects_of_slices_are_linked_along_z(drawn, make, sides):
    labels, _ = drawn
    asked = Finish(smallest={}, holes={}, objects=Objects(), link=True)
    found, store, _ = finished(labels, 2, asked, make, sides)

    def linked(stack):
        slices = [oracle.component_objects(plane, (1, 2)) for plane in stack]
        return oracle.link_slices(np.array(slices), THRESHOLD)[0]

    np.testing.assert_array_equal(found.array[...], each_frame(labels, 3, linked))
    assert (found.name, found.dtype) == ("objects", np.uint8)
    assert set(store.arrays) == {"labels", "slices", "objects"}


@pytest.mark.parametrize("link", [False, True])
def test_numbers_have_the_smallest_type_that_holds_all(link):
    for count, dtype in ((0, "u1"), (255, "u1"), (256, "u2")):
        array = np.zeros((2, 1, 600), np.uint8)
        array[1, 0, : 2 * count : 2] = 1
        asked = Finish(smallest={}, holes={}, objects=Objects(), link=link)
        found, store, _ = finished(Image(array=array, axes="ZYX"), 2, asked)
        assert found.array.max() == count
        assert found.dtype == store.specs["objects"]["dtype"] == dtype


def segmented(image, model, **options):
    store = Kept()
    job = jobs.segment(image, model, SegmentConfig(**options), store=store)
    events = []
    while True:
        try:
            events.append(next(job))
        except StopIteration as end:
            return end.value.labels, store.arrays, events


@pytest.mark.parametrize("volumes", [False, True])
def test_a_job_gives_objects_that_do_not_depend_on_tiles(volumes, monkeypatch):
    rng = np.random.default_rng(1)
    image = Image(array=rng.normal(size=(2, 24, 21)), axes="ZYX")
    model = random_model(volumes=volumes, classes=(0, 1, 2))
    options = {"objects": "instances", "smallest": {1: {"value": 5}}}
    found, arrays, _ = segmented(image, model, tile="whole", **options)
    dimensions = 3 if volumes else 2
    wanted = each_frame(
        Image(array=arrays["labels"], axes="ZYX"),
        dimensions,
        lambda frame: oracle.component_objects(frame, (1, 2), 5),
    )
    np.testing.assert_array_equal(found.array, wanted)
    assert found.array.max() > 3
    assert found.name == "objects"
    monkeypatch.setattr(module, "_SIDES", {2: (9, 8), 3: (2, 8, 7)})
    for tile in (8, 16):
        again, others, events = segmented(image, model, tile=tile, **options)
        # Of classes that are as likely the last digit decides; here there are none.
        np.testing.assert_array_equal(others["labels"], arrays["labels"])
        np.testing.assert_array_equal(again.array, found.array, strict=True)
        kinds = [type(event) for event in events]
        last = len(kinds) - 1 - kinds[::-1].index(Tile)
        assert set(kinds[last + 1 :]) == {Block}


def test_a_job_links_tidies_and_grows_as_it_is_asked():
    image = Image(array=np.random.default_rng(1).normal(size=(3, 16, 14)), axes="ZYX")
    model = random_model(classes=(0, 1, 2))
    linked, arrays, _ = segmented(image, model, objects="instances", link=True)
    slices = np.array(
        [oracle.component_objects(plane, (1, 2)) for plane in arrays["labels"]]
    )
    wanted, _ = oracle.link_slices(slices, THRESHOLD)
    np.testing.assert_array_equal(linked.array, wanted)
    holes, smallest = {2: {"value": 9}}, {0: {"value": 4}}
    tidy, arrays, _ = segmented(image, model, holes=holes, smallest=smallest)
    for found, before in zip(tidy.array, arrays["labels"], strict=True):
        wanted = oracle.remove_small(before.astype(int), {0: 4})
        np.testing.assert_array_equal(found, oracle.fill_holes(wanted, {2: 9}))
    card = model.card.model_copy(update={"objects": WATERSHED})
    grown, arrays, _ = segmented(image, Model(card, model.tensors))
    for found, before in zip(grown.array, arrays["labels"], strict=True):
        wanted = oracle.watershed_objects(before.astype(int), 2, 1, REACH)
        np.testing.assert_array_equal(found, wanted)
    plain, arrays, _ = segmented(image, Model(card, model.tensors), objects="classes")
    assert plain.array is arrays["labels"]
