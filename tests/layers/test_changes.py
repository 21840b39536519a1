"""Boxes of what differs, and where they lie in the file that a run reads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from napari_unetseg.core.draining import result_of
from napari_unetseg.core.errors import InputError
from napari_unetseg.layers.changes import Stored, changed_boxes, whole

SHAPES = arrays.array_shapes(min_dims=2, max_dims=4, min_side=1, max_side=5)


@st.composite
def strokes(draw):
    """Labels before and after some strokes, and a box around these."""
    shape = draw(SHAPES)
    before = draw(arrays.arrays(np.uint8, shape, elements=st.integers(0, 2)))
    now = before.copy()
    ends = [draw(st.tuples(st.integers(0, n - 1), st.integers(1, n))) for n in shape]
    box = tuple(slice(min(a, b - 1), max(a + 1, b)) for a, b in ends)
    part = now[box]
    part[...] = draw(arrays.arrays(np.uint8, part.shape, elements=st.integers(0, 2)))
    return before, now, box


@given(strokes())
def test_the_boxes_hold_all_that_differs_and_little_else(made):
    before, now, box = made
    kept = before.copy()

    found = result_of(changed_boxes(now, before, box))

    for one in found:
        assert (now[one] != before[one]).any()
        assert all(
            a.start <= b.start < b.stop <= a.stop for a, b in zip(box, one, strict=True)
        )
        kept[one] = now[one]
    assert (kept == now).all()
    planes = now.reshape(-1, *now.shape[-2:]) != before.reshape(-1, *now.shape[-2:])
    assert len(found) <= planes.any(axis=(1, 2)).sum()


def test_a_ball_is_one_box_and_two_far_strokes_are_two():
    before = np.zeros((9, 40, 40), np.uint8)
    ball = before.copy()
    ball[2:6, 10:20, 10:20] = 1
    apart = before.copy()
    apart[2, :2, :2] = apart[3, -2:, -2:] = 1

    assert result_of(changed_boxes(ball, before, whole(before.shape))) == [
        (slice(2, 6), slice(10, 20), slice(10, 20))
    ]
    assert result_of(changed_boxes(apart, before, whole(before.shape))) == [
        (slice(2, 3), slice(0, 2), slice(0, 2)),
        (slice(3, 4), slice(38, 40), slice(38, 40)),
    ]


@given(strokes(), st.randoms(use_true_random=False))
def test_a_box_painted_into_the_file_is_the_layer_in_the_file(made, random):
    before, now, box = made
    axes = "TZYX"[-now.ndim :]
    stored = [
        axis
        for axis, length in zip(axes, now.shape, strict=True)
        if length > 1 or axis in "YX" or random.random() < 0.5
    ]
    random.shuffle(stored)
    how = Stored(axes, "".join(stored))
    _, file = how.place(whole(now.shape), before)
    file = file.copy()

    start, values = how.place(box, now[box])

    where, again = how.back(start, values)
    assert where == {a: side.start for a, side in zip(axes, box, strict=True)}
    assert np.array_equal(again, now[box])
    ends = zip(start, values.shape, strict=True)
    file[tuple(slice(a, a + n) for a, n in ends)] = values
    assert (file == how.place(whole(now.shape), now)[1]).all()


@pytest.mark.parametrize("stored", ["TYX", "YX"])
def test_a_file_of_other_axes_is_refused(stored):
    box = (slice(1, 2), slice(0, 3), slice(0, 3))

    with pytest.raises(InputError, match=f"axes ZYX are not those .* {stored}"):
        Stored("ZYX", stored).place(box, np.zeros((1, 3, 3), np.uint8))
