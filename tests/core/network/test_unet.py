"""The numbers of the papers, and the doors to the networks."""

import pytest
import torch
from torch import nn

from napari_unetseg.core.config import UNETS, NetworkConfig
from napari_unetseg.core.errors import InputError, ModelError
from napari_unetseg.core.network import build
from napari_unetseg.core.network.build import build_network, network_of
from napari_unetseg.core.network.initialise import initialise
from napari_unetseg.core.network.layers import CropAndConcatenate
from napari_unetseg.core.network.unet import UNet


def counted(network):
    return sum(p.numel() for p in network.parameters())


def parameters(**options):
    with torch.device("meta"):
        return counted(UNet(NetworkConfig(**options)))


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


def test_the_network_of_cicek_has_the_published_parameters():
    volumes = {"name": "unet", "dimensions": 3, "base": 32, "depth": 3}
    assert parameters(**volumes, channels=3, classes=3) == 19_069_955


def cropped(network, shape):
    """Output of a network, and pixels that it cuts off its skips along each axis."""
    crops = []

    def note(layer, inputs, output):
        skip, features = inputs
        pairs = zip(skip.shape[2:], features.shape[2:], strict=True)
        crops.append(tuple((n - kept) // 2 for n, kept in pairs))

    for layer in network.modules():
        if isinstance(layer, CropAndConcatenate):
            layer.register_forward_hook(note)
    with torch.device("meta"):
        return network(torch.zeros(1, 1, *shape)).shape, crops


def valid(**options):
    with torch.device("meta"):
        return UNet(NetworkConfig(name="unet", base=2, **options)).eval()


def test_572_becomes_388_with_the_papers_crops():
    shape, crops = cropped(valid(), (572, 572))
    assert shape == (1, 2, 388, 388)
    assert crops == [(4, 4), (16, 16), (40, 40), (88, 88)]


def test_132_x_132_x_116_become_44_x_44_x_28():
    shape, crops = cropped(valid(dimensions=3, depth=3), (116, 132, 132))
    assert shape == (1, 2, 28, 44, 44)
    assert crops == [(4,) * 3, (16,) * 3, (40,) * 3]


def test_channels_double_before_the_pooling_in_the_network_of_cicek():
    options = {"name": "unet", "dimensions": 3, "base": 32, "depth": 3}
    with torch.device("meta"):
        network = UNet(NetworkConfig(**options))
    shapes = [
        (layer.in_channels, layer.out_channels)
        for layer in network.modules()
        if isinstance(layer, nn.Conv3d | nn.ConvTranspose3d)
    ]
    down = [(1, 32), (32, 64), (64, 64), (64, 128), (128, 128), (128, 256)]
    bottom = [(256, 256), (256, 512)]
    up = [(512, 512), (256, 256), (128, 128)]
    merge = [(768, 256), (256, 256), (384, 128), (128, 128), (192, 64), (64, 64)]
    assert shapes == [*down, *bottom, *up, *merge, (64, 2)]


@pytest.mark.parametrize("k", [0, 1, 3])
def test_valid_sizes_are_188_plus_16_k(k):
    shape, _ = cropped(valid(), (188 + 16 * k, 188))
    assert shape[-2:] == (4 + 16 * k, 4)


def test_axes_are_pooled_and_seen_as_the_configuration_says():
    config = NetworkConfig(
        name="unet-bn",
        dimensions=3,
        base=2,
        depth=2,
        pools=((1, 2, 2), (2, 2, 2)),
        kernels=((1, 3, 3), (3, 3, 3), (3, 3, 3)),
    )
    network = network_of(config)
    assert network.down[0][0].weight.shape[2:] == (1, 3, 3)
    assert network.merge[-1][0].weight.shape[2:] == (1, 3, 3)
    assert network.down[1][0].weight.shape[2:] == (3, 3, 3)
    assert network.up[-1][0].weight.shape[2:] == (1, 2, 2)
    assert network(torch.zeros(1, 1, 4, 8, 12)).shape == (1, 2, 4, 8, 12)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_linear_upsampling_and_a_pointwise_convolution_can_change_places(dimensions):
    network = network_of(
        NetworkConfig(
            base=3, depth=1, dimensions=dimensions, upsampling="linear", dropout=0.0
        )
    ).double()
    convolve, upsample, _ = network.up[0]
    nn.init.normal_(convolve.bias)
    x = torch.randn((2, 6, 4, 5, 3)[: 2 + dimensions], dtype=torch.float64)
    one, other = upsample(convolve(x)), convolve(upsample(x))
    assert one.shape[2:] == tuple(2 * n for n in x.shape[2:])
    torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


def test_weights_have_the_deviation_of_he():
    network = network_of(NetworkConfig(name="unet", base=64, depth=1), seed=3)
    second = network.down[0][2]  # 3 x 3 over 64 channels: N = 576
    assert second.weight.std().item() == pytest.approx((2 / 576) ** 0.5, rel=0.02)
    assert second.weight.mean().item() == pytest.approx(0, abs=1e-3)
    up = network.up[0][0]
    assert up.weight.std().item() == pytest.approx((2 / 128) ** 0.5, rel=0.02)
    assert not second.bias.any()


def test_weights_of_volumes_have_the_deviation_of_he():
    options = {"name": "unet", "base": 16, "depth": 1, "dimensions": 3}
    network = network_of(NetworkConfig(**options), seed=3)
    second = network.down[0][3]  # 3 x 3 x 3 over 16 channels: N = 432
    assert second.weight.std().item() == pytest.approx((2 / 432) ** 0.5, rel=0.02)
    up = network.up[0][0]  # one of 64 channels' pixels
    assert up.weight.std().item() == pytest.approx((2 / 64) ** 0.5, rel=0.02)


def test_the_seed_decides_the_weights():
    first, second, other = (
        network_of(NetworkConfig(base=2), seed).head.weight for seed in (1, 1, 2)
    )
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_heads_that_only_teach_change_no_other_weight():
    plain = network_of(NetworkConfig(base=2), 1).state_dict()
    taught = network_of(NetworkConfig(base=2, deep_supervision=True), 1).state_dict()
    assert taught.keys() - plain.keys()
    assert all(torch.equal(taught[key], plain[key]) for key in plain)


def test_weights_trained_before_still_fit():
    """Names in model files of the first version."""
    network = network_of(NetworkConfig(base=2, depth=1))
    block = [f"{i}.{kind}" for i in (0, 1, 3, 4) for kind in ("weight", "bias")]
    learnt = [
        *(f"down.{level}.{name}" for level in (0, 1) for name in block),
        "up.0.0.weight",
        "up.0.0.bias",
        *(f"merge.0.{name}" for name in block),
        "head.weight",
        "head.bias",
    ]
    assert [name for name, _ in network.named_parameters()] == learnt


def test_dropout_acts_on_the_two_lowest_levels():
    network = network_of(NetworkConfig(name="unet", base=2, dropout=0.5))
    assert [drop.p for drop in network.drop] == [0, 0, 0, 0.5, 0.5]


def test_every_parameter_gets_a_gradient():
    network = network_of(NetworkConfig(base=2, depth=2))
    initialise(network, 0)
    network(torch.randn(2, 1, 32, 32)).square().mean().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name


@pytest.mark.parametrize(("depth", "levels"), [(2, 1), (3, 1), (4, 2), (5, 3)])
def test_all_levels_teach_but_the_lowest(depth, levels):
    config = NetworkConfig(base=1, depth=depth, classes=3, deep_supervision=True)
    network = network_of(config).eval()
    x = torch.randn(1, 1, 32, 64)
    with torch.no_grad():
        main, *others = network.forward_all(x)
        assert torch.equal(main, network(x))
    sizes = [tuple(scores.shape) for scores in others]
    assert sizes == [(1, 3, 32 >> level, 64 >> level) for level in range(1, levels + 1)]


def test_without_deep_supervision_one_level_teaches():
    network = network_of(NetworkConfig(base=1, depth=2)).eval()
    assert len(network.forward_all(torch.zeros(1, 1, 8, 8))) == 1


@pytest.mark.parametrize(
    ("name", "dimensions", "count", "dropout"),
    [
        ("unet", 2, 31_030_658, 0.5),
        ("unet", 3, 19_068_162, 0.0),
        ("unet-bn", 2, 31_042_434, 0.0),
        ("unet-bn", 3, 22_581_250, 0.0),
        ("unet-res", 2, 105_889_346, 0.0),
        ("unet-res", 3, 102_335_170, 0.0),
    ],
)
def test_networks_are_as_wide_as_published(
    monkeypatch, name, dimensions, count, dropout
):
    """Drawing 100 million weights takes seconds, and is another test's."""
    monkeypatch.setattr(build, "initialise", lambda network, seed: None)
    with torch.device("meta"):
        network = build_network(name, dimensions=dimensions)
    assert counted(network) == count
    assert network.drop[-1].p == dropout


def test_any_width_is_built_with_the_options_of_a_configuration():
    network = build_network(
        "unet-res", channels=3, classes=4, base=2, depth=2, dropout=0.25, seed=3
    )
    config = NetworkConfig(
        name="unet-res", channels=3, classes=4, base=2, depth=2, dropout=0.25
    )
    for one, other in zip(
        network.parameters(), network_of(config, 3).parameters(), strict=True
    ):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("u-net", {}, "There is no network 'u-net'. Choose one of: unet-bn, unet, "),
        ("unet", {"widht": 3}, "A network has no option 'widht'. Choose one of: name,"),
        ("unet", {"base": 0}, "base = 0 does not fit. Input should be greater than 0."),
        ("unet", {"depth": 8}, "depth = 8 does not fit. Input should be less than "),
        ("unet", {"classes": 1}, "classes = 1 does not fit. "),
        ("unet", {"channels": 0}, "channels = 0 does not fit. "),
        ("unet", {"dimensions": 4}, "dimensions = 4 does not fit. "),
        ("unet", {"deep_supervision": True}, "choose 'unet-bn' or 'unet-res'."),
        ("unet-bn", {"depth": 1, "deep_supervision": True}, "choose a larger depth."),
        ("unet", {"depth": 1, "pools": ((2, 2),) * 2}, "has 1 of them, not 2."),
        ("unet", {"depth": 1, "kernels": ((3, 3),)}, "has 2 of them, not 1."),
        ("unet", {"depth": 1, "pools": ((2, 2, 2),)}, "Each needs 2 numbers, one per "),
        (
            "unet-res",
            {"depth": 1, "kernels": ((3, 3), (1, 3))},
            "need the size 3 along it, also at level 1.",
        ),
    ],
)
def test_bad_choices_are_answered_in_a_sentence(name, options, words):
    with pytest.raises(InputError) as caught:
        build_network(name, **options)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", UNETS)
def test_a_layer_without_a_rule_is_refused_when_a_network_is_built(monkeypatch, name):
    def forbidden(config):
        network = builder(config)
        network.merge[0].append(nn.InstanceNorm2d(2))
        return network

    builder = build._BUILDERS[name]
    monkeypatch.setitem(build._BUILDERS, name, forbidden)
    with pytest.raises(ModelError, match=r"merge\.0\.\d+ \(InstanceNorm2d\)"):
        build_network(name, base=2, depth=1)
