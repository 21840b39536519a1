"""Turns of volumes: rotations in physical units, and pixels that stay pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.augment.turn import affine_of_volume, in_finest_pixels
from napari_unetseg.core.config import AugmentConfig

SPACINGS = [(1, 1, 1), (4, 1, 1), (1, 1, 3), (2.5, 1, 1.02), (5, 2, 1)]


def draw(spacing, shape=(8, 8, 8), *, bent=False, seed=0, count=1, **wishes):
    config = AugmentConfig(**wishes)
    rng = np.random.default_rng(seed)
    coarse = in_finest_pixels(spacing, 3)
    return [affine_of_volume(bent, shape, coarse, config, rng) for _ in range(count)]


def in_physical_units(affine, spacing):
    sizes = np.asarray(spacing, float)
    return affine * sizes[:, None] / sizes


@given(st.sampled_from(SPACINGS), st.integers(0, 10_000), st.floats(0, 0.5))
def test_a_bent_patch_is_turned_and_zoomed_and_nothing_else(spacing, seed, scale):
    [affine] = draw(spacing, bent=True, seed=seed, scale=scale)
    physical = in_physical_units(affine, spacing)
    square = physical @ physical.T
    zoom = np.sqrt(np.trace(square) / 3)
    # Axes whose pixels differ by 2 % count as alike when they change places.
    np.testing.assert_allclose(square, zoom**2 * np.eye(3), atol=0.06 * zoom**2)
    assert 1 / (1 + scale) / 1.03 <= zoom <= 1.03 * (1 + scale)


@pytest.mark.parametrize(
    ("spacing", "axis"), [((4, 1, 1), 0), ((1, 3, 1), 1), ((1, 1, 3), 2)]
)
def test_the_coarse_axis_is_turned_about(spacing, axis):
    for affine in draw(spacing, bent=True, scale=0, count=20):
        alone = np.zeros(3)
        alone[axis] = 1
        np.testing.assert_allclose(np.abs(affine[axis]), alone, atol=1e-12)
        np.testing.assert_allclose(np.abs(affine[:, axis]), alone, atol=1e-12)


def test_cubes_are_turned_about_z_too():
    drawn = draw((1, 1, 1), bent=True, scale=0, count=50)
    whole = [np.isclose(np.abs(affine), 1).any(axis=1) for affine in drawn]
    # One axis falls onto another, the plane of the others is turned by any angle.
    assert all(rows[0] for rows in whole)
    assert not any(rows[1:].any() for rows in whole)


@pytest.mark.parametrize(
    ("spacing", "shape", "wishes", "count"),
    [
        ((1, 1, 1), (8, 8, 8), {}, 48),
        ((1, 1, 1), (8, 8, 8), {"flip": False}, 24),
        ((1, 1, 1), (8, 8, 8), {"rotate": False}, 8),
        ((1, 1, 1), (8, 8, 8), {"rotate": False, "flip": False}, 1),
        ((4, 1, 1), (8, 8, 8), {}, 16),
        ((4, 1, 1), (8, 8, 8), {"flip": False}, 4),
        ((1, 1, 1), (4, 8, 8), {}, 16),
        ((1, 1, 1), (8, 8, 4), {"flip": False}, 4),
        ((4, 1, 2), (8, 8, 8), {}, 8),
        ((4, 1, 1), (4, 6, 8), {"flip": False}, 1),
        ((1, 1.02, 1), (8, 8, 8), {}, 48),
    ],
)
def test_patches_that_are_not_bent_take_every_turn_that_keeps_pixels(
    spacing, shape, wishes, count
):
    drawn = draw(spacing, shape, count=1000, **wishes)
    seen = {tuple(affine.ravel()) for affine in drawn}
    assert len(seen) == count
    for affine in drawn[:50]:
        assert set(np.abs(affine).ravel()) == {0, 1}
        np.testing.assert_array_equal(np.abs(affine) @ shape, shape)
        if not wishes.get("flip", True):
            assert np.linalg.det(affine) == pytest.approx(1)
