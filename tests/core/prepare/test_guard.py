"""A block that validates, and that nothing which teaches can see."""

from __future__ import annotations

import dataclasses
import json
import time

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from napari_unetseg.core.frames import Frames
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.guard import LEFT, choose_block, guarded, slivers
from napari_unetseg.core.prepare.parts import Part, block_parts, slice_parts
from napari_unetseg.core.prepare.targets import IGNORE
from oracles import guard as oracle


def divided(target, box, reach, *, objects=False):
    """What trains and what validates, as copies."""
    train, validation = target.copy(), np.full_like(target, IGNORE)
    train[guarded(box, reach, target.shape)] = IGNORE
    validation[box] = target[box]
    if objects:
        part = validation[box]
        part[np.isin(part, slivers(target, box))] = IGNORE
    return train, validation


@st.composite
def frames(draw: st.DrawFn, dimensions=(2, 3), longest=60):
    """Frames with a few classes, painted all over, in strokes, or hardly at all."""
    ndim = draw(st.sampled_from(dimensions))
    side = st.integers(1, longest if ndim == 2 else longest // 3)
    shape = tuple(draw(side) for _ in range(ndim))
    classes = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    target = rng.integers(classes, size=shape).astype(np.int16)
    kind = draw(st.sampled_from(["dense", "sparse", "boxes"]))
    if kind == "sparse":
        target[rng.random(shape) < draw(st.floats(0, 1))] = IGNORE
    if kind == "boxes":
        target[:] = IGNORE
        for number in range(draw(st.integers(1, 6))):
            first = rng.integers(shape)
            last = first + rng.integers(1, 20, size=ndim)
            box = tuple(map(slice, first, last))
            target[box] = number % classes
    return target, classes


reaches = st.tuples(*[st.integers(0, 12)] * 3)
fractions = st.floats(0.05, 0.6)


@given(frames(), reaches, fractions)
@settings(max_examples=100)
def test_no_pixel_that_teaches_is_seen(frame, reach, fraction):
    target, classes = frame
    reach = reach[: target.ndim]
    box = choose_block(target, fraction, reach, classes)
    assume(box is not None)
    train, validation = divided(target, box, reach)

    known = target != IGNORE
    assert not oracle.in_reach(train != IGNORE, validation != IGNORE, reach)
    for part in (train, validation):
        np.testing.assert_array_equal(part[part != IGNORE], target[part != IGNORE])
    assert (train != IGNORE).sum() >= LEFT * known.sum()
    share = (validation != IGNORE).sum() / known.sum()
    assert 0.5 * fraction <= share * (1 + 1e-9)
    assert share <= 1.2 * fraction * (1 + 1e-9)
    # What can be learnt from the frame can still be learnt.
    assert set(np.unique(train)) - {IGNORE} == set(np.unique(target)) - {IGNORE}


@pytest.mark.parametrize("seed", range(12))
def test_of_small_frames_it_is_the_best_block_of_all(seed):
    rng = np.random.default_rng(seed)
    shape, reach = rng.integers(12, 17, size=2), rng.integers(0, 3, size=2)
    target = np.kron(rng.integers(3, size=(4, 4)), np.ones((4, 4), int))[
        tuple(map(slice, shape))
    ].astype(np.int16)
    target[rng.random(target.shape) < 0.1 * (seed % 3)] = IGNORE
    fraction = rng.uniform(0.35, 0.5)

    box = choose_block(target, fraction, reach, 3)

    expected = oracle.best_merit(target, reach, fraction, 3)
    found = box and oracle.merit(target, box, reach, fraction, 3)
    assert found == expected
    assert seed or found


def test_an_end_of_a_slice_validates():
    target = np.zeros((512, 512), np.int16)
    target[:, ::2] = 1
    box = choose_block(target, 0.2, (92, 92), 2)
    train, validation = divided(target, box, (92, 92))
    assert (validation >= 0).mean() == pytest.approx(0.2, abs=0.03)
    assert (train >= 0).mean() > 0.55
    assert any(side.start == 0 or side.stop == 512 for side in box)


def test_the_only_stroke_of_a_class_is_left_to_train_on():
    target = np.full((200, 200), IGNORE, np.int16)
    target[10:190, 10:14] = 0
    target[10:190, 180:184] = 0
    target[20:25, 20:80] = 1
    box = choose_block(target, 0.3, (10, 10), 2)
    train, _ = divided(target, box, (10, 10))
    assert (train == 1).sum() >= 10


def test_both_parts_have_every_class_where_that_is_possible():
    target = np.zeros((128, 128), np.int16)
    target[:20, 100:] = 1
    target[100:, 50:70] = 1
    box = choose_block(target, 0.2, (16, 16), 2)
    for part in divided(target, box, (16, 16)):
        assert (part == 1).sum() >= 10


def test_a_smaller_block_is_taken_where_the_wished_one_leaves_too_little():
    target = np.zeros((256, 256), np.int16)
    target[::2] = 1
    box = choose_block(target, 0.25, (92, 92), 2)
    _, validation = divided(target, box, (92, 92))
    assert 0.125 <= (validation >= 0).mean() < 0.225


@pytest.mark.parametrize(
    "target",
    [
        np.full((50, 50), IGNORE, np.int16),
        np.zeros((100, 100), np.int16),  # half of it is not left behind the guard
        np.eye(20, dtype=np.int16) - 1,  # 20 pixels, of which 4 would validate
    ],
)
def test_too_little_is_not_divided(target):
    assert choose_block(target, 0.2, (92, 92), 2) is None


def test_the_guard_ends_where_the_frame_does():
    assert guarded((slice(2, 5), slice(8, 9)), (3, 3), (10, 10)) == (
        slice(0, 8),
        slice(5, 10),
    )


@given(st.integers(0, 2**32 - 1), st.sampled_from([(12, 14), (6, 7, 8)]))
@settings(max_examples=60)
def test_slivers_of_objects_are_not_scored(seed, shape):
    rng = np.random.default_rng(seed)
    target = np.full(shape, IGNORE, np.int32)
    target[rng.random(shape) < 0.9] = 0
    for number in range(1, 6):
        first = rng.integers(np.array(shape) - 2)
        box = tuple(map(slice, first, first + rng.integers(1, 6, size=len(shape))))
        target[box] = 1000 * number
    ends = np.sort([rng.choice(n + 1, 2, replace=False) for n in shape], axis=1)
    box = tuple(slice(int(a), int(b)) for a, b in ends)
    reach = (1,) * len(shape)

    train, validation = divided(target, box, reach, objects=True)

    left_out = oracle.slivers(target, box)
    inside = target[box]
    expected = np.where(np.isin(inside, [*left_out]), IGNORE, inside)
    np.testing.assert_array_equal(validation[box], expected)
    np.testing.assert_array_equal(train, divided(target, box, reach)[0])


def test_ids_of_objects_count_as_one_class():
    target = np.zeros((120, 120), np.int32)
    for number in range(36):
        y, x = 20 * (number // 6), 20 * (number % 6)
        target[y + 3 : y + 15, x + 3 : x + 15] = 10_000_000 + number
    box = choose_block(target, 0.2, (8, 8), None)
    for part in divided(target, box, (8, 8), objects=True):
        assert (part > 0).any()
        assert (part == 0).any()


def test_the_choice_is_always_the_same():
    rng = np.random.default_rng(0)
    target = rng.integers(-1, 3, size=(90, 110)).astype(np.int16)
    chosen = {str(choose_block(target, 0.2, (20, 20), 3)) for _ in range(3)}
    assert len(chosen) == 1


def test_a_large_slice_takes_seconds_at_most():
    target = np.zeros((4096, 4096), np.int16)
    target[::3] = 1
    start = time.perf_counter()
    box = choose_block(target, 0.2, (92, 92), 2)
    divided(target, box, (92, 92))
    assert time.perf_counter() - start < 10


def test_the_parts_of_a_volume_lie_in_its_labels():
    labels = Image(array=np.zeros((3, 8, 20, 30), np.uint8), axes="TZYX", name="gt")
    box = (slice(0, 4), slice(0, 10), slice(20, 30))
    parts = block_parts(Frames(labels, 3), (2,), box, (1, 2, 3))
    assert parts == [
        Part("train", (2, 0, 0, 0), (3, 8, 20, 30)),
        Part("gap", (2, 0, 0, 17), (3, 5, 12, 30)),
        Part("validation", (2, 0, 0, 20), (3, 4, 10, 30)),
    ]


def test_the_parts_of_a_stack_are_its_slices():
    parts = slice_parts({(0, 1): "train", (2, 0): "validation"}, (20, 30))
    assert parts == [
        Part("train", (0, 1, 0, 0), (1, 2, 20, 30)),
        Part("validation", (2, 0, 0, 0), (3, 1, 20, 30)),
    ]


def test_json_keeps_a_part():
    part = Part("gap", (0, 1, 2), (3, 4, 5))
    assert Part(**json.loads(json.dumps(dataclasses.asdict(part)))) == part
