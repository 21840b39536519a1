"""A segmentation never depends on its tiles: the promise of the whole program."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from napari_unetseg.core.config import NetworkConfig, SegmentConfig
from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.core.network.geometry import AxisGeometry, axis_geometries
from napari_unetseg.core.network.member import Member
from napari_unetseg.core.network.twin import valid_twin
from napari_unetseg.core.predict.planning import make_plan
from napari_unetseg.core.predict.result import Wanted
from napari_unetseg.core.predict.run import predict_tiles
from napari_unetseg.core.predict.tiling import plan
from napari_unetseg.core.predict.whole import Local
from napari_unetseg.core.prepare.normalise import Normaliser
from oracles.models import SHALLOW, random_network
from oracles.prediction import mirrored, whole_image

AS_IS = Normaliser(np.zeros(1), np.ones(1))
# The levels of a network of thick slices: Z is pooled once, and late.
THICK = {
    "dimensions": 3,
    "pools": ((1, 2, 2), (2, 2, 2)),
    "kernels": ((1, 3, 3), (3, 3, 3), (3, 3, 3)),
}
# A lattice of every pixel: to count tiles.
ONE = {n: [AxisGeometry(1, 0, 0, 0, 1)] * n for n in (2, 3)}


def random_image(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=(1, *shape)).astype(np.float32)


def predict(network, image, tile):
    tiles = plan(image.shape[1:], axis_geometries(network), tile)
    scores = np.full((3, *image.shape[1:]), np.nan, np.float32)
    for done, found in predict_tiles(valid_twin(network), image, tiles, AS_IS):
        scores[(slice(None), *done.write)] = found
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
    image = random_image(height, width, seed=seed)
    wanted = whole_image(network, image, [2**depth] * 2)
    assert np.abs(predict(network, image, tile) - wanted).max() < 1e-4


@settings(max_examples=4)
@given(
    st.tuples(st.integers(1, 9), st.integers(1, 25), st.integers(1, 25)),
    st.sampled_from([("unet-bn", 2, THICK), ("unet-res", 1, SHALLOW)]),
    st.one_of(st.integers(8, 30), st.just("auto")),
    st.integers(0, 99),
)
def test_tiles_equal_the_whole_mirrored_volume(shape, kind, tile, seed):
    name, depth, levels = kind
    network = random_network(name, depth, seed, **levels)
    image = random_image(*shape, seed=seed)
    strides = [axis.stride for axis in axis_geometries(network)]
    assert strides == [depth, 2**depth, 2**depth]
    wanted = whole_image(network, image, strides)
    assert np.abs(predict(network, image, tile) - wanted).max() < 1e-4


def test_a_network_that_is_valid_by_birth_sees_the_mirrored_volume():
    """Geometry and all by hand: one pooling, of Y and X only."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv3d(1, 2, 3),
        nn.MaxPool3d((1, 2, 2)),
        nn.Conv3d(2, 4, (1, 3, 3)),
        nn.ConvTranspose3d(4, 3, (1, 2, 2), (1, 2, 2)),
    ).eval()
    z = AxisGeometry(stride=1, origin=0, before=1, after=1, smallest=1)
    # The pixel before a pair is seen by the first convolution, a pair by the second.
    yx = AxisGeometry(stride=2, origin=1, before=3, after=3, smallest=2)
    image = random_image(4, 13, 10)
    box = [(-1, 5), (-4, 18), (-4, 14)]
    with torch.no_grad():
        whole = network(torch.from_numpy(mirrored(image, box))[None])
    wanted = torch.softmax(whole, 1)[0, :, :, 1:14, 1:11].numpy()
    tiles = plan((4, 13, 10), (z, yx, yx), 3)
    assert len(tiles) == 2 * 4 * 3
    for tile, scores in predict_tiles(network, image, tiles, AS_IS):
        part = wanted[(slice(None), *tile.write)]
        assert np.abs(scores - part).max() < 1e-6


@pytest.mark.parametrize("tile", [16, 48, 128, "auto"])
def test_any_tile_equals_the_whole_for_both_networks(tile):
    image = random_image(131, 90, seed=1)
    for name in ("unet", "unet-bn"):
        network = random_network(name, 4)
        difference = predict(network, image, tile) - predict(network, image, "whole")
        assert np.abs(difference).max() < 1e-4


@pytest.mark.parametrize(
    ("name", "depth", "levels"),
    [("unet", 2, THICK), ("unet-bn", 2, THICK), ("unet-res", 1, SHALLOW)],
)
def test_any_tile_equals_the_whole_volume(name, depth, levels):
    network = random_network(name, depth, **levels)
    image = random_image(7, 25, 14)
    whole = predict(network, image, "whole")
    for tile in (5, 12):
        assert np.abs(predict(network, image, tile) - whole).max() < 1e-4


@pytest.mark.parametrize(("options", "axis"), [({}, 1), (THICK, 1), (THICK, 3)])
def test_a_misplaced_tile_would_be_noticed(options, axis):
    """The tests above can fail: one pixel off the lattice changes the scores."""
    network = random_network("unet-bn", 2, **options)
    image = random_image(*(20, 48, 48)[-2 if not options else -3 :], seed=1)
    shifted = predict(network, np.roll(image, 1, axis=axis), "whole")
    difference = np.roll(shifted, -1, axis=axis) - predict(network, image, "whole")
    assert np.abs(difference[..., 8:12, 20:28]).max() > 1e-2


def predict_image(image, network, tasks=None, **options):
    """Results of an image's tasks, and where each belongs."""
    dimensions = len(axis_geometries(network))
    frames = Frames(image, dimensions)
    card = ModelCard(
        network=NetworkConfig(dimensions=dimensions, classes=3),
        classes=(1, 2, 3),
        halo=(1,) * dimensions,
        spacing=(1.0,) * dimensions,
    )
    members, config = [Member.of(card, network)], SegmentConfig(**options)
    plan = make_plan(frames, members, config, device="cpu", precision="fp32")
    plan = plan.measured(frames)
    work = plan.work(frames)
    local = Local.of(image, members, plan, Wanted((1, 2, 3), {}, scores=True))
    for result in local.results(tasks or [work[n] for n in range(len(work))]):
        found = result()
        box = frames.place(found.task.index, [slice(*b) for b in found.task.box])
        shape = [s.stop - s.start for s in box]
        yield box, found.arrays["scores"].reshape(3, *shape), found


@pytest.mark.parametrize(
    ("axes", "options"),
    [("YX", {}), ("ZYX", {}), ("TZYX", {}), ("YXZ", {})]
    + [(axes, THICK) for axes in ("ZYX", "ZTYX", "TYZX")],
)
def test_frames_are_predicted_in_their_place_and_can_be_skipped(axes, options):
    network = random_network("unet-bn", 2, **options)
    lengths = {"T": 2, "Z": 3, "Y": 20, "X": 24}
    array = np.random.default_rng(0).integers(0, 255, [lengths[a] for a in axes])
    image = Image(array=array.astype(np.uint8), axes=axes)
    frames = Frames(image, len(axis_geometries(network)))
    found = list(predict_image(image, network, tile=16))
    assert len(found) == len(frames) * len(
        plan(frames.shape, ONE[frames.dimensions], 16)
    )
    seen = np.zeros([lengths[a] for a in image.plane_axes + "YX"], int)
    for box, scores, _ in found:
        seen[box] += 1
        assert scores.shape[1:] == seen[box].shape
    assert (seen == 1).all()
    tasks = [one.task for *_, one in found[3:]]
    rest = list(predict_image(image, network, tasks, tile=16))
    assert [box for box, *_ in rest] == [box for box, *_ in found[3:]]
    np.testing.assert_array_equal(rest[0][1], found[3][1])


@pytest.mark.parametrize("axes", ["ZTYX", "TYXZ", "XTCZY"])
def test_a_film_of_volumes_is_predicted_volume_by_volume(axes):
    network = random_network("unet-bn", 2, **THICK)
    volumes = np.random.default_rng(0).normal(size=(2, 1, 3, 18, 13))
    volumes[1] *= 7
    order = ["TCZYX".index(axis) for axis in axes]
    array = (
        volumes.transpose(order)
        if "C" in axes
        else volumes[:, 0].transpose(["TZYX".index(axis) for axis in axes])
    )
    image = Image(array=array, axes=axes)
    scores = np.full((3, *image.plane_grid, 18, 13), np.nan, np.float32)
    for box, part, _ in predict_image(image, network, tile=8):
        scores[(slice(None), *box)] = part
    for time, volume in enumerate(volumes):
        normal = ((volume - volume.mean()) / volume.std()).astype(np.float32)
        found = scores.take(time, axis=1 + image.plane_axes.index("T"))
        assert np.abs(found - predict(network, normal, 8)).max() < 1e-4


@pytest.mark.parametrize(("options", "place"), [({}, (5, 7)), (THICK, (2, 5, 7))])
def test_broken_pixels_are_counted_and_do_not_spread(options, place):
    network = random_network("unet-bn", 2, **options)
    array = random_image(*(4, 60, 60)[-len(place) :])[0]
    array[place] = np.nan
    image = Image(array=array, axes="ZYX"[-len(place) :])
    [(_, scores, found)] = predict_image(image, network, tile="whole")
    assert np.isfinite(scores).all()
    assert found.broken == 1
    assert np.argwhere(found.arrays["labels"] == 0).tolist() == [list(place)]


@pytest.mark.parametrize(
    ("options", "where"), [({}, "at y 0, x 0"), (THICK, "at z 0, y 0, x 0")]
)
def test_scores_that_are_no_numbers_stop_with_the_tile_named(options, where):
    network = random_network("unet-bn", 2, **options)
    with torch.no_grad():
        network.head.bias.fill_(float("nan"))
    image = np.zeros((1, *(2, 40, 40)[-2 if not options else -3 :]), np.float32)
    with pytest.raises(UnetsegError, match=where):
        predict(network, image, 16)
