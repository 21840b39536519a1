"""Broken pixels get a value from around them, the same in every box."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_unetseg.core.predict.fill import RADIUS, filled, finite_mask
from oracles import filling

BROKEN = [np.nan, np.inf, -np.inf]


def shapes(plane, volume):
    """Shapes (C, [Z,] Y, X) whose sides are at most those."""
    channels = st.integers(1, 2)
    return st.one_of(
        st.tuples(channels, *(st.integers(1, plane),) * 2),
        st.tuples(channels, *(st.integers(1, volume),) * 3),
    )


def broken_image(shape, share, seed, dtype=np.float32):
    """Values of very different sizes: any change in the order of a sum shows."""
    rng = np.random.default_rng(seed)
    image = rng.normal(size=shape) * 10.0 ** rng.integers(-3, 4, shape)
    holes = rng.random(shape) < share
    image[holes] = rng.choice(BROKEN, holes.sum())
    return image.astype(dtype)


def whole(frame):
    return frame[(slice(None),) * frame.ndim]


@settings(max_examples=30)
@given(
    shapes(30, 13),
    st.sampled_from([0.0, 0.01, 0.5, 0.97, 0.999, 1.0]),
    st.integers(0, 10**6),
)
def test_broken_pixels_become_the_mean_of_those_around_them(shape, share, seed):
    image = broken_image(shape, share, seed)
    wanted = filling.filled(image, (7.5, -3.0), RADIUS)
    found = whole(filled(image, (7.5, -3.0)[: len(image)]))
    assert found.dtype == image.dtype
    kept = np.isfinite(image)
    np.testing.assert_array_equal(found[kept], image[kept])
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)


@given(
    shapes(40, 20),
    st.sampled_from([0.003, 0.1, 0.9]),
    st.integers(0, 10**6),
    st.sampled_from([np.float32, np.float64]),
    st.data(),
)
def test_every_box_is_a_part_of_the_whole_to_the_bit(shape, share, seed, dtype, data):
    image = broken_image(shape, share, seed, dtype)
    frame = filled(image, (1.0,) * shape[0])
    box = tuple(slice(*data.draw(spans(n))) for n in shape)
    found = frame[box]
    np.testing.assert_array_equal(found, whole(frame)[box], strict=True)


def spans(size):
    return st.tuples(st.integers(0, size - 1), st.integers(1, size)).map(
        lambda pair: (pair[0], max(pair[0] + 1, pair[1]))
    )


def test_only_a_box_with_a_broken_pixel_reads_its_surroundings():
    image = np.zeros((2, 60, 70), np.float32)
    image[1, 30, 65] = np.nan
    watched = Watched(image)
    frame = filled(watched, (0.0, 0.0))
    assert (frame.shape, frame.ndim, frame.dtype) == (image.shape, 3, image.dtype)
    assert watched.read == []
    without = (slice(0, 2), slice(0, 30), slice(40, 70))
    frame[without]
    assert watched.read == [without]
    with_it = (slice(None), slice(20, 40), slice(60, 70))
    assert (frame[with_it] == 0).all()
    around = (slice(1, 2), slice(30 - RADIUS, 31 + RADIUS), slice(65 - RADIUS, 70))
    assert watched.read == [without, with_it, around]
    assert np.isnan(image[1, 30, 65]), "the image itself is left alone"


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.bool_])
def test_integers_are_returned_as_they_are(dtype):
    frame = np.zeros((1, 3, 3), dtype)
    assert filled(frame, (0.0,)) is frame


def test_a_pixel_with_nothing_around_it_gets_the_fallback_of_its_channel():
    image = np.full((2, 3, 40), np.nan)
    image[:, 1, 0] = 5, 6
    found = whole(filled(image, (1.5, 2.5)))
    assert (found[:, :, : RADIUS + 1] == np.reshape([5, 6], (2, 1, 1))).all()
    assert (found[:, :, RADIUS + 1 :] == np.reshape([1.5, 2.5], (2, 1, 1))).all()


def test_a_channel_that_is_asked_for_alone_is_the_same():
    image = broken_image((3, 9, 9), 0.5, 0)
    image[2] = np.inf
    frame = filled(image, (1.0, 2.0, 3.0))
    assert (frame[2:3, :, :] == 3).all()
    np.testing.assert_array_equal(frame[1:, :, :], whole(frame)[1:])


@pytest.mark.parametrize("share", [1, 0.5])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_largest_numbers_do_not_overflow(dtype, share):
    value = np.finfo(dtype).max * dtype(share)
    image = np.full((1, 20, 20, 20), value, dtype)
    image[0, 9, 9, 9] = np.nan
    np.testing.assert_allclose(whole(filled(image, (0.0,))), value, rtol=1e-12)


def test_the_mask_tells_where_all_channels_are_finite():
    values = np.zeros((3, 2, 2), np.float32)
    values[0, 0, 0], values[2, 1, 0] = np.nan, np.inf
    assert finite_mask(values).tolist() == [[False, True], [False, True]]
    integers = finite_mask(values.astype(bool))
    assert integers.tolist() == [[True, True], [True, True]]
    assert integers.dtype == bool


class Watched:
    """An array that is read by slices, and remembers which."""

    def __init__(self, array):
        self.array, self.shape, self.ndim = array, array.shape, array.ndim
        self.dtype, self.read = array.dtype, []

    def __getitem__(self, box):
        self.read.append(box)
        return self.array[box]
