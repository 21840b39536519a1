"""Grey values and colours, against scipy, plain numpy and what rotations are."""

import colorsys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from napari_unetseg.core.augment.blur import blurred
from napari_unetseg.core.augment.intensity import (
    vary_intensity,
    with_gamma,
    with_turned_hue,
)
from napari_unetseg.core.config import AugmentConfig

NOTHING = {
    "contrast": 0,
    "brightness": 0,
    "gamma": 0,
    "blur": 0,
    "noise": 0,
    "hue": 0,
}
SHAPES = [(1, 24, 30), (3, 16, 17), (2, 6, 12, 11)]


def only(**wishes):
    return AugmentConfig(**NOTHING | wishes)


def patch(shape, seed=0):
    values = np.random.default_rng(seed).normal(size=shape)
    return torch.from_numpy(values.astype(np.float32))


def varied(image, config, seed=0, **options):
    return vary_intensity(image, config, np.random.default_rng(seed), **options)


def by_hand(image, config, seed, *, coarse=(1.0, 1.0), colour=False):
    """All of it in float64, one after the other, with the numbers that are drawn."""
    rng = np.random.default_rng(seed)
    channels = image.shape[0]
    column = (channels, *(1,) * (image.ndim - 1))
    gain, offset = rng.standard_normal((2, channels))
    strength = rng.uniform() * config.noise
    noise_seed = int(rng.integers(2**63))
    exponents = np.exp(config.gamma * rng.standard_normal(channels))
    deviation = config.blur * rng.uniform()
    turn = config.hue * rng.standard_normal() if colour else 0.0

    values = image.numpy().astype(np.float64)
    if turn:
        values = np.tensordot(rotation(turn), values, axes=1)
    values = values * np.exp(config.contrast * gain).reshape(column)
    values = values + (config.brightness * offset).reshape(column)
    values = np.stack([gamma(c, e) for c, e in zip(values, exponents, strict=True)])
    widths = [w if (w := deviation / c) >= 0.2 else 0 for c in coarse]
    values = np.stack(
        [ndimage.gaussian_filter(c, widths, mode="mirror") for c in values]
    )
    noise = torch.randn(
        image.shape, generator=torch.Generator().manual_seed(noise_seed)
    )
    return values + strength * noise.numpy()


def gamma(channel, exponent):
    low, high = channel.min(), channel.max()
    raised = ((channel - low) / (high - low)) ** exponent
    return (raised - raised.mean()) / raised.std() * channel.std() + channel.mean()


def rotation(turn):
    """About (1, 1, 1), in a basis of which it is the third axis."""
    basis = np.array([[1, -1, 0], [1, 1, -2], [1, 1, 1]]) / np.sqrt([[2], [6], [3]])
    angle = 2 * np.pi * turn
    plane = np.array(
        [
            [np.cos(angle), -np.sin(angle), 0],
            [np.sin(angle), np.cos(angle), 0],
            [0, 0, 1],
        ]
    )
    return basis.T @ plane @ basis


@given(
    st.sampled_from([(3, 20, 22), (1, 9, 30)]),
    st.floats(0.01, 0.6),
    st.floats(0.01, 2.5),
    st.booleans(),
    st.integers(0, 1000),
)
def test_planes_are_varied_in_the_order_that_is_told(shape, gamma, blur, colour, seed):
    config = AugmentConfig(gamma=gamma, blur=blur, hue=0.2, contrast=0.3)
    colour = colour and shape[0] == 3
    image = patch(shape, seed)
    found = varied(image, config, seed, colour=colour)
    wanted = by_hand(image, config, seed, colour=colour)
    np.testing.assert_allclose(found, wanted, atol=2e-4)
    assert found.dtype == torch.float32


@pytest.mark.parametrize(
    ("spacing", "coarse"),
    [((), (1, 1, 1)), ((0.4, 0.1, 0.1), (4, 1, 1)), ((3, 6, 3), (1, 2, 1))],
)
@pytest.mark.parametrize("seed", range(4))
def test_volumes_are_blurred_as_far_along_every_axis(spacing, coarse, seed):
    config = AugmentConfig(blur=2.0)
    image = patch((2, 7, 12, 13), seed)
    found = varied(image, config, seed, spacing=spacing)
    wanted = by_hand(image, config, seed, coarse=coarse)
    np.testing.assert_allclose(found, wanted, atol=2e-4)


@given(
    st.lists(st.integers(1, 14), min_size=2, max_size=3),
    st.lists(st.floats(0, 4), min_size=3, max_size=3),
    st.integers(0, 1000),
)
def test_blur_is_that_of_scipy_in_tiny_patches_too(shape, widths, seed):
    image = patch((2, *shape), seed)
    widths = widths[: len(shape)]
    used = [0, *(width if width >= 0.2 else 0 for width in widths)]
    wanted = ndimage.gaussian_filter(image.numpy().astype(float), used, mode="mirror")
    np.testing.assert_allclose(blurred(image, widths), wanted, atol=1e-5)


def test_blur_is_drawn_up_to_what_was_asked_for():
    image = patch((1, 64, 64))
    left = [varied(image, only(blur=1.0), seed).std() for seed in range(60)]
    sharp = sum(torch.isclose(one, image.std()).item() for one in left)
    assert 4 <= sharp <= 22  # below 0.2 of 1 pixel
    assert blurred(image, (1.0, 1.0)).std() < min(left) < 0.4 * image.std()


@given(st.sampled_from(SHAPES), st.floats(-2, 2), st.integers(0, 1000))
def test_gamma_keeps_order_mean_and_deviation(shape, logarithm, seed):
    image = patch(shape, seed)
    column = (shape[0], *(1,) * (len(shape) - 1))
    found = with_gamma(image, torch.full(column, logarithm).exp())
    for one, other in zip(found, image, strict=True):
        wanted = gamma(other.numpy().astype(float), np.exp(logarithm))
        np.testing.assert_allclose(one, wanted, atol=1e-4)
        assert one.mean().item() == pytest.approx(other.mean().item(), abs=1e-4)
        assert one.std().item() == pytest.approx(other.std().item(), rel=1e-4)
        sorted_as_before = one.flatten()[other.flatten().argsort()]
        assert (sorted_as_before.diff() >= -1e-5).all()


def test_gamma_is_drawn_as_wide_as_asked_for():
    """Read off the middle of a ramp, whose ends are 0 and 1 before they are moved."""
    ramp = torch.linspace(0, 1, 101).reshape(1, 1, 101)
    found = torch.stack([varied(ramp, only(gamma=0.3), seed) for seed in range(500)])
    low, middle, high = found[:, 0, 0, [0, 50, 100]].T
    exponents = ((middle - low) / (high - low)).log() / np.log(0.5)
    assert exponents.log().std().item() == pytest.approx(0.3, rel=0.1)
    assert exponents.log().mean().item() == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("value", [0.0, -3.7, 1e4])
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 1, 1), (1, 1, 1, 1), (3, 2, 8, 8)])
def test_constant_patches_stay_constant_and_finite(shape, value):
    image = torch.full(shape, value)
    config = only(gamma=1.5, blur=3.0, hue=0.3)
    found = varied(image, config, colour=shape[0] == 3)
    np.testing.assert_allclose(found, image, rtol=1e-5, atol=1e-6)


@given(st.floats(-2, 2), st.integers(0, 1000))
def test_hue_is_a_rotation_about_grey(turn, seed):
    image = patch((3, 5, 6), seed)
    found = with_turned_hue(image, turn)
    wanted = np.tensordot(rotation(turn), image.numpy(), axes=1)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    grey = image[:1].expand(3, -1, -1)
    torch.testing.assert_close(with_turned_hue(grey, turn), grey)


def test_a_third_of_a_turn_permutes_the_channels():
    image = patch((3, 4, 5, 6))
    torch.testing.assert_close(with_turned_hue(image, 1 / 3), image[[2, 0, 1]])
    torch.testing.assert_close(with_turned_hue(image, -1 / 3), image[[1, 2, 0]])
    torch.testing.assert_close(with_turned_hue(image, 1.0), image)


def test_hue_turns_the_way_that_colours_are_ordered():
    """Red turned by a sixth is yellow, as the colour circle has it."""
    for sixths in range(6):
        red = torch.tensor([1.0, 0, 0]).reshape(3, 1, 1)
        found = with_turned_hue(red, sixths / 6).flatten()
        # The rotation may leave the cube of colours; their hue does not mind.
        hue = colorsys.rgb_to_hsv(*(found - found.min()).tolist())[0]
        assert hue == pytest.approx(sixths / 6, abs=1e-5)


def test_only_what_is_said_to_be_in_colour_has_a_hue():
    image = patch((3, 8, 8))
    config = only(hue=0.1)
    assert torch.equal(varied(image, config), image)
    assert not torch.allclose(varied(image, config, colour=True), image)
    angles = [
        torch.linalg.vector_norm(varied(image, config, seed, colour=True) - image)
        for seed in range(50)
    ]
    assert len({round(angle.item(), 4) for angle in angles}) == 50
    with pytest.raises(ValueError, match="3 channels, not of 4"):
        varied(patch((4, 8, 8)), config, colour=True)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_seed_varies_alike_and_leaves_the_patch_as_it_was(shape):
    image = patch(shape)
    before = image.clone()
    colour = shape[0] == 3
    first, second = (varied(image, AugmentConfig(), 5, colour=colour) for _ in "ab")
    assert torch.equal(first, second)
    assert torch.equal(image, before)
    assert not torch.allclose(first, varied(image, AugmentConfig(), 6, colour=colour))


def test_noise_is_the_same_for_the_same_seed_and_as_strong_as_asked_for():
    image = torch.zeros((1, 64, 64))
    found = [varied(image, only(noise=0.2), seed).std().item() for seed in range(100)]
    assert 0.19 < max(found) < 0.21
    assert np.mean(found) == pytest.approx(0.1, abs=0.02)


def test_what_is_switched_off_draws_nothing():
    """A training without gamma and blur sees the patches that it saw before them."""
    rng = np.random.default_rng(1)
    image = patch((2, 9, 9))
    vary_intensity(image, only(noise=0.1), rng)
    plain = np.random.default_rng(1)
    plain.standard_normal((2, 2))
    plain.uniform()
    plain.integers(2**63)
    assert rng.bit_generator.state == plain.bit_generator.state


@pytest.mark.gpu
@pytest.mark.parametrize("shape", SHAPES)
def test_every_device_varies_alike(shape):
    config = AugmentConfig(blur=2.0, hue=0.2)
    image, colour = patch(shape), shape[0] == 3
    for seed in range(5):
        found = varied(image.cuda(), config, seed, colour=colour).cpu()
        wanted = varied(image, config, seed, colour=colour)
        torch.testing.assert_close(found, wanted, atol=1e-4, rtol=0)
