"""The networks before and beside the U-Net: the papers' numbers, bad choices."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from napari_unetseg.core.config import POOLINGS, WAYS_UP, NetworkConfig
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.network import build
from napari_unetseg.core.network.build import build_network, network_of
from napari_unetseg.core.network.cost import multiply_adds, parameters, training_memory
from napari_unetseg.core.network.fcn import bilinear_weights
from napari_unetseg.core.network.geometry import axis_geometries
from napari_unetseg.core.network.layers import FixedUpsampling
from napari_unetseg.core.network.measure import network_geometry
from napari_unetseg.core.network.twin import valid_twin
from napari_unetseg.core.network.walk import patch_sides

PUBLISHED = [
    ("fcn-32s", 3, 21, 136_152_917),
    ("fcn-16s", 3, 21, 134_815_994),
    ("fcn-8s", 3, 21, 134_489_759),
    ("segnet", 3, 11, 29_449_355),
    ("deconvnet", 3, 21, 251_805_653),
    ("patch", 1, 2, 219_290),
]
EVERY_WAY = [(name, way) for name in POOLINGS for way in WAYS_UP[name]]


@pytest.fixture
def on_paper(monkeypatch):
    """Build the widest networks without weights, of which some take a gigabyte."""
    monkeypatch.setattr(build, "initialise", lambda network, seed: None)
    with torch.device("meta"):
        yield


@pytest.mark.usefixtures("on_paper")
@pytest.mark.parametrize(("name", "channels", "classes", "published"), PUBLISHED)
def test_without_options_a_network_is_as_wide_as_its_papers(
    name, channels, classes, published
):
    network = build_network(name, channels=channels, classes=classes)
    assert sum(weights.numel() for weights in network.parameters()) == published


@pytest.mark.usefixtures("on_paper")
@pytest.mark.parametrize(
    ("name", "learnt"),
    [
        ("fcn-32s", 134_346_581),
        ("fcn-16s", 134_357_354),
        ("fcn-8s", 134_362_751),
    ],
)
def test_the_upsamplings_of_fcn_are_fixed(name, learnt):
    network = build_network(name, channels=3, classes=21)
    found = sum(one.numel() for one in network.parameters() if one.requires_grad)
    assert found == learnt


@pytest.mark.parametrize("name", ["fcn-32s", "fcn-16s", "fcn-8s", "segnet"])
@pytest.mark.parametrize("size", [(1, 1), (16, 33), (45, 60)])
def test_the_output_has_the_size_of_any_input(name, size):
    network = build_network(name, base=1, classes=2).eval().to("meta")
    assert network(torch.empty(1, 1, *size, device="meta")).shape == (1, 2, *size)


def test_scores_are_enlarged_in_full_precision_whatever_the_rest_is_computed_in():
    layer, scores = FixedUpsampling(3, 4), torch.randn(1, 3, 5, 5)
    layer.weight.data.copy_(bilinear_weights(layer))
    with torch.autocast("cpu", torch.bfloat16):
        found = layer(scores.bfloat16())
    assert found.dtype == torch.float32
    assert torch.equal(found, layer(scores.bfloat16().float()))


def test_a_transposed_convolution_interpolates_at_first():
    """A plane that rises evenly is still one when it is enlarged."""
    layer = FixedUpsampling(2, 8)
    layer.weight.data.copy_(bilinear_weights(layer))
    rows, columns = torch.meshgrid(torch.arange(6.0), torch.arange(6.0), indexing="ij")
    low = torch.stack([rows, 3 * columns - rows])[None]
    inner = layer(low)[..., 12:-12, 12:-12]
    for axis, steps in ((-2, (1, -1)), (-1, (0, 3))):
        for channel, step in enumerate(steps):
            found = inner[0, channel].diff(dim=axis)
            assert torch.allclose(found, torch.tensor(step / 8), atol=1e-5)


def test_scores_of_fcn_begin_at_zero():
    network = build_network("fcn-8s", base=1, classes=3)
    assert not network(torch.randn(1, 1, 40, 40)).any()


def test_convolutions_begin_as_he_says_and_deconvnets_way_up_at_a_hundredth():
    for name in POOLINGS:
        network = build_network(name, base=4, upsampling=WAYS_UP[name][0])
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d) and layer.weight.any():
                wanted = (2 / layer.weight[0].numel()) ** 0.5
            elif isinstance(layer, nn.ConvTranspose2d) and name == "deconvnet":
                wanted = 0.01
            else:
                continue
            # Of n numbers the deviation is known to 1 / sqrt(2n): five times that.
            known = 5 / (2 * layer.weight.numel()) ** 0.5
            assert layer.weight.std().item() == pytest.approx(wanted, rel=known)


def test_windows_are_those_of_the_papers():
    [y, _] = axis_geometries(build_network("patch", base=1))
    assert (y.before, y.after, y.stride) == (47, 47, 1)
    [y, _] = axis_geometries(build_network("deconvnet", base=1))
    assert (y.stride, y.before, y.after) == (112, 112, 112)


# Costs


def config_of(name, way, base=2):
    return NetworkConfig(name=name, base=base, channels=2, classes=3, upsampling=way)


@pytest.mark.parametrize(("name", "way"), EVERY_WAY)
def test_costs_are_those_of_the_network(name, way):
    config = config_of(name, way)
    network = build._BUILDERS[name](config)
    assert parameters(config) == sum(one.numel() for one in network.parameters())
    given, taught = patch_sides(config, 64)
    with FlopCounterMode(display=False) as counter:
        image = torch.empty(1, 2, *given, device="meta")
        scores = network.eval().to("meta").forward_all(image)[0]
    assert scores.shape[2:] == taught
    assert counter.get_total_flops() == 2 * multiply_adds(config, 64)


@pytest.mark.parametrize(("name", "way"), EVERY_WAY)
def test_a_tile_costs_what_torch_counts(name, way):
    network = network_of(config_of(name, way))
    found = network_geometry(network, (9, 9))
    twin = valid_twin(network, "meta")
    with FlopCounterMode(display=False) as counter:
        scores = twin(torch.empty(1, 2, *found.input_shape, device="meta"))
    assert scores.shape == (1, 3, *found.output_shape)
    assert counter.get_total_flops() == 2 * found.multiply_adds
    assert (found.channels, found.classes) == (2, 3)


@pytest.mark.parametrize(("name", "way"), EVERY_WAY)
def test_both_accounts_of_the_memory_agree(name, way):
    """Of the layers, and of the configuration alone, which reckons a reserve."""
    config = config_of(name, way, base=8)
    found = network_geometry(network_of(config), (9, 9))
    reckoned = training_memory(config, found.training_shape[0], 1)
    weights = 6 * 4 * parameters(config)
    if name == "patch":  # It is taught single windows, and predicts whole tiles.
        return
    assert 0.7 < (reckoned - weights) / found.memory_training < 2


# What is refused


@pytest.mark.parametrize("name", POOLINGS)
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"dimensions": 3}, "was made for planes"),
        ({"upsampling": "nearest"}, "upsampling = 'nearest' does not fit"),
        ({"depth": 3}, "always has"),
        ({"pools": ((2, 2),)}, "Only U-Nets can be pooled otherwise"),
        ({"deep_supervision": True}, "Only U-Nets have levels"),
    ],
)
def test_bad_choices_are_answered_in_a_sentence(name, options, words):
    with pytest.raises(InputError) as caught:
        build_network(name, **options)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["unet", "unet-bn", "fcn-8s", "patch"])
def test_only_networks_with_switches_unpool(name):
    with pytest.raises(InputError, match=f"'{name}' can do: transposed"):
        build_network(name, upsampling="unpooling")
