"""What teaches and what is scored: whole frames, or a block behind a guard band."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_unetseg.core.config import InstancesConfig
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare import divide as module
from napari_unetseg.core.prepare.annotation import annotation
from napari_unetseg.core.prepare.divide import divide
from napari_unetseg.core.prepare.parts import Part
from napari_unetseg.core.prepare.pixelsize import PixelSize
from napari_unetseg.core.prepare.samples import (
    in_memory,
    painted_frames,
    planes_of,
    samples,
)
from napari_unetseg.core.prepare.targets import IGNORE
from napari_unetseg.core.prepare.teaching import Teaching
from oracles import guard as oracle

SIZES = {"T": 2, "Z": 9, "C": 2, "Y": 8, "X": 9}


def labelled(shape, axes=None, *, empty=()):
    """Labels that are 1 above 2; along the first axis some of them are not painted."""
    painted = np.ones(shape, np.uint8)
    painted[..., shape[-2] // 2 :, :] = 2
    painted[[*empty]] = 0
    return Image(array=painted, axes=axes or "ZYX"[-len(shape) :], name="gt")


class Case:
    """Samples of labels, which are their own images, and what is known of them."""

    def __init__(
        self, *labels, dimensions=2, instances=None, unannotated="0", size=None
    ):
        found = annotation([*labels], unannotated, instances=instances)
        self.teaching = Teaching(found.ids, instances)
        # A value tells the image and the place.
        images = [
            replace(one, array=np.arange(one.array.size).reshape(one.shape))
            for one in labels
        ]
        self.samples = samples(
            images, labels, found, self.teaching, dimensions=dimensions, size=size
        )
        self.labels = [painted_frames(one, one, dimensions) for one in labels]
        stacks = [planes_of(self.labels[one.image], one.index) for one in self.samples]
        self.annotated = [
            [found.annotated[one.image][plane] for plane in planes]
            for one, planes in zip(self.samples, stacks, strict=True)
        ]
        self.planes = [
            (one.image, plane)
            for one, planes in zip(self.samples, stacks, strict=True)
            for plane in planes
        ]

    def divide(self, wish, reach=lambda: pytest.fail("not asked")):
        classes = None if self.teaching.instances else len(self.teaching.ids)
        return divide(self.samples, self.annotated, wish, reach, classes)

    def told(self, division):
        """What is told of the parts, laid over the labels in their order."""
        told = json.loads(json.dumps(division.told(self.planes, self.labels)))
        maps = [np.full(one.image.shape, "", object) for one in self.labels]
        for one in told:
            image = one.pop("image")
            part = Part(**one)
            box = tuple(map(slice, part.start, part.stop))
            turned = maps[image].transpose(axes_of(self.labels[image].image))
            turned[box] = part.name
        return maps


def axes_of(image):
    """Order in which a part tells its box: plane axes, Y, X."""
    return [image.axes.index(axis) for axis in f"{image.plane_axes}YX"]


def places(sample):
    return sample.image, sample.index


def test_planes_are_divided_one_by_one():
    case = Case(labelled((6, 8, 9)))
    parts = case.divide("1,3")
    assert (parts.slices.train, parts.slices.validation) == ((0, 2, 4, 5), (1, 3))
    assert parts.train == [case.samples[i] for i in (0, 2, 4, 5)]
    assert parts.validation == [case.samples[i] for i in (1, 3)]
    assert (parts.spare, parts.block) == ([], None)
    assert parts.shapes == [(8, 9)] * 4


def test_a_fraction_leaves_a_slice_between_the_parts():
    case = Case(labelled((6, 8, 9), empty=[2]))
    parts = case.divide("0.2")
    assert (parts.slices.train, parts.slices.gap) == ((0, 1, 3), (4,))
    assert parts.validation == [case.samples[5]]
    assert parts.spare == [case.samples[2]]
    assert "Slice 4 is left out" in parts.slices.note


def test_of_two_neighbours_it_is_told_that_they_are():
    parts = Case(labelled((2, 8, 9))).divide("0.5")
    assert (parts.slices.train, parts.slices.validation) == ((0,), (1,))
    assert "neighbours of those that teach: expect less on others" in parts.slices.note
    images = Case(labelled((8, 9)), labelled((8, 9))).divide("0.5")
    assert "neighbours" not in images.slices.note
    apart = Case(labelled((3, 8, 9), empty=[1])).divide("0.5")
    assert "neighbours" not in apart.slices.note


def test_whole_images_validate():
    case = Case(*[labelled((8, 9))] * 5)
    parts = case.divide("0.4")
    assert [places(one) for one in parts.train] == [(0, ()), (1, ()), (2, ())]
    assert [places(one) for one in parts.validation] == [(3, ()), (4, ())]
    assert parts.slices.gap == ()


def test_whole_volumes_validate():
    case = Case(*[labelled((5, 8, 9))] * 3, dimensions=3)
    parts = case.divide("0.2")
    assert parts.train == case.samples[:2]
    assert parts.validation == case.samples[2:]
    assert parts.slices.validation == tuple(range(10, 15))


def test_slices_are_counted_through_all_volumes():
    case = Case(labelled((5, 8, 9)), labelled((7, 8, 9)), dimensions=3)
    parts = case.divide("0-2,11")
    assert parts.slices.validation == (0, 1, 2, 11)
    assert [one.shape[0] for one in parts.train] == [2, 6]
    assert [one.shape[0] for one in parts.validation] == [3, 1]
    assert [one.image for one in (*parts.train, *parts.validation)] == [0, 1, 0, 1]
    for one, planes in (
        (parts.train[0], slice(3, 5)),
        (parts.validation[1], slice(6, 7)),
    ):
        whole = case.samples[one.image]
        held = in_memory(one)
        np.testing.assert_array_equal(held.values, np.asarray(whole.values)[:, planes])
        np.testing.assert_array_equal(held.target, np.asarray(whole.target)[planes])


def test_frames_without_annotation_are_spare():
    empty = labelled((3, 8, 9), empty=[0, 1, 2])
    case = Case(empty, labelled((4, 8, 9)), labelled((4, 8, 9)), dimensions=3)
    parts = case.divide("0.5")
    assert parts.spare == case.samples[:1]
    assert parts.train + parts.validation == case.samples[1:]
    explicit = case.divide("7-10")
    assert explicit.spare == case.samples[:1]
    assert explicit.train + explicit.validation == case.samples[1:]


@pytest.mark.parametrize("wish", ["0", "0.0"])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_nothing_may_validate(wish, dimensions):
    case = Case(labelled((4, 20, 30), empty=[2]), dimensions=dimensions)
    parts = case.divide(wish)
    assert parts.validation == []
    assert "No slice is kept for validation" in parts.slices.note
    assert parts.block is None


@st.composite
def single_frames(draw):
    """Labels of which one frame is annotated, among others or alone."""
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    dimensions = draw(st.sampled_from([2, 3]))
    sides = (40, 48) if dimensions == 2 else (10, 20, 24)
    frame = rng.integers(1, 3, [n // 2 for n in sides]).astype(np.uint16)
    frame = np.kron(frame, np.ones((2,) * dimensions, frame.dtype))
    if draw(st.booleans()):
        frame[rng.random(frame.shape) < draw(st.floats(0, 0.9))] = 0
    count = draw(st.integers(1, 3))
    array = np.zeros((count, *sides), np.uint16)
    number = draw(st.integers(0, count - 1))
    array[number] = frame
    axes = ("Z" if dimensions == 2 else "T") + "ZYX"[-dimensions:]
    reach = tuple(draw(st.integers(0, n // 5)) for n in sides)
    return Image(array=array, axes=axes), dimensions, number, reach


@settings(max_examples=60)
@given(single_frames(), st.sampled_from(["0.1", "0.2", "0.3"]))
def test_of_one_frame_no_pixel_teaches_that_is_seen_from_one_that_validates(one, wish):
    labels, dimensions, number, reach = one
    if not {1, 2} <= {*np.unique(labels.array)}:
        return
    case = Case(labels, dimensions=dimensions)
    parts = case.divide(wish, lambda: reach)
    only = case.samples[number]
    assert parts.spare == [*case.samples[:number], *case.samples[number + 1 :]]
    target = np.asarray(only.target)
    if parts.block is None:
        assert (parts.train, parts.validation) == ([only], [])
        assert "too little to validate: no score is reported" in parts.slices.note
        return
    [train], [validation] = parts.train, parts.validation
    assert places(train) == places(validation) == places(only)
    assert train.values is validation.values is only.values
    taught, scored = np.asarray(train.target), np.asarray(validation.target)
    for part in (taught, scored):
        kept = part != IGNORE
        assert kept.any()
        np.testing.assert_array_equal(part[kept], target[kept])
    # Every pair of pixels, of some that lie next to the other part.
    edge = np.zeros(target.shape, bool)
    edge[parts.block] = True
    edge &= scored != IGNORE
    at = np.argwhere(edge)
    few = np.zeros(target.shape, bool)
    extremes = at[np.unique([*at.argmin(axis=0), *at.argmax(axis=0)])]
    few[tuple(extremes.T)] = True
    assert not oracle.in_reach(taught != IGNORE, few, reach)
    assert (scored != IGNORE).sum() == (target[parts.block] != IGNORE).sum()
    assert (taught != IGNORE).sum() * 2 >= (target != IGNORE).sum()


@settings(max_examples=30)
@given(single_frames())
def test_what_is_told_of_a_block_is_what_is_done(one):
    labels, dimensions, number, reach = one
    if not {1, 2} <= {*np.unique(labels.array)}:
        return
    case = Case(labels, dimensions=dimensions)
    parts = case.divide("0.2", lambda: reach)
    [told] = case.told(parts)
    if parts.block is None:
        wanted = np.full(labels.shape, "", object)
        for plane, flag in zip(
            case.planes, [f for flags in case.annotated for f in flags], strict=True
        ):
            if flag:
                wanted[plane[1]] = "train"
        np.testing.assert_array_equal(told, wanted)
        return
    assert (told[[i for i in range(len(told)) if i != number]] == "").all()
    known = np.asarray(case.samples[number].target) != IGNORE
    for name, sample in zip(
        ("train", "validation"), (*parts.train, *parts.validation), strict=True
    ):
        np.testing.assert_array_equal(
            (told[number] == name) & known, np.asarray(sample.target) != IGNORE
        )
    words = parts.slices.note
    places = zip("zyx"[-dimensions:], parts.block, strict=True)
    for axis, side in places:
        assert f"{axis} {side.start}-{side.stop - 1}" in words
    assert " x ".join(map(str, reach)) in words


@given(st.permutations("TZYX"), st.sampled_from(["0.3", "1,4", "0"]), st.booleans())
def test_what_is_told_of_slices_is_what_is_done(axes, wish, volumes):
    """Whatever the order of the axes."""
    rng = np.random.default_rng(0)
    array = rng.integers(1, 3, (2, 9, 8, 9))
    array[1, 3] = 0
    turned = array.transpose([*map("TZYX".index, axes)])
    labels = Image(array=turned, axes="".join(axes))
    case = Case(labels, dimensions=3 if volumes else 2)
    parts = case.divide(wish)
    [told] = case.told(parts)
    numbers = {"train": parts.slices.train, "validation": parts.slices.validation}
    numbers["gap"] = parts.slices.gap
    wanted = np.full(labels.shape, "", object)
    for name, chosen in numbers.items():
        for number in chosen:
            _, index = case.planes[number]
            place = dict(zip(labels.plane_axes, index, strict=True))
            wanted[tuple(place.get(axis, slice(None)) for axis in axes)] = name
    np.testing.assert_array_equal(told, wanted)
    # What is told to teach is what teaches, pixel by pixel.
    pixels = {
        name: sum(
            (np.asarray(one.target) != IGNORE).sum() for one in getattr(parts, name)
        )
        for name in ("train", "validation")
    }
    for name, count in pixels.items():
        assert ((told == name) & (turned != 0)).sum() == count


def test_objects_that_the_blocks_border_cuts_to_slivers_are_not_scored():
    stripes = np.arange(40) // 3 + 1
    labels = Image(array=np.tile(stripes, (40, 1)), axes="YX")
    case = Case(labels, instances=InstancesConfig())
    parts = case.divide("0.2", lambda: (2, 2))
    [validation] = parts.validation
    scored, target = np.asarray(validation.target), np.asarray(case.samples[0].target)
    gone = oracle.slivers(target, parts.block)
    assert gone
    inside = target[parts.block]
    wanted = np.where(np.isin(inside, [*gone]), IGNORE, inside)
    np.testing.assert_array_equal(scored[parts.block], wanted)
    scored[parts.block] = IGNORE
    assert (scored == IGNORE).all()


def test_slivers_are_not_scored_however_large_the_ids_are():
    """Wherever a box of the frame is read from."""
    stripes = (np.arange(40) // 4 + 1) * 1_000_000
    labels = Image(array=np.tile(stripes, (40, 1)), axes="YX")
    parts = Case(labels, instances=InstancesConfig()).divide("0.2", lambda: (2, 1))
    # One pixel of four of the third stripe lies in the block.
    assert parts.block == (slice(0, 32), slice(0, 9))
    [validation] = parts.validation
    for start in range(9):
        found = validation.target[slice(0, 40), slice(start, start + 3)]
        for column, x in zip(found.T, range(start, start + 3), strict=True):
            assert (column[:32] != IGNORE).all() == (x < 8)
            assert (column[:32] == IGNORE).all() == (x >= 8)
            assert (column[32:] == IGNORE).all()


@pytest.mark.parametrize(
    ("shape", "dimensions", "wish"),
    [
        ((4, 24, 30), 2, "3"),
        ((3, 24, 30), 2, "0.4"),
        ((1, 40, 48), 2, "0.2"),
        ((9, 24, 30), 3, "2-4"),
        ((9, 24, 30), 3, "0.1"),
    ],
)
def test_what_is_scored_is_not_blurred_twice(shape, dimensions, wish):
    """The prediction blurs by itself what it shrinks; a training looks it up."""
    labels = labelled(shape).with_spacing((1.0,) * 3, "um")
    factors = (1.0, 2.5, 4.0)[-dimensions:]
    case = Case(labels, dimensions=dimensions, size=PixelSize(factors, "um"))
    parts = case.divide(wish, lambda: (1, 2, 2)[-dimensions:])
    assert parts.train[0].zoom == factors
    places = np.arange(labels.array.size, dtype=np.float64).reshape(shape)
    assert parts.validation
    for one in parts.validation:
        held = in_memory(one)
        raw = places if dimensions == 3 else places[one.index]
        if dimensions == 3 and one.shape[0] < len(raw):
            raw = raw[2:5]
        # Normalising changes scale and offset alone.
        slope, offset = np.polyfit(raw.ravel(), held.values.ravel(), 1)
        np.testing.assert_allclose(held.values[0], slope * raw + offset, atol=1e-5)
        assert held.zoom == factors
        assert one.painted is not None
    # At the edge of what teaches the blur shows.
    taught = np.asarray(parts.train[0].values)
    assert len(np.unique(np.diff(taught[..., 8, :], axis=-1).round(4))) > 1


def test_how_far_the_network_sees_is_asked_once_and_only_if_needed():
    asked = []

    def reach():
        asked.append(True)
        return (3, 3)

    Case(labelled((6, 8, 9))).divide("0.2")  # its `reach` would fail
    Case(labelled((1, 40, 40))).divide("0", reach)
    assert asked == []
    Case(labelled((1, 40, 40))).divide("0.2", reach)
    assert asked == [True]


def test_a_small_frame_teaches_all_and_no_score_is_promised():
    case = Case(labelled((1, 12, 12)))
    parts = case.divide("0.2", lambda: (20, 20))
    assert parts.train == case.samples
    assert parts.validation == []
    assert parts.slices.train == (0,)
    assert parts.slices.validation == ()
    assert parts.slices.note == (
        "Only one slice is annotated, too little to validate: no score is reported. "
        "Annotate a second slice to get one."
    )


def test_a_frame_that_is_too_large_to_look_through_is_not_said_to_be_too_small(
    monkeypatch,
):
    monkeypatch.setattr(module, "_TOO_LARGE", 100)
    case = Case(labelled((1, 40, 40)))
    parts = case.divide("0.2", lambda: (1, 1))
    assert (parts.train, parts.validation) == (case.samples, [])
    assert "too little" not in parts.slices.note
    assert "no score is reported" in parts.slices.note


def test_only_annotated_planes_of_the_only_volume_are_told():
    labels = labelled((8, 20, 24), empty=[0, 1, 5])
    case = Case(labels, dimensions=3)
    parts = case.divide("0.2", lambda: (0, 2, 2))
    assert parts.block is not None
    assert parts.slices.train == parts.slices.validation == (2, 3, 4, 6, 7)
