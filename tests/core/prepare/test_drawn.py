"""Boxes that a person has drawn validate, and nothing that teaches sees them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.annotation import annotation
from napari_unetseg.core.prepare.boxes import boxes_of, in_text
from napari_unetseg.core.prepare.divide import divide
from napari_unetseg.core.prepare.drawn import drawn_frames
from napari_unetseg.core.prepare.samples import planes_of, samples
from napari_unetseg.core.prepare.targets import IGNORE
from napari_unetseg.core.prepare.teaching import Teaching

SHAPE = (3, 12, 14)


def labelled(shape=SHAPE, *, empty=()):
    array = np.ones(shape, np.uint8)
    array[..., shape[-2] // 2 :, :] = 2
    array[[*empty]] = 0
    return Image(array=array, axes="ZYX"[-len(shape) :], name="gt")


def division(labels, wish, reach, dimensions=2):
    found = annotation([labels], "0")
    teaching = Teaching(found.ids)
    image = labels.like(labels.array.astype(np.float32), labels.axes, "em")
    cut = samples([image], [labels], found, teaching, dimensions=dimensions)
    frames = Frames(labels, dimensions)
    stacks = [planes_of(frames, one.index) for one in cut]
    annotated = [[found.annotated[0][plane] for plane in some] for some in stacks]
    classes = len(teaching.ids)
    made = divide(cut, annotated, wish, lambda: reach, classes, frames)
    planes = [(0, plane) for some in stacks for plane in some]
    return made, planes, frames


def known(some, labels, dimensions):
    """Where any of some samples is known, as a map of the labels."""
    found = np.zeros(labels.shape, bool)
    for one in some:
        place = one.index if dimensions == 2 else (...,)
        found[place] |= np.asarray(one.target) != IGNORE
    return found


@st.composite
def cases(draw):
    boxes = []
    for _ in range(draw(st.integers(1, 3))):
        box = {}
        for axis, size in zip("ZYX", SHAPE, strict=True):
            if draw(st.booleans()):
                start = draw(st.integers(0, size - 1))
                box[axis] = (start, draw(st.integers(start + 1, size + 3)))
        boxes.append(box or {"Y": (0, 2)})
    dimensions = draw(st.sampled_from([2, 3]))
    reach = draw(st.tuples(*[st.integers(0, 4)] * dimensions))
    empty = draw(st.sets(st.integers(0, 2), max_size=2))
    return boxes, dimensions, reach, sorted(empty)


def spans(box):
    ends = zip("ZYX", SHAPE, strict=True)
    return [
        (max(0, box.get(a, (0, n))[0]), min(n, box.get(a, (0, n))[1])) for a, n in ends
    ]


@given(cases())
@settings(deadline=None)
def test_no_pixel_that_teaches_is_seen_from_a_box_and_none_is_forgotten(case):
    boxes, dimensions, reach, empty = case
    labels = labelled(empty=empty)
    width = (0, *reach)[-3:]
    inside, band = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    for box in boxes:
        inside[tuple(slice(*ends) for ends in spans(box))] = True
        wider = [
            slice(max(0, a - r), b + r)
            for (a, b), r in zip(spans(box), width, strict=True)
        ]
        band[tuple(wider)] = True
    painted = labels.array != 0
    alone = band.copy()
    if dimensions == 2:  # The same place in the slices before and after it.
        band[1:] |= alone[:-1]
        band[:-1] |= alone[1:]
    if (painted & inside).any() and not (painted & ~band).any():
        band = alone
    try:
        made, planes, frames = division(labels, in_text(boxes), reach, dimensions)
    except InputError as refused:
        is_empty = "Nothing in the validation boxes" in refused.problem
        nothing = inside if is_empty else ~band
        assert not (painted & nothing).any()
        return

    np.testing.assert_array_equal(
        known(made.train, labels, dimensions), painted & ~band
    )
    np.testing.assert_array_equal(
        known(made.validation, labels, dimensions), painted & inside
    )
    # What is told is what is so.
    told = np.full(SHAPE, "", object)
    for one in made.told(planes, [frames]):
        told[tuple(map(slice, one["start"], one["stop"]))] = one["name"]
    np.testing.assert_array_equal((told == "train") & painted, painted & ~band)
    np.testing.assert_array_equal((told == "validation") & painted, painted & inside)


@pytest.mark.parametrize(
    ("wish", "boxes"),
    [
        ("y=0:100,x=200:300", [{"Y": (0, 100), "X": (200, 300)}]),
        (" Z=3:5 ; t=1:2,y=0:9 ", [{"Z": (3, 5)}, {"T": (1, 2), "Y": (0, 9)}]),
        ("0.2", None),
        ("15-19", None),
        ("3,7", None),
    ],
)
def test_boxes_are_read_and_other_wishes_left_alone(wish, boxes):
    assert boxes_of(wish) == boxes
    if boxes:
        assert boxes_of(in_text(boxes)) == boxes


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ("y=0", "'y=0' is no side"),
        ("0:100", "'0:100' is no side"),
        ("y=a:b", "'y=a:b' is no side"),
        ("c=0:1", "names no axes"),
        ("y=0:1,y=2:3", "names no axes"),
        ("zy=0:1", "names no axes"),
        ("y=5:5", "is empty"),
        (";", "holds no box"),
    ],
)
def test_what_is_no_box_is_refused(wish, sentence):
    with pytest.raises(InputError, match=sentence):
        boxes_of(wish)


def test_a_box_of_another_image_is_refused():
    frames = Frames(labelled(), 2)
    with pytest.raises(InputError, match="lies beside 'gt'"):
        drawn_frames([{"X": (20, 30)}], frames)
    with pytest.raises(InputError, match="names T"):
        drawn_frames([{"T": (0, 1)}], frames)


@pytest.mark.parametrize(
    ("wish", "train", "end"),
    [
        ("z=1:2,y=0:3;z=1:2,y=9:12", (0, 1, 2), "beside them, which look alike."),
        ("z=1:2", (0, 2), "beside them teach all the same, or nothing would."),
        ("z=0:1", (2,), "beside them, which look alike."),
    ],
)
def test_what_validates_is_told_in_a_sentence(wish, train, end):
    made, _, _ = division(labelled(), wish, (2, 2))

    assert made.slices.note.startswith("Validation in the drawn boxes.")
    assert "A band of 2 x 2 pixels" in made.slices.note
    assert made.slices.note.endswith(end)
    assert made.slices.train == train


def test_an_image_of_one_slice_has_none_beside_it():
    made, _, _ = division(labelled(SHAPE[1:]), "y=0:3", (2, 2))

    assert made.slices.note.endswith("as far as the network sees.")


def test_objects_that_a_box_only_touches_are_not_scored():
    ids = np.zeros((40, 40), np.uint16)
    ids[2:12, 2:12], ids[20:30, 2:12] = 5, 9
    labels = Image(array=ids, axes="YX", name="cells")
    found = annotation([labels], "none", instances=None)
    teaching = Teaching(found.ids)
    assert teaching.ids == (0, 5, 9)
    from napari_unetseg.core.prepare.drawn import InBoxes

    box = (slice(0, 23), slice(0, 40))
    kept = np.asarray(InBoxes(ids.astype(np.int32), [box], objects=True))
    assert (kept[2:12, 2:12] == 5).all()
    assert (kept[20:23, 2:12] == IGNORE).all()
    assert (kept[23:] == IGNORE).all()
