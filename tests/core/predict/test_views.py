"""What a view shows is what the frame has, in another order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.predict.mirror import read_mirrored
from napari_unetseg.core.predict.views import View, views
from oracles.prediction import reflect

ALL = [view for rank in (2, 3) for view in views("rotations", rank, True)]
axes = st.tuples(st.integers(1, 9), st.integers(-30, 30), st.integers(1, 30))
boxes = st.lists(axes, min_size=3, max_size=3)


def frame_of(shape):
    return np.arange(2 * np.prod(shape)).reshape(2, *shape)


def frame_and_box(view, drawn):
    drawn = drawn[-len(view.flipped) :]
    shape = tuple(size for size, _, _ in drawn)
    return shape, tuple((start, start + length) for _, start, length in drawn)


@pytest.mark.parametrize(
    ("kind", "rank", "count"),
    [
        *(("none", 2, 1), ("flips", 2, 4), ("rotations", 2, 8)),
        *(("none", 3, 1), ("flips", 3, 8), ("rotations", 3, 16)),
    ],
)
def test_all_views_are_different_and_the_first_is_the_frame(kind, rank, count):
    found = views(kind, rank, swappable=True)
    frame = frame_of((2, 3, 3)[-rank:])
    shown = [view.apply(frame) for view in found]
    assert len({image.tobytes() for image in shown}) == len(found) == count
    np.testing.assert_array_equal(shown[0], frame)


def test_planes_are_turned_and_mirrored_in_all_eight_ways():
    frame = frame_of((4, 4))
    wanted = {
        np.rot90(image, turns, axes=(1, 2)).tobytes()
        for image in (frame, frame[:, ::-1])
        for turns in range(4)
    }
    assert {view.apply(frame).tobytes() for view in views("rotations", 2, True)} == (
        wanted
    )


def test_flips_keep_axes_in_their_place_and_need_nothing():
    for rank in (2, 3):
        assert not any(view.swapped for view in views("flips", rank, swappable=False))
        assert not any(view.swapped for view in views("none", rank, swappable=False))


@pytest.mark.parametrize("rank", [2, 3])
def test_rotations_of_axes_that_cannot_change_places_are_refused(rank):
    with pytest.raises(InputError, match=r"same size along Y and X.*flips instead\."):
        views("rotations", rank, swappable=False)


@given(st.sampled_from(ALL), boxes)
def test_a_view_shows_every_pixel_where_its_attributes_say(view, drawn):
    shape, _ = frame_and_box(view, drawn)
    frame = frame_of(shape)
    shown = view.apply(frame)
    assert shown.shape == (2, *view.shape(shape))
    for place in np.ndindex(shown.shape[1:]):
        steps = zip(place, shown.shape[1:], view.flipped, strict=True)
        source = [n - 1 - i if flip else i for i, n, flip in steps]
        if view.swapped:
            source[-2:] = source[:-3:-1]
        assert shown[(0, *place)] == frame[(0, *source)]


@given(st.sampled_from(ALL), boxes)
def test_a_box_shows_the_same_pixels_however_far_it_reaches(view, drawn):
    shape, box = frame_and_box(view, drawn)
    frame = frame_of(shape)
    seen = view.box(box, shape)
    np.testing.assert_array_equal(
        read_mirrored(view.apply(frame), seen),
        view.apply(read_mirrored(frame, box)),
        strict=True,
    )
    assert view.unbox(seen, shape) == box
    assert view.box(view.unbox(box, shape), shape) == box


@given(st.integers(1, 9), st.integers(-50, 50))
def test_mirroring_at_the_border_commutes_with_a_flip(size, position):
    assert reflect(size - 1 - position, size) == size - 1 - reflect(position, size)


@given(st.sampled_from(ALL), boxes)
def test_undo_is_the_inverse_and_copies_nothing(view, drawn):
    shape, _ = frame_and_box(view, drawn)
    frame = frame_of(shape)
    shown = view.apply(frame)
    np.testing.assert_array_equal(view.undo(shown), frame, strict=True)
    np.testing.assert_array_equal(view.apply(view.undo(frame)), frame, strict=True)
    assert np.shares_memory(view.undo(shown), frame)
    assert view.shape(view.shape(shape)) == shape


def test_a_view_is_data():
    assert View(True, (False, True)) in views("rotations", 2, True)
    assert len(set(ALL)) == 8 + 16
