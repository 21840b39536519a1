"""Folds, against determinants pixel by pixel and what was measured elsewhere."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch.nn import functional

from napari_unetseg.core.augment.deform import (
    control_points,
    coordinate_map,
    draw_deformation,
)
from napari_unetseg.core.augment.folds import fold_rate, folded
from napari_unetseg.core.config import AugmentConfig, NetworkConfig
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.geometry import axis_geometries
from napari_unetseg.core.presets import train_config
from oracles.deformation import turning


def bent_map(shape, spacing, sigma, seed, **wishes):
    config = AugmentConfig(
        bent=1, elastic_spacing=spacing, elastic_sigma=sigma, **wishes
    )
    rng = np.random.default_rng(seed)
    centre = (0.0,) * len(shape)
    return coordinate_map(draw_deformation(centre, shape, config, rng), shape)


@pytest.mark.parametrize(
    ("shape", "spacing", "sigma"), [((13, 17), 5.0, 1.7), ((7, 9, 8), 4.0, 0.8)]
)
def test_a_patch_is_folded_where_its_steps_turn_over(shape, spacing, sigma):
    seen = []
    for seed in range(40):
        places = bent_map(shape, spacing, sigma, seed)
        found = turning(places)
        if np.abs(found).min() < 1e-4:
            continue  # Rounding decides.
        wanted = (found < 0).any() and (found > 0).any()
        assert folded(places) == wanted
        seen.append(wanted)
    assert 8 < sum(seen) < len(seen) - 8


@given(st.integers(0, 1000), st.integers(2, 3), st.integers(0, 1000))
def test_turns_zooms_and_mirrors_neither_fold_nor_unfold(seed, rank, other):
    """The affine part multiplies each determinant by its own."""
    shape = (15, 17, 13)[:rank]
    places = bent_map(shape, 6.0, 1.6, seed, rotate=False, flip=False, scale=0)
    assume(np.abs(turning(places)).min() > 1e-2)
    affine = np.random.default_rng(other).normal(size=(rank, rank))
    assume(abs(np.linalg.det(affine)) > 0.1)
    turned = np.tensordot(affine, places, axes=1)
    assert folded(turned) == folded(places)


@pytest.mark.parametrize("shape", [(16, 16), (1, 16), (6, 8, 8), (1, 8, 8), (1, 1, 8)])
@pytest.mark.parametrize("seed", range(5))
def test_patches_that_are_not_bent_are_not_folded(shape, seed):
    assert not folded(bent_map(shape, 8.0, 0.0, seed))


@pytest.mark.parametrize("shape", [(16, 16), (1, 16), (4, 12, 16), (1, 12, 16)])
def test_a_row_that_runs_back_is_folded(shape):
    places = np.indices(shape).astype(np.float32)
    assert not folded(places)
    places[-1, ..., 8:] -= 1.5
    assert folded(places)


@pytest.mark.parametrize(
    ("side", "patches", "least", "most"),
    [(64, 500, 0.38, 0.5), (128, 300, 0.0, 0.015), (188, 100, 0, 0)],
)
def test_a_grid_of_3_by_3_folds_as_often_as_was_measured(side, patches, least, most):
    """Gaussian of 10 pixels, bicubic from torch: 44 %, 0.4 % and none."""
    vectors = 10 * np.random.default_rng(0).standard_normal((patches, 2, 3, 3))
    count = 0
    for one in torch.from_numpy(vectors):
        shift = functional.interpolate(
            one[None], (side, side), mode="bicubic", align_corners=True
        )
        count += folded(np.indices((side, side)) + shift[0].numpy())
    assert least <= count / patches <= most


@pytest.mark.parametrize(
    ("side", "least", "most"), [(64, 0.5, 0.65), (128, 0.0, 0.03), (188, 0, 0)]
)
def test_our_grid_of_3_by_3_folds_small_patches_too(side, least, most):
    """Oftener: the control points around the patch are free, torch repeats the edge."""
    config = AugmentConfig(elastic_sigma=10, elastic_spacing=side / 2)
    assert least <= fold_rate((side, side), config, patches=400) <= most


@pytest.mark.parametrize(
    ("shape", "spacing", "sigma", "sizes"),
    [
        ((64, 64), 32.0, 10.0, ()),
        ((200, 130), 64.0, 16.0, ()),
        ((40, 40, 40), 20.0, 3.8, ()),
        ((12, 48, 48), 24.0, 4.0, (4.0, 1.0, 1.0)),
    ],
)
def test_the_rate_is_the_share_of_the_folded_patches(shape, spacing, sigma, sizes):
    config = AugmentConfig(bent=1, elastic_spacing=spacing, elastic_sigma=sigma)
    rng = np.random.default_rng(3)
    centre = (0.0,) * len(shape)
    drawn = [draw_deformation(centre, shape, config, rng, sizes) for _ in range(150)]
    wanted = np.mean([folded(coordinate_map(one, shape)) for one in drawn])
    assert 0.1 < wanted < 0.9
    found = fold_rate(shape, config, sizes, patches=150, seed=3)
    assert wanted - 0.04 <= found <= wanted + 0.01
    assert found == fold_rate(shape, config, sizes, patches=150, seed=3)
    seldom = config.model_copy(update={"bent": 0.01})
    assert found == fold_rate(shape, seldom, sizes, patches=150, seed=3)


def test_what_is_asked_for_by_default_and_by_the_papers_hardly_folds():
    assert fold_rate((256, 256), AugmentConfig()) == 0
    assert fold_rate((572, 572), train_config("paper").augment) == 0
    assert fold_rate((64, 64, 64), AugmentConfig()) <= 0.1
    assert fold_rate((132,) * 3, train_config("paper", dimensions=3).augment) <= 0.1
    assert fold_rate((64, 64), AugmentConfig(elastic_sigma=0)) == 0


@pytest.mark.parametrize(
    ("dimensions", "seen", "points", "apart"),
    [(2, 572, 3, 285.5), (3, 132, 5, 32.75)],
)
def test_the_papers_lay_their_grid_over_what_the_network_sees(
    dimensions, seen, points, apart
):
    """Ronneberger 2015: 3 x 3 points; Cicek 2016: 32 voxels apart."""
    config = train_config("paper", dimensions=dimensions)
    network = network_of(
        NetworkConfig(
            name=config.network, dimensions=dimensions, base=1, depth=config.depth
        )
    )
    assert {axis.input_size(config.patch) for axis in axis_geometries(network)} == {
        seen
    }
    # The cubic looks at one more all around.
    inside = control_points(seen, config.augment.elastic_spacing) - 2
    assert (inside, (seen - 1) / (inside - 1)) == (points, apart)
    augment = config.augment
    assert (augment.bent, augment.noise, augment.gamma, augment.blur) == (1, 0, 0, 0)
