"""Coordinate maps and resampling against what is obviously right."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.augment.deform import (
    Deformation,
    control_points,
    coordinate_map,
    draw_deformation,
)
from napari_unetseg.core.augment.intensity import vary_intensity
from napari_unetseg.core.augment.resample import resample
from napari_unetseg.core.config import AugmentConfig
from oracles.deformation import bicubic, cubic

STILL = AugmentConfig(
    bent=1,
    elastic_sigma=0,
    rotate=False,
    flip=False,
    scale=0,
    contrast=0,
    brightness=0,
    noise=0,
)


def deformation(size, centre=(0.0, 0.0), affine=None, displacement=None, spacing=128.0):
    points = control_points(size, spacing)
    return Deformation(
        centre,
        np.eye(2) if affine is None else np.asarray(affine, float),
        np.zeros((2, points, points)) if displacement is None else displacement,
    )


@given(st.integers(1, 60))
def test_identity_looks_at_each_pixel_itself(size):
    middle = (size - 1) / 2
    found = coordinate_map(deformation(size, (middle, middle)), size)
    np.testing.assert_allclose(found, np.mgrid[:size, :size], atol=1e-4)


@given(st.integers(2, 40), st.floats(-50, 50), st.floats(-50, 50))
def test_equal_displacements_are_a_pure_shift(size, dy, dx):
    points = control_points(size, 9.0)
    displacement = np.stack([np.full((points, points), d) for d in (dy, dx)])
    middle = (size - 1) / 2
    bent = deformation(size, (middle, middle), None, displacement, 9.0)
    wanted = np.mgrid[:size, :size] + np.array([dy, dx])[:, None, None]
    np.testing.assert_allclose(coordinate_map(bent, size), wanted, atol=1e-3)


def test_a_quarter_turn_is_rot90():
    image = np.random.default_rng(0).normal(size=(21, 21)).astype(np.float32)
    turn = deformation(21, (10, 10), [[0, 1], [-1, 0]])
    found, _ = look_up(image, np.zeros_like(image), turn, 21)
    np.testing.assert_allclose(found, np.rot90(image), atol=1e-5)


def test_interpolation_is_keys_cubic():
    rng = np.random.default_rng(0)
    size, spacing = 31, 10.0
    points = control_points(size, spacing)
    assert points == 6
    displacement = rng.normal(size=(2, points, points))
    found = coordinate_map(
        deformation(size, (15, 15), None, displacement, spacing), size
    )
    for y, x in [(0, 0), (7, 22), (30, 30), (15, 4)]:
        bent = [
            sum(
                displacement[axis, i, j]
                * cubic(1 + y / spacing - i)
                * cubic(1 + x / spacing - j)
                for i in range(points)
                for j in range(points)
            )
            for axis in (0, 1)
        ]
        np.testing.assert_allclose(
            found[:, y, x], [y + bent[0], x + bent[1]], atol=1e-4
        )


def test_displacement_has_the_deviation_asked_for():
    config = STILL.model_copy(update={"elastic_sigma": 10.0})
    rng = np.random.default_rng(0)
    drawn = [
        draw_deformation((0, 0), 256, config, rng).displacement for _ in range(200)
    ]
    assert np.std(drawn) == pytest.approx(10, rel=0.05)


def test_a_drawn_rotation_keeps_lengths():
    config = STILL.model_copy(update={"rotate": True, "flip": True})
    affine = draw_deformation((0, 0), 64, config, np.random.default_rng(0)).affine
    np.testing.assert_allclose(affine @ affine.T, np.eye(2), atol=1e-12)


def test_patches_that_are_not_bent_keep_their_pixels():
    image = np.random.default_rng(0).normal(size=(40, 40)).astype(np.float32)
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(30):
        how = draw_deformation((19.5, 19.5), 16, AugmentConfig(bent=0), rng)
        found, _ = look_up(image, np.zeros_like(image), how, 16)
        patch = image[12:28, 12:28]
        turned = [np.rot90(side, k) for side in (patch, patch.T) for k in range(4)]
        errors = [np.abs(found - one).max() for one in turned]
        assert min(errors) < 1e-3
        seen.add(int(np.argmin(errors)))
    assert seen == set(range(8))


def test_half_of_the_patches_are_bent():
    rng = np.random.default_rng(0)
    config = AugmentConfig(bent=0.5)
    drawn = [draw_deformation((0, 0), 64, config, rng) for _ in range(400)]
    assert np.mean([d.displacement.any() for d in drawn]) == pytest.approx(0.5, abs=0.1)


def test_nothing_is_changed_when_nothing_is_asked():
    image = np.random.default_rng(0).normal(size=(32, 32)).astype(np.float32)
    rng = np.random.default_rng(0)
    still = draw_deformation((15.5, 15.5), 32, STILL, rng)
    found, _ = look_up(image, np.zeros_like(image), still, 32)
    np.testing.assert_allclose(found, image, atol=1e-4)
    varied = vary_intensity(torch.from_numpy(found)[None], STILL, rng)
    assert torch.equal(varied[0], torch.from_numpy(found))


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


def test_noise_is_the_same_for_the_same_seed():
    image = torch.zeros(2, 8, 8)
    config = AugmentConfig()
    first, second = (
        vary_intensity(image, config, np.random.default_rng(5)) for _ in range(2)
    )
    assert torch.equal(first, second)
    assert first.std() > 0


def look_up(image, target, how, size):
    pixels, classes = resample(
        torch.from_numpy(image)[None],
        torch.from_numpy(target),
        torch.from_numpy(coordinate_map(how, size)),
        -1,
    )
    return pixels[0].numpy(), classes.numpy()
