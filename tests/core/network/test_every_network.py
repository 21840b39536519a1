"""What every network of the project must do, whatever it is called.

A network joins by its name in `config.NETWORKS`; nothing here knows one of them.
"""

from __future__ import annotations

import copy
import hashlib
import json
import subprocess
import sys
from functools import cache
from math import prod

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from napari_unetseg.core.config import NETWORKS, POOLINGS, UNETS, WAYS_UP
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.network.build import build_network, network_of
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.core.network.geometry import axis_geometries, padded
from napari_unetseg.core.network.modelfile import Model
from napari_unetseg.core.network.trace import calls_of
from napari_unetseg.core.network.twin import foldable
from napari_unetseg.core.predict.mirror import read_mirrored
from oracles.networks import (
    EVERY_NETWORK,
    NORMS,
    SPACING,
    small,
    smallest_input,
    the_middle,
    trained,
)
from oracles.tiles import assert_exact, predict

# Learn windows and not images, as tests/core/train has it.
TAUGHT_WINDOWS = {"deconvnet", "patch"}
every_network = pytest.mark.parametrize(("name", "dimensions"), EVERY_NETWORK)


# Building


@every_network
@settings(max_examples=4)
@given(channels=st.integers(1, 5), classes=st.integers(2, 7))
def test_it_is_built_for_any_channels_and_classes(name, dimensions, channels, classes):
    config = small(name, dimensions, depth=1, channels=channels, classes=classes)
    network = network_of(config).eval()
    images = torch.zeros(2, channels, *smallest_input(network))
    with torch.no_grad():
        scores = network(images)
        assert scores.shape[:2] == (2, classes)
        taught = network.forward_all(images)[0]
        assert torch.allclose(the_middle(scores, taught.shape[2:]), taught, atol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("option", ["channels", "classes", "base", "depth"])
def test_nothing_is_built_of_zero(name, option):
    with pytest.raises(InputError, match=f"^{option} = 0 does not fit"):
        build_network(name, **{option: 0})


# Learning


def richest(name, dimensions):
    """Configure a network with all heads that it can have."""
    try:
        return small(name, dimensions, deep_supervision=True)
    except ValueError:
        return small(name, dimensions)


@every_network
def test_every_parameter_gets_a_gradient_within_three_steps(name, dimensions):
    network = network_of(richest(name, dimensions))
    # A norm takes away what a bias before it adds.
    dead = {f"{before.name}.bias" for before, _ in foldable(calls_of(network))}
    learnt = {key for key, one in network.named_parameters() if one.requires_grad}
    waiting = learnt - dead
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-2)
    torch.manual_seed(0)
    images = torch.randn(2, 1, *smallest_input(network, 8))
    for _ in range(3):
        optimiser.zero_grad()
        loss = 0.0
        for scores in network.forward_all(images):
            targets = torch.randint(0, 3, scores[:, 0].shape)
            loss = loss + functional.cross_entropy(scores, targets)
        loss.backward()
        optimiser.step()
        waiting -= {
            key
            for key, learnt in network.named_parameters()
            if learnt.grad is not None and learnt.grad.any()
        }
    assert not waiting


SCENES = {
    2: ((256, 256), ((80, 90, 45), (170, 165, 50))),
    3: ((8, 40, 40), ((3, 13, 13, 11), (4, 27, 27, 12))),
}


def scene(dimensions):
    """Two discs or balls in noise, and where they are; radii in pixels along X."""
    shape, balls = SCENES[dimensions]
    places = np.indices(shape, dtype=float)
    truth = np.zeros(shape, np.int64)
    scale = np.reshape(SPACING[dimensions], (-1, *[1] * dimensions))
    for *centre, radius in balls:
        offset = (places - np.reshape(centre, (-1, *[1] * dimensions))) * scale
        truth |= (offset**2).sum(0) < radius**2
    noise = np.random.default_rng(0).normal(size=shape)
    return (truth - 0.5 + 0.3 * noise).astype(np.float32)[None], truth


def iou(network, image, truth):
    """Intersection over union of a prediction of the whole image."""
    found = predict(network, image, "whole").argmax(0).astype(bool)
    return (found & (truth > 0)).sum() / (found | (truth > 0)).sum()


@pytest.mark.parametrize(
    ("name", "dimensions"),
    [
        pytest.param(*one, marks=[] if one[0] in UNETS else pytest.mark.slow)
        for one in EVERY_NETWORK
        if one[0] not in TAUGHT_WINDOWS
    ],
)
def test_it_can_learn_two_discs_by_heart(name, dimensions):
    image, truth = scene(dimensions)
    config = small(name, dimensions, depth=4 - dimensions, base=4, classes=2)
    network = network_of(config).train()
    box, output = [], []
    for size, axis in zip(truth.shape, axis_geometries(network), strict=True):
        halo = 0 if padded(network) else axis.before
        side = axis.input_size(axis.output_size(size)) if halo else size
        box.append((-halo, side - halo))
        output.append((0, axis.output_size(size) if halo else size))
    values = torch.from_numpy(read_mirrored(image, box))[None]
    targets = torch.from_numpy(read_mirrored(truth[None], output))
    has_norms = any(isinstance(layer, NORMS) for layer in network.modules())
    rate = 1e-2 if has_norms or name in UNETS else 2e-3
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate)
    reached = 0.0
    # Scores of every 32nd pixel draw no finer border.
    coarse = {"fcn-32s": 0.7, "fcn-16s": 0.85, "fcn-8s": 0.85}
    enough = coarse.get(name, 0.95)
    for step in range(1, 101):
        optimiser.zero_grad()
        functional.cross_entropy(network(values), targets).backward()
        optimiser.step()
        if step >= 10 and step % 5 == 0:
            reached = iou(network, image, truth)
        if reached > enough:
            break
    assert reached > enough


# Saving


def fingerprint(network, channels):
    """Bits of a network's weights, and of what it makes of an image."""
    state = network.state_dict()
    weights = b"".join(state[key].numpy().tobytes() for key in sorted(state))
    size = smallest_input(network, 4)
    values = torch.linspace(-1, 1, channels * prod(size)).reshape(1, channels, *size)
    with torch.no_grad():
        scores = network.eval()(values).numpy().tobytes()
    return [hashlib.sha256(part).hexdigest() for part in (weights, scores)]


_READ_AND_RUN = """
import json, sys
import torch
torch.set_num_threads(1)
from core.network.test_every_network import fingerprint
from napari_unetseg.core.network.modelfile import load_model
models = [load_model(path) for path in sys.argv[1:]]
channels = [model.card.network.channels for model in models]
found = [fingerprint(m.network(), n) for m, n in zip(models, channels, strict=True)]
print(json.dumps(found))
"""


def test_all_are_read_to_the_same_bits_by_another_process(tmp_path, request):
    paths, wanted = [], []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for name, dimensions in EVERY_NETWORK:
        network = trained(small(name, dimensions, channels=2), seed=3)
        halo = tuple(axis.before for axis in axis_geometries(network))
        config = small(name, dimensions, channels=2)
        spacing = (1.0,) * dimensions
        card = ModelCard(network=config, classes=(1, 2, 3), halo=halo, spacing=spacing)
        paths.append(tmp_path / f"{name}-{dimensions}.unetseg.safetensors")
        Model(card, network.state_dict()).save(paths[-1])
        wanted.append(fingerprint(network, 2))
    torch.set_num_threads(threads)
    tests = request.config.rootpath / "tests"
    code = f"import sys; sys.path.insert(0, {str(tests)!r})\n{_READ_AND_RUN}"
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, paths)],
        capture_output=True,
        check=True,
        text=True,
    )
    assert json.loads(done.stdout) == wanted


# Predicting


@cache
def network_for_tiles(name, dimensions, depth, upsampling, dtype):
    return trained(
        small(name, dimensions, depth=depth, upsampling=upsampling), dtype=dtype
    )


def noise(shape):
    return np.random.default_rng(0).normal(size=(1, *shape))


def drawn_network(name, dimensions, data, dtype):
    """Draw a network, a tile's side and an odd or tiny image for it."""
    largest, depths = {2: ((35, 35), (1, 2)), 3: ((5, 9, 9), (1,))}[dimensions]
    depth = data.draw(st.sampled_from(depths), "depth")
    upsampling = data.draw(st.sampled_from(WAYS_UP[name]), "upsampling")
    network = network_for_tiles(name, dimensions, depth, upsampling, dtype)
    step = max(axis.stride for axis in axis_geometries(network))
    shape = [data.draw(st.integers(1, size), "size") for size in largest]
    tile = data.draw(st.sampled_from((1, 2 * step, 4 * step)), "tile")
    return network, tile, noise(shape)


@pytest.mark.parametrize(
    ("name", "dimensions"), [one for one in EVERY_NETWORK if one[0] in UNETS]
)
@settings(max_examples=6)
@given(data=st.data())
def test_tiles_of_any_size_give_what_the_whole_image_gives(name, dimensions, data):
    dtype = data.draw(st.sampled_from((torch.float32, torch.float64)), "precision")
    network, tile, image = drawn_network(name, dimensions, data, dtype)
    assert_exact(network, image, (tile, "whole"))


@pytest.mark.parametrize("name", POOLINGS)
@settings(max_examples=3)
@given(data=st.data())
def test_so_do_tiles_of_networks_that_see_far(name, data):
    """In single precision, tiles are compared with tiles.

    So many layers with random weights lose four digits, by folding norms alone.
    """
    network, tile, image = drawn_network(name, 2, data, torch.float64)
    assert_exact(network, image, (tile, "whole"))
    # As a copy: the drawn one is kept for other examples.
    single, image = copy.deepcopy(network).float(), image.astype(np.float32)
    wanted = predict(single, image, "whole")
    allowed = 1e-4 * max(1, np.abs(wanted).max())
    assert np.abs(predict(single, image, tile) - wanted).max() < allowed


@pytest.mark.parametrize("name", UNETS)
def test_axes_of_other_strides_give_what_the_whole_volume_gives(name):
    """Z is pooled once and Y and X twice."""
    network = network_for_tiles(name, 3, 2, "transposed", torch.float64)
    strides = tuple(axis.stride for axis in axis_geometries(network))
    assert strides == (2, 4, 4)
    assert_exact(network, noise((3, 3, 5)), (1, "whole"))


@pytest.mark.parametrize(
    ("name", "dimensions"), [one for one in EVERY_NETWORK if one[0] != "patch"]
)
def test_a_misplaced_tile_would_be_noticed(name, dimensions):
    """The test above can fail: tiles off the lattice give other scores.

    Only of a classifier that was applied densely every pixel is on the lattice.
    """
    network = network_for_tiles(name, dimensions, 1, "transposed", torch.float64)
    shape = (24, 24) if dimensions == 2 else (5, 16, 16)
    image = noise(shape)
    shifted = predict(network, np.roll(image, 1, axis=-1), "whole")
    inner = np.roll(shifted, -1, axis=-1) - predict(network, image, "whole")
    assert np.abs(inner[..., 8]).max() > 1e-3
