"""The grid that is shown is the deformation that patches get."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.augment.deform import coordinate_map, draw_deformation
from napari_unetseg.core.augment.grid import warped_grid
from napari_unetseg.core.config import AugmentConfig

STRAIGHT = AugmentConfig(elastic_sigma=0)


def test_without_displacement_the_grid_is_straight_and_covers_the_plane():
    pieces = warped_grid((65, 97), STRAIGHT, lines=13)
    assert pieces.shape == (9 * 48 + 13 * 32, 2, 2)
    across, down = pieces[: 9 * 48], pieces[9 * 48 :]
    np.testing.assert_allclose(across[:, 0, 0], across[:, 1, 0], atol=1e-4)
    np.testing.assert_allclose(down[:, 0, 1], down[:, 1, 1], atol=1e-4)
    assert pieces.min() == pytest.approx(0, abs=1e-4)
    np.testing.assert_allclose(pieces.max(axis=(0, 1)), (64, 96), atol=1e-4)


@given(
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.floats(0, 20),
    st.integers(0, 99),
)
def test_its_points_lie_where_the_pixels_of_a_patch_look(shape, sigma, seed):
    config = AugmentConfig(elastic_sigma=sigma, elastic_spacing=32, bent=0.1)
    pieces = warped_grid(shape, config, seed, lines=max(shape))
    plain = config.model_copy(
        update={"bent": 1, "rotate": False, "flip": False, "scale": 0}
    )
    centre = tuple((size - 1) / 2 for size in shape)
    drawn = draw_deformation(centre, shape, plain, np.random.default_rng(seed))
    pixels = coordinate_map(drawn, shape).reshape(2, -1).T
    if min(shape) > 1:
        # With as many lines as pixels each pixel is a crossing.
        ends = pieces.reshape(-1, 2)
        for pixel in pixels[:: max(1, len(pixels) // 20)]:
            assert np.abs(ends - pixel).sum(axis=1).min() < 1e-2


def test_equal_seeds_differ_in_strength_alone():
    one, two = (warped_grid((64, 64), AugmentConfig(elastic_sigma=s)) for s in (2, 4))
    straight = warped_grid((64, 64), STRAIGHT)
    np.testing.assert_allclose(two - straight, 2 * (one - straight), atol=1e-3)
    other = warped_grid((64, 64), AugmentConfig(elastic_sigma=2), seed=1)
    assert np.abs(other - one).max() > 0.1
