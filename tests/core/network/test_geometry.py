"""Geometry against real forward passes and gradients."""

import pytest
import torch
from torch import nn

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.errors import ModelError
from napari_unetseg.core.network.build import build_network
from napari_unetseg.core.network.geometry import network_geometry
from napari_unetseg.core.network.twin import valid_twin


@pytest.mark.parametrize("name", ["unet", "unet-bn"])
@pytest.mark.parametrize(
    ("depth", "halo"), [(1, 8), (2, 20), (3, 44), (4, 92), (5, 188)]
)
def test_halo_and_sizes(name, depth, halo):
    network = build_network(NetworkConfig(name=name, depth=depth, base=1))
    y, x = network_geometry(network)
    assert y == x
    assert (y.before, y.after, y.stride) == (halo, halo, 2**depth)
    with torch.no_grad():
        for size in (y.smallest, y.smallest + y.stride):
            side = y.input_size(size)
            out = valid_twin(network)(torch.zeros(1, 1, side, side))
            assert out.shape[-1] == size


def test_output_size_is_the_next_possible():
    y, _ = network_geometry(build_network(NetworkConfig(base=1)))
    assert [y.output_size(n) for n in (1, 4, 5, 20, 21, 388)] == [4, 4, 20, 20, 36, 388]


def test_the_origin_is_where_the_twin_agrees_with_the_padded_network():
    network = build_network(NetworkConfig(base=2)).double().eval()
    randomise(network)
    y, _ = network_geometry(network)
    image = torch.randn(1, 1, 512, 512, dtype=torch.float64)
    with torch.no_grad():
        padded = network(image)
        twin = valid_twin(network)
        for shift in range(y.stride):
            start = 112 + shift
            read = slice(start - y.before, start - y.before + y.input_size(36))
            inside = twin(image[..., read, read])
            wanted = padded[..., start : start + 36, start : start + 36]
            agrees = torch.allclose(inside, wanted, atol=1e-12)
            assert agrees == (start % y.stride == y.origin)


def test_the_receptive_field_stays_within_the_halo():
    network = build_network(NetworkConfig(base=2)).eval()
    y, _ = network_geometry(network)
    side = y.input_size(y.smallest)
    image = torch.randn(1, 1, side, side, requires_grad=True)
    valid_twin(network)(image).sum().backward()
    seen = image.grad[0, 0].abs().sum(0).nonzero().flatten()
    assert seen.min() >= 0
    assert seen.max() < side


@pytest.mark.parametrize(
    "layer",
    [
        nn.InstanceNorm2d(1),
        nn.AdaptiveAvgPool2d(1),
        nn.GroupNorm(1, 1),
        nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True),
    ],
)
def test_layers_without_a_rule_are_refused_by_name(layer):
    with pytest.raises(ModelError, match=type(layer).__name__):
        network_geometry(nn.Sequential(nn.Conv2d(1, 1, 3), layer))


def test_strided_convolutions_are_refused():
    with pytest.raises(ModelError, match="stride"):
        network_geometry(nn.Sequential(nn.Conv2d(1, 1, 3, stride=2)))


def randomise(network):
    """Give batch norms the statistics of a network that has been trained."""
    torch.manual_seed(0)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.normal_()
            layer.running_var.uniform_(0.5, 2)
            layer.weight.data.uniform_(0.5, 2)
            layer.bias.data.normal_()
