"""Painted changes reach what is made of the labels: all of it, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_unetseg.core.config import InstancesConfig
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.annotation import Annotation
from napari_unetseg.core.prepare.divide import divide
from napari_unetseg.core.prepare.edits import Edit
from napari_unetseg.core.prepare.pixelsize import PixelSize
from napari_unetseg.core.prepare.repaint import on_frame, repaint
from napari_unetseg.core.prepare.samples import (
    in_memory,
    painted_frames,
    samples,
)
from napari_unetseg.core.prepare.teaching import Teaching

SIZES = {"T": 2, "Z": 3, "Y": 7, "X": 8}
CLASSES = Teaching((0, 1, 3))
OBJECTS = Teaching(
    (0, 1, 2), InstancesConfig(apart="border", ring=1.5, weights="paper", sigma=0.6)
)


class Painting:
    """Two images with labels that are painted over while they are learnt."""

    def __init__(self, rng, dimensions, teaching, *, held):
        self.rng, self.dimensions, self.teaching = rng, dimensions, teaching
        letters = "".join(rng.permutation([*"TZYX"]))
        self.labels = [some_labels(rng, letters), some_labels(rng, "ZYX")]
        self.regions = ()
        if rng.random() < 0.5:
            self.regions = [
                like(one, rng.random(one.shape) < 0.6) for one in self.labels
            ]
        unknown = tuple(
            {index: bool(rng.random() < 0.5) for index in one.planes()}
            for one in self.labels
        )
        self.known = Annotation(teaching.ids, unknown, unknown, "")
        self.frames = [painted_frames(one, one, dimensions) for one in self.labels]
        self.samples = self.made()
        if held:
            self.samples = [in_memory(one) for one in self.samples]

    def made(self):
        """Samples of the labels as they are now."""
        return samples(
            self.labels,
            [like(one, one.array.copy()) for one in self.labels],
            self.known,
            self.teaching,
            regions=self.regions,
            dimensions=self.dimensions,
            size=PixelSize((1.0, 2.0, 1.0)[-self.dimensions :], "um"),
        )

    def edit(self, number):
        """Change a box of one of the labels; return the change and its undoing."""
        image = int(self.rng.integers(2))
        array = self.labels[image].array
        corners = np.sort([self.rng.integers(0, n + 1, 2) for n in array.shape])
        corners[:, 1] += corners[:, 0] == corners[:, 1]
        corners = np.minimum(corners, np.array(array.shape)[:, None])
        box = tuple(slice(*map(int, ends)) for ends in corners)
        start = tuple(side.start for side in box)
        before = array[box].copy()
        values = self.rng.choice([0, 1, 3, 5], before.shape).astype(np.int64)
        array[box] = values
        pixels = np.count_nonzero(before != values)
        undo = Edit(number + 100, image, start, before)
        return Edit(number, image, start, values), undo, pixels


def some_labels(rng, axes):
    shape = [SIZES[axis] for axis in axes]
    array = rng.choice([0, 1, 3], shape, p=[0.9, 0.05, 0.05])
    return Image(array=array.astype(np.uint8), axes=axes, unit="um")


def like(image, array):
    return replace(image, array=array)


def same(found, wanted):
    for one, other in zip(found, wanted, strict=True):
        assert (one.image, one.index) == (other.image, other.index)
        np.testing.assert_array_equal(np.asarray(one.target), np.asarray(other.target))
        if one.is_held:
            fresh = in_memory(other)
            assert (one.term is None) == (fresh.term is None)
            if one.term is not None:
                np.testing.assert_array_equal(one.term, fresh.term)


@settings(max_examples=60)
@given(
    st.integers(0, 9999),
    st.sampled_from([2, 3]),
    st.sampled_from([CLASSES, OBJECTS]),
    st.booleans(),
)
def test_samples_are_as_if_made_of_what_is_painted_now(
    seed, dimensions, teaching, held
):
    """Whatever the order of the axes; and as before when all is undone."""
    rng = np.random.default_rng(seed)
    painting = Painting(rng, dimensions, teaching, held=held)
    before = [np.array(one.target) for one in painting.samples]
    undoing = []
    for _ in range(3):
        edits, undos, pixels = zip(
            *(painting.edit(number) for number in range(rng.integers(1, 4))),
            strict=True,
        )
        touched, changed = repaint(edits, painting.samples, painting.frames)
        assert changed == [*pixels]
        assert {id(one) for one in touched} <= {id(one) for one in painting.samples}
        assert len({id(one) for one in touched}) == len(touched)
        same(painting.samples, painting.made())
        undoing += undos
    repaint(undoing[::-1], painting.samples, painting.frames)
    for one, target in zip(painting.samples, before, strict=True):
        np.testing.assert_array_equal(np.asarray(one.target), target)


@settings(max_examples=60)
@given(st.integers(0, 9999), st.sampled_from([CLASSES, OBJECTS]), st.booleans())
def test_what_is_scored_counts_as_changed_however_changes_come_together(
    seed, teaching, held
):
    """A change and its undoing in one go are no less than one after the other."""
    together, alone = (
        Painting(np.random.default_rng(seed), 2, teaching, held=held) for _ in range(2)
    )
    edits = [edit for n in range(3) for edit in together.edit(n)[:2]]
    scored = together.samples[::2]
    found, _ = repaint(edits, together.samples, together.frames, scored)
    wanted = set()
    for edit in edits:
        touched, _ = repaint([edit], alone.samples, alone.frames)
        wanted |= {(one.image, one.index) for one in touched}
    places = {(one.image, one.index) for one in found}
    assert len(places) == len(found)
    kept = {(one.image, one.index) for one in scored}
    assert places & kept == wanted & kept
    assert places <= wanted


@settings(max_examples=60)
@given(st.integers(0, 9999), st.sampled_from([2, 3]), st.booleans())
def test_what_is_not_reached_is_not_touched(seed, dimensions, held):
    rng = np.random.default_rng(seed)
    painting = Painting(rng, dimensions, CLASSES, held=held)
    before = [np.array(one.target) for one in painting.samples]
    edit, _, _ = painting.edit(1)
    touched, [pixels] = repaint([edit], painting.samples, painting.frames)
    reached = {id(one) for one in touched}
    for one, target in zip(painting.samples, before, strict=True):
        frames = painting.frames[one.image]
        hit = one.image == edit.image
        if hit:
            box = dict(zip(frames.image.axes, edit.box, strict=True))
            place = dict(zip(frames.grid_axes, one.index, strict=True))
            hit = all(box[a].start <= i < box[a].stop for a, i in place.items())
            hit = hit and pixels > 0
        changed = (np.asarray(one.target) != target).any()
        assert changed <= hit
        # What is not in memory may have changed where its labels did.
        assert changed <= (id(one) in reached) <= (changed if held else hit)


def test_a_change_is_turned_to_the_axes_of_its_frame():
    rng = np.random.default_rng(0)
    labels = Image(array=np.zeros((8, 2, 7, 3), int), axes="XTYZ")
    values = rng.integers(1, 9, (4, 1, 5, 2))
    edit = Edit(1, 0, (2, 1, 1, 0), values)
    labels.array[edit.box] = values
    for dimensions in (2, 3):
        frames = painted_frames(labels, labels, dimensions)
        for index in frames:
            found = on_frame(edit, frames, index)
            whole = np.asarray(frames[index])[0]
            if found is None:
                assert not whole.any()
                continue
            box, painted = found
            np.testing.assert_array_equal(whole[box], painted)
            whole = whole.copy()
            whole[box] = 0
            assert not whole.any()


def pair(shape=(10, 20, 24), seed=0):
    rng = np.random.default_rng(seed)
    array = rng.integers(0, 3, shape).astype(np.uint8)
    return Image(array=array, axes="ZYX", unit="um")


def parts_of(labels, wish, teaching=CLASSES, *, held, dimensions=3):
    unknown = dict.fromkeys(labels.planes(), False)
    known = Annotation(teaching.ids, (unknown,), (unknown,), "")
    found = samples([labels], [labels], known, teaching, dimensions=dimensions)
    planes = [[True] * one.shape[0] for one in found]
    classes = None if teaching.instances else len(teaching.ids)
    parts = divide(found, planes, wish, lambda: (1, 2, 2), classes)
    if held:
        parts = replace(
            parts,
            train=[in_memory(one) for one in parts.train],
            validation=[in_memory(one) for one in parts.validation],
        )
    return parts


@pytest.mark.parametrize("held", [True, False])
@pytest.mark.parametrize("wish", ["0-3", "0.1"])
@pytest.mark.parametrize("teaching", [CLASSES, OBJECTS])
def test_both_parts_of_a_volume_are_brought_up_to_date(held, wish, teaching):
    """And a pixel that both are made of is counted once."""
    labels = pair()
    frames = [painted_frames(labels, labels, 3)]
    edited = replace(labels, array=labels.array.copy())
    parts = parts_of(labels, wish, held=held, teaching=teaching)
    start = (0, 2, 3)
    values = np.full((10, 16, 17), 3, np.uint8)
    edit = Edit(1, 0, start, values)
    edited.array[edit.box] = values
    both = [*parts.train, *parts.validation]

    touched, changed = repaint([edit], both, frames)

    assert changed == [np.count_nonzero(labels.array != edited.array)]
    assert {id(one) for one in touched} == {id(one) for one in both}
    fresh = parts_of(edited, "0-3", held=held, teaching=teaching)
    if parts.block is None:
        same(both, [*fresh.train, *fresh.validation])
        return
    [train], [validation] = parts.train, parts.validation
    [whole] = parts_of(edited, "0", held=held, teaching=teaching).train
    whole = np.asarray(whole.target)
    for one in (train, validation):
        target = np.asarray(one.target)
        known = target != -1
        assert known.any()
        np.testing.assert_array_equal(target[known], whole[known])


def test_a_part_that_a_change_does_not_reach_is_not_touched():
    """Or the best score so far would be forgotten for nothing."""
    labels = pair()
    frames = [painted_frames(labels, labels, 3)]
    parts = parts_of(labels, "0-3", held=True)
    [validation], [train] = parts.validation, parts.train
    edit = Edit(1, 0, (6, 0, 0), np.full((2, 5, 5), 3, np.uint8))
    touched, _ = repaint([edit], [train, validation], frames)
    assert [one is train for one in touched] == [True]


def test_samples_without_labels_are_left_alone():
    labels = pair()
    bare = replace(parts_of(labels, "0", held=True).train[0], painted=None)
    frames = [painted_frames(labels, labels, 3)]
    edit = Edit(1, 0, (0, 0, 0), np.full((2, 5, 5), 3, np.uint8))
    assert repaint([edit], [bare], frames) == ([], [0])


def test_a_painted_object_may_have_any_id():
    """Also one by which all ids are counted anew."""
    labels = replace(pair(), array=pair().array.astype(np.uint32))
    frames = [painted_frames(labels, labels, 3)]
    [one] = parts_of(labels, "0", OBJECTS, held=True).train
    edit = Edit(1, 0, (0, 0, 0), np.full((2, 5, 5), 2**31, np.uint32))
    repaint([edit], [one], frames)
    found = one.target[:2, :5, :5]
    assert (found == found[0, 0, 0]).all()
    assert found[0, 0, 0] > 0
    assert not (one.target == found[0, 0, 0])[2:].any()
