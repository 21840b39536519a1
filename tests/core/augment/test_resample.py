"""Images, targets and weights sampled at the same places, against single pixels."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.augment.resample import resample
from oracles.deformation import bicubic, linear


def sampled(image, target, places, **more):
    tensors = [torch.from_numpy(one) for one in (image[None], target, places)]
    return resample(*tensors, -1, **more)


def near_a_tie(place):
    """Whether the nearest pixel depends on the last digit."""
    return any(abs(at % 1 - 0.5) < 1e-3 for at in place)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 1000))
def test_images_are_cubic_and_mirrored_and_targets_nearest_and_unknown(h, w, seed):
    rng = np.random.default_rng(seed)
    image = rng.normal(size=(h, w)).astype(np.float32)
    target = rng.integers(0, 3, (h, w)).astype(np.float32)
    places = rng.uniform(-4, 12, (2, 1, 6)).astype(np.float32)
    found, classes = resample(
        torch.from_numpy(image)[None],
        torch.from_numpy(target),
        torch.from_numpy(places),
        -1,
    )
    for i, (y, x) in enumerate(places[:, 0].T.astype(float)):
        if h > 1 and w > 1:
            assert found[0, 0, i].item() == pytest.approx(
                bicubic(image, y, x), abs=1e-3
            )
        if abs(y % 1 - 0.5) < 1e-3 or abs(x % 1 - 0.5) < 1e-3:
            continue  # a tie between two pixels
        row, column = round(y), round(x)
        inside = 0 <= row < h and 0 <= column < w
        assert classes[0, i].item() == (target[row, column] if inside else -1)


@given(st.lists(st.integers(1, 7), min_size=3, max_size=3), st.integers(0, 1000))
def test_volumes_are_linear_and_mirrored_and_targets_nearest_and_unknown(shape, seed):
    rng = np.random.default_rng(seed)
    image = rng.normal(size=shape).astype(np.float32)
    target = rng.integers(0, 3, shape).astype(np.float32)
    places = rng.uniform(-5, 12, (3, 1, 1, 8)).astype(np.float32)
    found, classes = sampled(image, target, places)
    for i, place in enumerate(places[:, 0, 0].T.astype(float)):
        if min(shape) > 1:  # torch mirrors a single pixel at its edges
            wanted = linear(image, place, "mirrored")
            assert found[0, 0, 0, i].item() == pytest.approx(wanted, abs=1e-3)
        if not near_a_tie(place):
            pixel = tuple(round(at) for at in place)
            inside = all(0 <= p < n for p, n in zip(pixel, shape, strict=True))
            assert classes[0, 0, i].item() == (target[pixel] if inside else -1)


@given(st.lists(st.integers(1, 8), min_size=2, max_size=3), st.integers(0, 1000))
def test_weights_are_linear_and_go_on_as_at_the_edge(shape, seed):
    rng = np.random.default_rng(seed)
    image, weights = rng.normal(size=(2, *shape)).astype(np.float32)
    target = rng.integers(-1, 3, shape).astype(np.float32)
    row = (1,) * (len(shape) - 1)
    places = rng.uniform(-4, 12, (len(shape), *row, 8)).astype(np.float32)
    pixels, classes, found = sampled(
        image, target, places, extra=torch.from_numpy(weights)
    )
    for one, other in zip(
        sampled(image, target, places), (pixels, classes), strict=True
    ):
        assert torch.equal(one, other)
    wanted = [
        linear(weights, place, "edge")
        for place in places.reshape(len(shape), -1).T.astype(float)
    ]
    assert found.shape == (*row, 8)
    np.testing.assert_allclose(found.flatten(), wanted, atol=1e-4)


@pytest.mark.parametrize("shape", [(9, 14), (5, 6, 7)])
def test_ids_of_up_to_24_bits_come_through_unchanged(shape):
    rng = np.random.default_rng(0)
    ids = 2**24 - np.arange(np.prod(shape)).reshape(shape)
    target = ids.astype(np.float32)
    assert (target.astype(np.int64) == ids).all()
    places = np.indices(shape).astype(np.float32)
    shifted = places + rng.uniform(-0.45, 0.45, places.shape).astype(np.float32)
    _, found = sampled(np.zeros_like(target), target, shifted)
    np.testing.assert_array_equal(found, ids)
    assert found.dtype == torch.int64
