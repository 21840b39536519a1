"""The valid twin gives what the padded network gives, far from any border."""

import copy
import weakref

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import nn

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.errors import ModelError
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.geometry import axis_geometries
from napari_unetseg.core.network.layers import AddShortcut
from napari_unetseg.core.network.twin import channels_last, valid_twin
from oracles.networks import NORMS, THICK, configs, randomise

PADDED = ("unet-bn", "unet-res")


def reading(axis, steps):
    """Where a twin reads and writes, as many lattice steps from the front as may be."""
    start = axis.before + (axis.origin - axis.before) % axis.stride + axis.stride
    output = axis.smallest + steps * axis.stride
    return slice(start - axis.before, start + output + axis.after), slice(
        start, start + output
    )


def assert_same(found, wanted):
    """In float64, up to rounding."""
    largest = max(float(wanted.abs().max()), 1)
    assert found.shape == wanted.shape
    assert float((found - wanted).abs().max()) <= 1e-13 * largest


@settings(max_examples=10)
@given(configs(names=PADDED), st.integers(0, 2), st.integers(0, 99))
@example(NetworkConfig(name="unet-res", base=2, **THICK), 1, 0)
@example(NetworkConfig(name="unet-bn", base=2, upsampling="linear", **THICK), 1, 0)
def test_a_tile_of_the_twin_is_a_part_of_the_padded_network(config, steps, seed):
    network = randomise(network_of(config, seed).double(), seed)
    axes = axis_geometries(network)
    read, write = zip(*(reading(axis, steps) for axis in axes), strict=True)
    sizes = [
        -(-part.stop // axis.stride) * axis.stride
        for part, axis in zip(read, axes, strict=True)
    ]
    image = torch.randn(1, config.channels, *sizes, dtype=torch.float64)
    with torch.no_grad():
        whole = network(image)
        tile = valid_twin(network)(image[(..., *read)])
    assert whole.shape[2:] == image.shape[2:]
    assert_same(tile, whole[(..., *write)])


@pytest.mark.parametrize("config", [{}, {"upsampling": "linear"}, THICK], ids=str)
def test_a_network_that_is_valid_by_birth_stays_as_it_is(config):
    network = network_of(NetworkConfig(name="unet", base=2, **{"depth": 2} | config))
    network = randomise(network.double())
    sides = [axis.input_size(axis.smallest) for axis in axis_geometries(network)]
    image = torch.randn(1, 1, *sides, dtype=torch.float64)
    with torch.no_grad():
        assert_same(valid_twin(network)(image), network(image))


@settings(max_examples=15)
@given(configs())
def test_twin_and_network_have_the_same_geometry(config):
    network = network_of(config)
    assert axis_geometries(valid_twin(network)) == axis_geometries(network)


@pytest.mark.parametrize("name", PADDED)
@pytest.mark.parametrize("dimensions", [2, 3])
def test_no_normalisation_or_gradient_is_left(name, dimensions):
    network = network_of(
        NetworkConfig(name=name, dimensions=dimensions, base=2, depth=2)
    )
    twin = valid_twin(network)
    assert any(isinstance(layer, NORMS) for layer in network.modules())
    assert not any(isinstance(layer, NORMS) for layer in twin.modules())
    assert not any(weights.requires_grad for weights in twin.parameters())
    assert not any(layer.training for layer in twin.modules())


def test_the_network_is_not_changed():
    network = network_of(NetworkConfig(base=2, depth=2, dropout=0.5))
    before, text = copy.deepcopy(network.state_dict()), str(network)
    valid_twin(network)
    assert str(network) == text
    assert network.training
    assert all(layer.before is None for layer in network.join)
    for name, values in network.state_dict().items():
        assert torch.equal(values, before[name])


def test_heads_that_only_teach_stay_behind():
    config = NetworkConfig(base=2, depth=3, classes=5, deep_supervision=True)

    def heads(network):
        return [m for m in network.modules() if getattr(m, "out_channels", 0) == 5]

    network = network_of(config)
    assert len(heads(network)) > 1
    assert len(heads(valid_twin(network))) == 1


def test_a_twin_is_gone_when_nobody_holds_it():
    """Without waiting for the garbage collector, which does not know of a GPU."""
    twin = weakref.ref(valid_twin(network_of(NetworkConfig(base=1, depth=1))))
    assert twin() is None


def test_weights_lie_as_the_fast_convolutions_want_them():
    flat = channels_last(network_of(NetworkConfig(base=4, depth=1)))
    deep = channels_last(network_of(NetworkConfig(base=4, depth=1, dimensions=3)))
    flat_weights, deep_weights = flat.merge[0][0].weight, deep.merge[0][0].weight
    assert flat_weights.is_contiguous(memory_format=torch.channels_last)
    assert deep_weights.is_contiguous(memory_format=torch.channels_last_3d)


class Twice(nn.Module):
    """One convolution for two norms, and a norm whose input is used again."""

    def __init__(self):
        super().__init__()
        self.convolve = nn.Conv2d(1, 1, 3, padding=1)
        self.norms = nn.ModuleList(nn.BatchNorm2d(1) for _ in range(3))
        self.last = nn.Conv2d(1, 1, 3, padding=1)
        self.alias = self.last
        self.add = AddShortcut((1, 1), nn.Sequential(nn.Conv2d(1, 1, 1), self.norms[2]))

    def forward(self, x):
        for norm in self.norms[:2]:
            x = norm(self.convolve(x))
        features = self.alias(x)
        return self.add(features, self.norms[2](features))


def test_layers_that_are_used_twice_are_not_folded():
    network = randomise(Twice().double())
    image = torch.randn(1, 1, 12, 12, dtype=torch.float64)
    with torch.no_grad():
        tile, whole = valid_twin(network)(image), network(image)
    assert_same(tile, whole[..., 3:-3, 3:-3])


class Aliased(nn.Module):
    """Convolution and norm go by two names each."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv2d(1, 1, 3, padding=1), nn.BatchNorm2d(1)])
        self.convolve, self.norm = self.layers

    def forward(self, x):
        return self.norm(self.convolve(x))


def test_layers_of_two_names_are_folded_once():
    network = randomise(Aliased().double())
    image = torch.randn(1, 1, 8, 8, dtype=torch.float64)
    twin = valid_twin(network)
    with torch.no_grad():
        tile, whole = twin(image), network(image)
    assert not any(isinstance(layer, NORMS) for layer in twin.modules())
    assert_same(tile, whole[..., 1:-1, 1:-1])


def test_a_forbidden_layer_has_no_twin():
    with pytest.raises(ModelError, match="InstanceNorm2d"):
        valid_twin(nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), nn.InstanceNorm2d(1)))
