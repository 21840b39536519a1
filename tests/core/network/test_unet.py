"""The numbers of the paper."""

import pytest
import torch

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.network.build import build_network
from napari_unetseg.core.network.initialise import initialise
from napari_unetseg.core.network.unet import crop_and_concatenate


def parameters(**options):
    network = build_network(NetworkConfig(**options))
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({"name": "unet"}, 31_030_658),
        ({"name": "unet", "channels": 3}, 31_031_810),
        ({"name": "unet-bn"}, 31_042_434),
        ({"name": "unet", "base": 48}, 17_456_162),
        ({"name": "unet", "base": 32}, 7_759_554),
        ({"name": "unet", "base": 16}, 1_940_834),
        ({"name": "unet", "depth": 3}, 7_696_258),
        ({"name": "unet", "depth": 5, "base": 32}, 31_093_954),
    ],
)
def test_parameter_counts(options, count):
    assert parameters(**options) == count


def test_572_becomes_388_with_the_papers_crops():
    network = build_network(NetworkConfig(name="unet", base=2)).eval()
    crops = []

    def note(skip, features):
        crops.append((skip.shape[-1] - features.shape[-1]) // 2)
        return crop_and_concatenate(skip, features)

    import napari_unetseg.core.network.unet as module

    module.crop_and_concatenate = note
    try:
        with torch.no_grad():
            out = network(torch.zeros(1, 1, 572, 572))
    finally:
        module.crop_and_concatenate = crop_and_concatenate
    assert out.shape == (1, 2, 388, 388)
    assert crops == [4, 16, 40, 88]


@pytest.mark.parametrize("k", [0, 1, 3])
def test_valid_sizes_are_188_plus_16_k(k):
    network = build_network(NetworkConfig(name="unet", base=2)).eval()
    with torch.no_grad():
        out = network(torch.zeros(1, 1, 188 + 16 * k, 188 + 16 * k))
    assert out.shape[-2:] == (4 + 16 * k, 4 + 16 * k)


def test_weights_have_the_deviation_of_he():
    network = build_network(NetworkConfig(name="unet", base=64, depth=1), seed=3)
    second = network.down[0][2]  # 3 x 3 over 64 channels: N = 576
    assert second.weight.std().item() == pytest.approx((2 / 576) ** 0.5, rel=0.02)
    assert second.weight.mean().item() == pytest.approx(0, abs=1e-3)
    up = network.up[0][0]
    assert up.weight.std().item() == pytest.approx((2 / 128) ** 0.5, rel=0.02)
    assert not second.bias.any()


def test_the_seed_decides_the_weights():
    first, second, other = (
        build_network(NetworkConfig(base=2), seed).head.weight for seed in (1, 1, 2)
    )
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_dropout_acts_on_the_two_lowest_levels():
    network = build_network(NetworkConfig(name="unet", base=2, dropout=0.5))
    assert [drop.p for drop in network.drop] == [0, 0, 0, 0.5, 0.5]


def test_every_parameter_gets_a_gradient():
    network = build_network(NetworkConfig(base=2, depth=2))
    initialise(network, 0)
    network(torch.randn(2, 1, 32, 32)).square().mean().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
