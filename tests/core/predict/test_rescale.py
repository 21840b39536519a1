"""An image on a model's grid, and scores on the image's, the same in every box."""

import numpy as np
import PIL.Image
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from napari_unetseg.core.predict.rescale import (
    interpolate,
    model_shape,
    resampled,
    source_span,
)
from oracles import resampling

MODES = {2: "bilinear", 3: "trilinear"}
small = st.one_of(
    st.lists(st.tuples(*(st.integers(1, 12),) * 2), min_size=2, max_size=2),
    st.lists(st.tuples(*(st.integers(1, 6),) * 2), min_size=3, max_size=3),
)
large = st.one_of(
    st.lists(st.tuples(*(st.integers(1, 90),) * 2), min_size=2, max_size=2),
    st.lists(st.tuples(*(st.integers(1, 20),) * 2), min_size=3, max_size=3),
)
sizes = st.integers(1, 90)


def random_image(shape, seed=0, dtype=np.float32):
    return (100 * np.random.default_rng(seed).random((2, *shape))).astype(dtype)


def whole(frame):
    return frame[(slice(None),) * frame.ndim]


@st.composite
def spans(draw, size):
    start = draw(st.integers(0, size - 1))
    return start, draw(st.integers(start + 1, size))


@settings(max_examples=40)
@given(small, st.sampled_from([np.uint8, np.float32, np.float64, np.bool_]))
def test_a_frame_is_what_its_pixels_one_by_one_are(axes, dtype):
    before, after = zip(*axes, strict=True)
    image = random_image(before, dtype=dtype)
    frame = resampled(image, after)
    assert frame.shape == (2, *after)
    assert frame.ndim == len(frame.shape)
    found = whole(frame)
    assert found.dtype == frame.dtype
    np.testing.assert_allclose(
        found, resampling.resampled(image, after), rtol=1e-6, atol=1e-5
    )


@given(large, st.integers(0, 99), st.data())
def test_every_box_is_a_part_of_the_whole_to_the_bit(axes, seed, data):
    before, after = zip(*axes, strict=True)
    # In float64, where nothing is rounded away that a change of order would show.
    frame = resampled(random_image(before, seed, np.float64), after)
    box = tuple(slice(*data.draw(spans(n))) for n in frame.shape)
    np.testing.assert_array_equal(frame[box], whole(frame)[box], strict=True)


@given(sizes, sizes, st.data())
def test_nothing_is_read_that_has_no_weight(n_in, n_out, data):
    first, stop = data.draw(spans(n_out))
    weights = [resampling.weights_of(i, n_in, n_out) for i in range(first, stop)]
    needed = {j for found in weights for j in found}
    wanted = (min(needed), max(needed) + 1)
    assert source_span(first, stop, n_in, n_out) == wanted
    watched = Watched(np.zeros((1, n_in, 4)))
    resampled(watched, (n_out, 2))[:, first:stop, 0:1]
    assert watched.read == [(slice(None), slice(*wanted), slice(0, 3))]


@given(
    st.one_of(
        st.lists(st.tuples(sizes, sizes), min_size=2, max_size=2),
        st.lists(st.tuples(*(st.integers(1, 20),) * 2), min_size=3, max_size=3),
    )
)
def test_enlarging_is_what_torch_does(axes):
    before, after = zip(*(sorted(pair) for pair in axes), strict=True)
    image = random_image(before)
    wanted = functional.interpolate(
        torch.from_numpy(image)[None],
        size=after,
        mode=MODES[len(axes)],
        align_corners=False,
    )
    np.testing.assert_allclose(
        whole(resampled(image, after)), wanted[0].numpy(), atol=1e-3
    )


@given(st.lists(st.tuples(st.integers(1, 30), sizes), min_size=2, max_size=2))
def test_shrinking_is_what_pillow_does_with_a_prefilter(axes):
    # torch does the same, except for images that become one pixel wide.
    before = [after + after // 2 + more for after, more in axes]
    height, width = (after for after, _ in axes)
    image = random_image(before)
    found = whole(resampled(image, (height, width)))
    for channel, values in zip(image, found, strict=True):
        wanted = PIL.Image.fromarray(channel).resize(
            (width, height), PIL.Image.Resampling.BILINEAR
        )
        np.testing.assert_allclose(values, np.asarray(wanted), atol=1e-3)


def test_an_axis_that_keeps_its_size_is_left_alone():
    image = random_image((5, 6))
    assert resampled(image, [5, 6]) is image
    # Twice as many pixels between equal lines: each of them is one of the old ones.
    lines = np.repeat(random_image((1, 6)), 5, axis=1)
    found = whole(resampled(lines, (10, 6)))
    np.testing.assert_array_equal(found, np.repeat(lines, 2, axis=1))


@given(sizes, sizes)
def test_a_slope_stays_where_it_is(n_in, n_out):
    """Both grids cover the same extent; half a pixel's shift would show."""
    slope = np.tile(np.arange(n_in) + 0.5, (1, 2, 1))
    found = whole(resampled(slope, (2, n_out)))[0, 0]
    scale = n_in / n_out
    wanted = (np.arange(n_out) + 0.5) * scale
    prefiltered = scale > 1.5
    reach = scale if prefiltered else 1
    inside = (wanted - reach >= -0.5) & (wanted + reach <= n_in + 0.5)
    # A widened triangle between the pixels is a little heavier on one side.
    error = 0.1 if prefiltered else 1e-9
    np.testing.assert_allclose(found[inside], wanted[inside], rtol=0, atol=error)


@given(large)
def test_a_mirrored_image_is_resampled_to_its_mirror_image(axes):
    before, after = zip(*axes, strict=True)
    image = random_image(before)
    flipped = whole(resampled(image[..., ::-1], after))[..., ::-1]
    np.testing.assert_allclose(whole(resampled(image, after)), flipped, rtol=1e-6)


def test_a_pixel_without_weight_may_be_broken():
    image = random_image((4, 6))
    image[:, 2, :] = np.nan
    # Of three times as many pixels every third lies on an old one.
    found = whole(resampled(image, (12, 6)))
    np.testing.assert_array_equal(found[:, 4], image[:, 1])
    assert np.isnan(found[:, 5]).all()


def test_numbers_too_long_for_float32_keep_their_digits():
    image = 2**31 + np.arange(8, dtype=np.uint32).reshape(1, 2, 4)
    found = whole(resampled(image, (2, 8)))
    assert found.dtype == np.float64
    assert (found[0, 0] - 2**31).tolist() == [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3]


@settings(max_examples=30)
@given(small, st.integers(1, 4), st.data())
def test_scores_come_back_as_probabilities(axes, classes, data):
    model, image = zip(*axes, strict=True)
    scores = softmax(classes, model)
    box = [data.draw(spans(n)) for n in image]
    found = back(scores, box, image)
    wanted = resampling.resampled(scores, image)
    inside = (slice(None), *(slice(*span) for span in box))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted[inside], atol=1e-6)
    assert found.min() >= 0
    assert found.max() <= 1
    np.testing.assert_allclose(found.sum(0, dtype=float), 1, atol=1e-6)


@given(large, st.integers(0, 9), st.data())
def test_any_part_of_the_scores_gives_the_same_bits(axes, seed, data):
    model, image = zip(*axes, strict=True)
    scores = softmax(3, model, seed).astype(np.float64)
    box = [data.draw(spans(n)) for n in image]
    found = back(scores, box, image)
    origin = (0,) * len(model)
    everything = interpolate(scores, origin, model, [(0, n) for n in image], image)
    inside = (slice(None), *(slice(*span) for span in box))
    np.testing.assert_array_equal(found, everything[inside], strict=True)
    # What lies around the needed part does not matter.
    more = interpolate(scores, origin, model, box, image)
    np.testing.assert_array_equal(found, more, strict=True)


@pytest.mark.parametrize(("start", "stop"), [(2, 6), (0, 3)])
def test_scores_that_are_missing_are_noticed(start, stop):
    scores = softmax(2, (8, 4))[:, start:stop]
    with pytest.raises(IndexError, match="axis 0 needs 1 to 4"):
        interpolate(scores, (start, 0), (8, 4), [(3, 7), (0, 4)], (16, 4))


def test_a_frame_has_as_many_pixels_as_its_extent_needs():
    assert model_shape((100, 64), (4, 4), (8, 2)) == (50, 128)
    assert model_shape((7, 33, 5), (50, 4, 4), (40, 4, 400)) == (9, 33, 1)


def softmax(classes, shape, seed=0):
    values = np.random.default_rng(seed).normal(0, 3, (classes, *shape))
    return torch.softmax(torch.from_numpy(values).float(), 0).numpy()


def back(scores, box, image):
    """The scores of a box, from no more of the model's grid than it needs."""
    model = scores.shape[1:]
    needed = [
        source_span(*span, a, b) for span, a, b in zip(box, model, image, strict=True)
    ]
    part = scores[(slice(None), *(slice(*span) for span in needed))]
    starts = [a for a, _ in needed]
    return interpolate(part, starts, model, box, image)


class Watched:
    """An array that is read by slices, and remembers which."""

    def __init__(self, array):
        self.array, self.shape, self.ndim = array, array.shape, array.ndim
        self.dtype, self.read = array.dtype, []

    def __getitem__(self, box):
        self.read.append(box)
        return self.array[box]
