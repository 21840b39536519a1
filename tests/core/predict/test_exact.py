"""A segmentation never depends on its tiles: the promise of the whole program."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.network.test_geometry import randomise
from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.build import build_network
from napari_unetseg.core.network.geometry import network_geometry
from napari_unetseg.core.network.twin import valid_twin
from napari_unetseg.core.predict.run import predict_tiles
from napari_unetseg.core.predict.tiling import plan
from napari_unetseg.core.predict.whole import predict_image
from napari_unetseg.core.prepare.normalise import Normaliser
from oracles.prediction import whole_image

AS_IS = Normaliser(np.zeros(1), np.ones(1))


def random_network(name, depth, seed=0):
    network = build_network(
        NetworkConfig(name=name, depth=depth, base=2, classes=3), seed
    )
    randomise(network)
    return network.eval()


def predict(network, image, tile):
    tiles = plan(image.shape[1:], network_geometry(network), tile)
    scores = np.full((3, *image.shape[1:]), np.nan, np.float32)
    for done, found in predict_tiles(valid_twin(network), image, tiles, AS_IS):
        scores[:, slice(*done.y.write), slice(*done.x.write)] = found
    return scores


@settings(max_examples=25)
@given(
    st.integers(1, 90),
    st.integers(1, 90),
    st.integers(1, 3),
    st.one_of(st.integers(1, 60), st.just("auto")),
    st.integers(0, 99),
)
def test_tiles_equal_the_whole_mirrored_image(height, width, depth, tile, seed):
    network = random_network("unet-bn", depth, seed)
    image = np.random.default_rng(seed).normal(size=(1, height, width))
    image = image.astype(np.float32)
    wanted = whole_image(network, image, 2**depth)
    assert np.abs(predict(network, image, tile) - wanted).max() < 1e-4


@pytest.mark.parametrize("tile", [16, 48, 128, "auto"])
def test_any_tile_equals_the_whole_for_both_networks(tile):
    image = np.random.default_rng(1).normal(size=(1, 203, 157)).astype(np.float32)
    for name in ("unet", "unet-bn"):
        network = random_network(name, 4)
        difference = predict(network, image, tile) - predict(network, image, "whole")
        assert np.abs(difference).max() < 1e-4


def test_a_misplaced_tile_would_be_noticed():
    """The test above can fail: one pixel off the lattice changes the scores."""
    network = random_network("unet-bn", 3)
    image = np.random.default_rng(1).normal(size=(1, 64, 64)).astype(np.float32)
    shifted = predict(network, np.roll(image, 1, axis=1), "whole")
    difference = np.roll(shifted, -1, axis=1) - predict(network, image, "whole")
    assert np.abs(difference[:, 20:40, 20:40]).max() > 1e-2


@pytest.mark.parametrize("axes", ["YX", "ZYX", "TZYX"])
def test_planes_are_predicted_in_their_place_and_can_be_skipped(axes):
    network = random_network("unet-bn", 1)
    shape = (2, 3, 20, 24)[-len(axes) :]
    array = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)
    image = Image(array=array, axes=axes)
    tiles = plan(image.plane_shape, network_geometry(network), 16)
    found = list(predict_image(image, network, tiles))
    assert len(found) == np.prod(image.plane_grid, dtype=int) * len(tiles)
    seen = np.zeros(shape, int)
    for box, scores, finite in found:
        seen[box] += 1
        assert scores.shape[1:] == seen[box].shape == finite.shape
    assert (seen == 1).all()
    rest = list(predict_image(image, network, tiles, skip=3))
    assert [box for box, *_ in rest] == [box for box, *_ in found[3:]]
    np.testing.assert_array_equal(rest[0][1], found[3][1])


def test_broken_pixels_are_named_and_do_not_spread():
    network = random_network("unet-bn", 2)
    array = np.random.default_rng(0).normal(size=(60, 60)).astype(np.float32)
    array[5, 7] = np.nan
    image = Image(array=array, axes="YX")
    tiles = plan((60, 60), network_geometry(network), "whole")
    [(_, scores, finite)] = predict_image(image, network, tiles)
    assert np.isfinite(scores).all()
    assert np.argwhere(~finite).tolist() == [[5, 7]]


def test_scores_that_are_no_numbers_stop_with_the_tile_named():
    network = random_network("unet-bn", 1)
    with torch.no_grad():
        network.head.bias.fill_(float("nan"))
    image = np.zeros((1, 40, 40), np.float32)
    with pytest.raises(UnetsegError, match="y 0, x 0"):
        predict(network, image, 16)
