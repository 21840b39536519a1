"""The residual encoder, as in nnU-Net's ResEnc presets."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.residual import ResidualBlock, ResidualUNet


@pytest.mark.parametrize(
    ("options", "count"),
    [
        # Counted of nnU-Net's ResidualEncoderUNet (dynamic_network_architectures 0.4.4)
        # with batch norm, heads that only teach left out; less the biases under norms.
        ({"base": 32, "depth": 6}, 105_913_858 - 24_512),
        ({"base": 32, "depth": 5, "dimensions": 3}, 102_348_226 - 13_056),
        ({"base": 4, "depth": 6}, 9_660_802 - 6_200),
        (
            {
                "base": 4,
                "depth": 3,
                "dimensions": 3,
                "pools": ((1, 2, 2), (2, 2, 2), (2, 2, 2)),
                "kernels": ((1, 3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3)),
            },
            405_058 - 600,
        ),
    ],
)
def test_parameters_are_those_of_nnu_net(options, count):
    with torch.device("meta"):
        network = ResidualUNet(NetworkConfig(name="unet-res", **options))
    assert sum(p.numel() for p in network.parameters()) == count


@pytest.mark.parametrize(("dimensions", "largest"), [(2, 512), (3, 320)])
def test_widths_double_until_they_are_wide_enough(dimensions, largest):
    config = NetworkConfig(
        name="unet-res", base=32, depth=6, dimensions=dimensions, classes=3
    )
    with torch.device("meta"):
        network = ResidualUNet(config)
    found = [stage[-1].conv2.out_channels for stage in network.down]
    assert found == [min(32 << level, largest) for level in range(7)]
    blocks = [
        sum(isinstance(m, ResidualBlock) for m in stage) for stage in network.down
    ]
    assert blocks == [1, 3, 4, 6, 6, 6, 6]


def naive_block(block, x, stride):
    """Two convolutions, and the averaged and projected input added to them."""

    def normal(x, norm):
        return functional.batch_norm(
            x, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps
        )

    convolve = {4: functional.conv2d, 5: functional.conv3d}[x.ndim]
    average = {4: functional.avg_pool2d, 5: functional.avg_pool3d}[x.ndim]
    same = [size // 2 for size in block.conv1.kernel_size]
    y = convolve(x, block.conv1.weight, stride=stride, padding=same)
    y = functional.leaky_relu(normal(y, block.norm1), 0.01)
    y = normal(convolve(y, block.conv2.weight, padding=same), block.norm2)
    shortcut = average(x, stride)
    if not isinstance(block.shortcut.project, nn.Identity):
        project, norm = block.shortcut.project
        shortcut = normal(convolve(shortcut, project.weight), norm)
    return functional.leaky_relu(y + shortcut, 0.01)


@pytest.mark.parametrize("after", [3, 5])
@pytest.mark.parametrize(
    ("kernel", "stride"),
    [((3, 3), (2, 2)), ((3, 3), (1, 1)), ((1, 3, 3), (1, 2, 2)), ((3,) * 3, (2,) * 3)],
)
def test_a_block_adds_its_input_to_two_convolutions(after, kernel, stride):
    torch.manual_seed(0)
    block = ResidualBlock(3, after, kernel, stride).double().eval()
    for norm in block.modules():
        if isinstance(norm, nn.BatchNorm2d | nn.BatchNorm3d):
            norm.running_mean.normal_()
            norm.running_var.uniform_(0.5, 2)
            nn.init.normal_(norm.weight)
            nn.init.normal_(norm.bias)
    x = torch.randn((2, 3, 8, 12, 10)[: 2 + len(kernel)], dtype=torch.float64)
    with torch.no_grad():
        found = block(x)
        wanted = naive_block(block, x.clone(), stride)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-12)


def test_blocks_start_as_their_shortcut():
    network = network_of(NetworkConfig(name="unet-res", base=3, depth=1)).eval()
    block = network.down[1][1]
    x = torch.randn(1, 6, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(block(x), functional.leaky_relu(x, 0.01))


def test_all_levels_teach_but_the_lowest():
    config = NetworkConfig(name="unet-res", base=1, depth=3, deep_supervision=True)
    network = network_of(config).eval()
    x = torch.randn(1, 1, 16, 24)
    with torch.no_grad():
        main, coarse = network.forward_all(x)
        assert torch.equal(main, network(x))
    assert main.shape == (1, 2, 16, 24)
    assert coarse.shape == (1, 2, 8, 12)
