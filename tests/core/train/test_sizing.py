"""Patches and batches as wished, and as the memory allows."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_unetseg.core.config import NetworkConfig, TrainConfig
from napari_unetseg.core.errors import DeviceError, InputError
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.cost import training_memory
from napari_unetseg.core.network.twin import valid_twin
from napari_unetseg.core.predict.planning import tiles_for
from napari_unetseg.core.predict.rescale import interpolate, resampled
from napari_unetseg.core.predict.run import predict_tiles
from napari_unetseg.core.prepare.normalise import Normaliser
from napari_unetseg.core.sizes import Sizes
from napari_unetseg.core.train.sizing import (
    Extent,
    check_extent,
    extent,
    fitting,
    reach_of,
    shrunk,
    smaller,
)

NETWORKS = [
    NetworkConfig(name="unet-bn", base=1, depth=2),
    NetworkConfig(name="unet", base=1, depth=2),
    NetworkConfig(name="unet-res", base=1, depth=1, upsampling="linear"),
    NetworkConfig(name="unet-bn", base=1, depth=1, dimensions=3),
    NetworkConfig(
        name="unet", base=1, depth=2, dimensions=3, pools=((1, 2, 2), (2, 2, 2))
    ),
]
CONFIG = TrainConfig()


@pytest.mark.parametrize("config", NETWORKS)
@pytest.mark.parametrize("patch", [1, 16, 30, 41])
def test_a_patch_teaches_what_is_wished_and_little_more(config, patch):
    """The network itself tells what it gives of what it is given."""
    network = network_of(config).eval()
    rank = config.dimensions
    sides = extent(network, patch, (), [(60,) * rank])
    with torch.no_grad():
        found = network(torch.zeros(1, 1, *sides.given))
    assert tuple(found.shape[2:]) == sides.taught
    assert all(side >= patch for side in sides.taught)
    # One step less of the poolings would be too little.
    stride = 2**config.depth
    if all(side - stride > 0 for side in sides.taught):
        assert all(side - stride < max(patch, 2) for side in sides.taught[-2:])
    if config.name == "unet":
        assert all(a > b for a, b in zip(sides.given, sides.taught, strict=True))
    else:
        assert sides.given == sides.taught


@pytest.mark.parametrize("config", NETWORKS[:2])
def test_of_small_images_all_is_taught(config):
    network = network_of(config)
    taught = extent(network, 256, (), [(20, 31), (25, 8)]).taught
    assert all(31 <= side < 31 + 4 for side in taught)


def test_coarse_axes_get_as_much_in_physical_units():
    network = network_of(NETWORKS[3])
    shapes = [(40, 60, 60)]
    assert extent(network, 32, (4.0, 1.0, 1.0), shapes).taught == (8, 32, 32)
    assert extent(network, 32, (), shapes).taught == (32, 32, 32)
    assert extent(network, 32, (), [(6, 60, 60)]).taught == (6, 32, 32)


def scores_of(network, twin, values, model):
    """What is predicted of an image that is brought to a model's pixels and back."""
    frame = resampled(values, model)
    tiles = tiles_for(model, network, "auto", 1 << 30)
    as_is = Normaliser(np.zeros(1), np.ones(1))
    found = np.zeros((2, *model), np.float32)
    for tile, scores in predict_tiles(twin, frame, tiles, as_is, device="cpu"):
        found[(slice(None), *tile.write)] = scores
    shape = values.shape[1:]
    ends = [(0, size) for size in shape]
    return interpolate(found, [0] * len(shape), model, ends, shape)


@pytest.mark.parametrize("name", ["unet-bn", "unet", "unet-res"])
@pytest.mark.parametrize("zoom", [1.0, 0.5, 1.4, 2.0, 2.5])
def test_nothing_farther_away_than_the_reach_is_seen(name, zoom):
    """Or what teaches would be seen from a block that validates, and the score lie."""
    config = NetworkConfig(name=name, base=4, depth=1)
    network = network_of(config, 0)
    torch.manual_seed(0)
    with torch.no_grad():
        # A fresh residual block hands on what it is given.
        for weight in network.parameters():
            weight += 0.3 * torch.randn_like(weight)
    twin = valid_twin(network, "cpu")
    [reach, _] = reach_of(network, () if zoom == 1 else (zoom, zoom))
    model = (round((2 * reach + 50) / zoom), round(12 / zoom))
    shape = tuple(round(n * zoom) for n in model)
    values = np.random.default_rng(0).normal(size=(1, *shape)).astype(np.float32)
    before = scores_of(network, twin, values, model)
    seen = 0
    for row in range(reach + 20, reach + 29):
        changed = values.copy()
        changed[0, row] += 1000
        after = scores_of(network, twin, changed, model)
        rows = np.flatnonzero((before != after).any(axis=(0, 2)))
        seen = max(seen, row - rows.min(), rows.max() - row)
    # What is joined with a neighbour is so in the worst case only.
    assert reach - 2 * max(1, zoom) * (zoom != 1) <= seen <= reach


def test_the_reach_is_that_of_the_pixel_that_sees_farthest():
    """Of the usual network it is 15 pixels more than its tiles have as a border."""
    network = network_of(NetworkConfig(name="unet-bn", base=1, depth=4))
    assert reach_of(network) == (107, 107)
    assert reach_of(network, (1.0, 2.0)) == (107, 2 * 107 + 4)
    volumes = network_of(NETWORKS[4])
    assert reach_of(volumes)[0] < reach_of(volumes)[1]


USUAL = NetworkConfig(name="unet-bn", base=16, depth=3)


def chain(size):
    """What may be tried, in this order."""
    found = [size]
    while found[-1].batch > 1:
        found.append(found[-1]._replace(batch=found[-1].batch // 2))
    while found[-1].patch // 2 >= 16:
        found.append(found[-1]._replace(patch=found[-1].patch // 2))
    return found


def memory(size, **options):
    return training_memory(USUAL, (size.patch,) * 2, size.batch, **options)


@settings(max_examples=40)
@given(
    st.integers(1, 9),
    st.sampled_from([16, 31, 100, 256]),
    st.floats(5, 9.5).map(lambda digits: int(10**digits)),
    st.sampled_from(["fp32", "bf16"]),
    st.sampled_from(["adamw", "sgd"]),
)
def test_the_first_size_is_taken_that_fits(batch, patch, free, precision, optimiser):
    config = TrainConfig(optimiser=optimiser)
    tried = chain(Sizes(16, 3, patch, batch))
    options = {"precision": precision, "optimiser": optimiser}
    fits = [one for one in tried if memory(one, **options) <= 0.8 * free]
    if not fits:
        with pytest.raises(DeviceError, match=r"one patch of .* pixels needs .* GiB"):
            fitting(tried[0], USUAL, config, precision=precision, free=free)
        return
    found, sentence = fitting(tried[0], USUAL, config, precision=precision, free=free)
    assert found == fits[0]
    assert bool(sentence) == (found != tried[0])


def test_less_is_told_with_its_reason():
    wished = Sizes(16, 3, 256, 4)
    free = int(memory(wished._replace(batch=1, patch=128)) / 0.8) + 1
    found, sentence = fitting(wished, USUAL, CONFIG, precision="fp32", free=free)
    assert found == Sizes(16, 3, 128, 1)
    needed = memory(wished) / 2**30
    assert sentence == (
        f"A step with 4 patches of 256 pixels would need {needed:.1f} GiB, and "
        f"{free / 2**30:.1f} GiB are free: it is trained with a patch of 128 pixels."
    )


def test_a_device_without_memory_is_refused():
    with pytest.raises(
        DeviceError, match=r"one patch of 16 pixels needs.*0\.0 GiB are"
    ):
        fitting(Sizes(16, 3, 64, 2), USUAL, CONFIG, precision="fp32", free=1000)


def test_small_images_need_no_more_than_they_have():
    """A patch is no larger than the images."""
    wished = Sizes(16, 3, 256, 4)
    free = int(memory(wished) / 0.8 / 10)
    shapes = [(60, 64), (20, 20)]
    found, sentence = fitting(
        wished, USUAL, CONFIG, precision="fp32", free=free, shapes=shapes
    )
    assert (found, sentence) == (wished, "")


def test_coarse_volumes_need_less():
    volumes = NetworkConfig(name="unet-bn", base=8, depth=2, dimensions=3)
    wished = Sizes(8, 2, 64, 2)
    shapes = [(64, 64, 64)]
    cubes = training_memory(volumes, (64, 64, 64), 2)
    options = {"precision": "fp32", "free": cubes, "shapes": shapes}
    assert fitting(wished, volumes, CONFIG, **options)[0].batch == 1
    spacing = (4.0, 1.0, 1.0)
    found, _ = fitting(wished, volumes, CONFIG, spacing=spacing, **options)
    assert found == wished


def test_batches_are_halved_first_and_then_patches():
    seen = [Sizes(16, 4, 100, 5)]
    for _ in range(4):
        seen.append(smaller(seen[-1], "is too much"))
    with pytest.raises(DeviceError, match="one patch of 25 pixels is too much"):
        smaller(seen[-1], "is too much")
    assert [(one.batch, one.patch) for one in seen] == [
        (5, 100),
        (2, 100),
        (1, 100),
        (1, 50),
        (1, 25),
    ]
    assert all(b.batch * b.patch < a.batch * a.patch for a, b in pairwise(seen))
    assert {(one.base, one.depth) for one in seen} == {(16, 4)}


def test_what_is_done_about_a_step_is_told():
    assert shrunk(Sizes(16, 4, 256, 2), Sizes(16, 4, 256, 1), 7) == (
        "The memory was too small for step 8 with 2 patches of 256 pixels: it goes on "
        "with a patch of 256 pixels."
    )


@pytest.mark.parametrize(
    ("side", "batch", "fits"), [(16, 1, False), (16, 2, True), (32, 1, True)]
)
def test_a_patch_leaves_more_than_a_value_to_normalise(side, batch, fits):
    network = network_of(NetworkConfig(base=2, depth=4), 0)
    sides = Extent((side, side), (side, side))
    if fits:
        check_extent(network, sides, batch)
        return
    with pytest.raises(InputError, match="patch of 16 x 16 pixels one value per"):
        check_extent(network, sides, batch)


def test_patches_do_not_become_smaller_than_the_network_bears():
    size = Sizes(4, 4, 64, 1)
    assert smaller(size, "", 16).patch == 32
    with pytest.raises(DeviceError):
        smaller(size._replace(patch=32), "", 16)
