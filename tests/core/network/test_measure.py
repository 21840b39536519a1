"""A network's costs against torch's own counters, and the published numbers."""

import pytest
import torch
from hypothesis import given, settings
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.errors import InputError, ModelError
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.measure import network_geometry
from napari_unetseg.core.network.table import describe
from napari_unetseg.core.network.twin import channels_last, valid_twin
from napari_unetseg.core.network.unet import UNet
from oracles.memory import inference_peak, training_peak
from oracles.networks import THICK, configs


def on_paper(**options):
    """A wide network without weights, which only a layer's shape needs."""
    with torch.device("meta"):
        return UNet(NetworkConfig(**options))


@pytest.mark.parametrize(
    ("side", "inside", "billions"),
    [
        (4, 188, 6.10),
        (68, 252, 15.12),
        (132, 316, 30.16),
        (388, 572, 150.43),
        (1284, 1468, 1328.9),
        (4100, 4284, 12704),
    ],
)
def test_the_papers_multiply_adds(side, inside, billions):
    found = network_geometry(on_paper(name="unet"), (side, side))
    assert found.input_shape == (inside, inside)
    assert found.output_shape == (side, side)
    assert found.multiply_adds / 1e9 == pytest.approx(billions, rel=1e-3)


@pytest.mark.parametrize(
    ("base", "depth", "millions"),
    [(64, 4, 0.7339), (32, 4, 0.1836), (64, 3, 0.5598), (32, 5, 0.2272)],
)
def test_the_published_limit_of_large_tiles(base, depth, millions):
    found = network_geometry(on_paper(base=base, depth=depth), (10**6, 10**6))
    assert found.multiply_adds_per_pixel / 1e6 == pytest.approx(millions, rel=1e-3)


def test_the_papers_parameters():
    for name, parameters in (("unet", 31_030_658), ("unet-bn", 31_042_434)):
        found = network_geometry(on_paper(name=name), (1, 1))
        assert (found.parameters, found.channels, found.classes) == (parameters, 1, 2)


@settings(max_examples=20)
@given(configs())
def test_multiply_adds_are_those_that_torch_counts(config):
    network = network_of(config)
    shape = (5, 9, 6)[: config.dimensions]
    found = network_geometry(network, shape)
    assert (found.channels, found.classes) == (config.channels, config.classes)
    twin = valid_twin(network, "meta")
    with FlopCounterMode(display=False) as counter:
        scores = twin(torch.empty(1, found.channels, *found.input_shape, device="meta"))
    assert scores.shape == (1, found.classes, *found.output_shape)
    assert counter.get_total_flops() == 2 * found.multiply_adds
    assert all(n >= wanted for n, wanted in zip(found.output_shape, shape, strict=True))


@settings(max_examples=10)
@given(configs())
def test_the_training_shape_is_one_that_the_network_can_take(config):
    network = network_of(config).to("meta")
    shape = (5, 9, 6)[: config.dimensions]
    found = network_geometry(network, shape)
    patch = torch.empty(1, config.channels, *found.training_shape, device="meta")
    scores = network(patch)
    if found.padded:
        assert scores.shape[2:] == patch.shape[2:]
        for axis, n, wanted in zip(found.axes, patch.shape[2:], shape, strict=True):
            assert 0 <= n - wanted < axis.stride
    else:
        assert scores.shape[2:] == found.output_shape
        assert found.training_shape == found.input_shape


# Large enough that torch takes the convolutions of every day: it unrolls small maps.
LARGE = [
    (NetworkConfig(name="unet", base=8, depth=3, dropout=0.5), (300, 200)),
    (NetworkConfig(name="unet-bn", base=8, depth=3), (300, 200)),
    (NetworkConfig(base=8, depth=3, upsampling="linear", dropout=0.3), (300, 200)),
    (NetworkConfig(name="unet-res", base=8, depth=2), (300, 200)),
    (NetworkConfig(name="unet-bn", base=4, **THICK), (150, 150, 4)),
]


@pytest.mark.parametrize(
    ("config", "shape"), LARGE, ids=lambda value: getattr(value, "name", "")
)
def test_memory_is_what_the_allocator_says(config, shape):
    network = channels_last(network_of(config))
    found = network_geometry(network, shape)
    peak = inference_peak(valid_twin(network), (1, *found.input_shape))
    assert found.memory_inference == pytest.approx(peak, rel=0.05)
    peak = training_peak(network, (1, *found.training_shape))
    assert found.memory_training == pytest.approx(peak, rel=0.05)


@settings(max_examples=15)
@given(configs())
def test_more_pixels_cost_more(config):
    network = network_of(config)
    found = network_geometry(network, (3,) * config.dimensions)
    strides = [axis.stride for axis in found.axes]
    shape = [n + s for n, s in zip(found.output_shape, strides, strict=True)]
    more = network_geometry(network, shape)
    assert more.axes == found.axes
    for cost in ("multiply_adds", "memory_inference", "memory_training"):
        assert getattr(more, cost) > getattr(found, cost)


@pytest.mark.parametrize("shape", [(4,), (4, 4, 4), (0, 4), (4, -1)])
def test_a_shape_has_one_positive_number_per_axis(shape):
    with pytest.raises(InputError, match="does not fit a network of 2 axes"):
        network_geometry(network_of(NetworkConfig(base=1)), shape)


def test_a_forbidden_layer_is_named():
    network = nn.Sequential(nn.Conv2d(1, 1, 3), nn.GroupNorm(1, 1))
    with pytest.raises(ModelError, match="1 \\(GroupNorm\\)"):
        network_geometry(network, (4, 4))


def test_the_table_tells_the_papers_network():
    rows = dict(describe(network_geometry(on_paper(name="unet"), (388, 388))))
    assert rows["parameters"] == "31,030,658"
    assert rows["stride"] == "16 px"
    assert rows["receptive field"] == "188 to 204 px"
    assert rows["halo"] == "92 px"
    assert rows["valid sizes"] == "188 + 16k -> 4 + 16k px"
    assert rows["tile"] == "572 x 572 -> 388 x 388 px"
    assert rows["multiply-adds"] == "150.4 billion"
    assert rows["multiply-adds per output pixel"] == "999,232"
    assert "Training sizes" not in rows


def test_the_table_tells_axes_apart():
    config = NetworkConfig(base=1, **THICK)
    found = network_geometry(network_of(config), (4, 12, 12))
    rows = dict(describe(found))
    assert rows["stride"] == "Z 2 px; Y 4 px; X 4 px"
    assert rows["halo"] == "Z 8 px; Y 20 px; X 20 px"
    assert rows["read origin"] == "Z 0 modulo 2; Y 2 modulo 4; X 2 modulo 4"
    assert rows["training sizes"] == "Z 2k px; Y 4k px; X 4k px"
    assert "memory to train on 4 x 12 x 12 px" in rows


def test_the_table_tells_unequal_ends():
    found = network_geometry(network_of(NetworkConfig(name="unet-res", base=1)), (9, 9))
    before, after = found.axes[0].before, found.axes[0].after
    assert before > after
    assert dict(describe(found))["halo"] == f"{before} px before, {after} px behind"
