"""The U-Net with a residual encoder, as in nnU-Net's ResEnc presets.

References
----------
Isensee et al.: nnU-Net Revisited: A Call for Rigorous Validation in 3D Medical Image
Segmentation. MICCAI 2024. doi:10.1007/978-3-031-72114-4_47
He et al.: Bag of Tricks for Image Classification with Convolutional Neural Networks.
CVPR 2019 (ResNet-D's shortcut). doi:10.1109/CVPR.2019.00065
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from napari_unetseg.core.network.family import (
    RESIDUAL_BLOCKS,
    channels_down,
    channels_up,
)
from napari_unetseg.core.network.layers import AddShortcut
from napari_unetseg.core.network.unet import (
    EncoderDecoder,
    convolution,
    normalisation,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.config import NetworkConfig

_SLOPE = 0.01


class ResidualUNet(EncoderDecoder):
    """U-Net whose way down is made of residual blocks.

    Parameters
    ----------
    config : NetworkConfig
        "unet-res". Its output has the size of its input, which must be a multiple of
        the poolings along each axis.

    Notes
    -----
    One convolution comes first; then each level has `family.RESIDUAL_BLOCKS` blocks,
    and the stride of the first of them leads down to it. On the way up one convolution
    follows each joining of the paths. All activations are leaky ReLUs. nnU-Net's
    instance normalisation would make a result depend on its tiles, so that it is batch
    normalisation here.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config, stage=_stage, pool=_no_pool, merge=_merge)


class ResidualBlock(nn.Module):
    """Two convolutions whose result is added to their input.

    Parameters
    ----------
    before, after : int
        Channels.
    kernel : sequence of int
        1 or 3 along each axis.
    stride : sequence of int
        Of the first convolution, 1 or 2 along each axis. The shortcut is averaged to
        the same size, and projected where the number of channels changes.
    """

    def __init__(
        self, before: int, after: int, kernel: Sequence[int], stride: Sequence[int]
    ) -> None:
        super().__init__()
        dimensions = len(kernel)
        self.conv1 = convolution(before, after, kernel, stride, bias=False)
        self.norm1 = normalisation(after, dimensions)
        self.relu1 = nn.LeakyReLU(_SLOPE, inplace=True)
        self.conv2 = convolution(after, after, kernel, bias=False)
        self.norm2 = normalisation(after, dimensions)
        project = None
        if before != after:
            project = nn.Sequential(
                convolution(before, after, (1,) * dimensions, bias=False),
                normalisation(after, dimensions),
            )
        self.shortcut = AddShortcut(stride, project)
        self.relu2 = nn.LeakyReLU(_SLOPE, inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """(B, before, ...) to (B, after, ...), smaller by the stride."""
        features = self.relu1(self.norm1(self.conv1(x)))
        features = self.norm2(self.conv2(features))
        result: Tensor = self.relu2(self.shortcut(x, features))
        return result


def _stage(config: NetworkConfig, level: int) -> nn.Module:
    before, _, after = channels_down(config, level)
    kernel = config.kernel(level)
    if level:
        first = ResidualBlock(before, after, kernel, config.pool(level - 1))
        layers: list[nn.Module] = [first]
    else:
        layers = [*_activated(before, after, kernel), _block(after, kernel)]
    layers += [_block(after, kernel) for _ in range(1, RESIDUAL_BLOCKS[level])]
    return nn.Sequential(*layers)


def _block(channels: int, kernel: Sequence[int]) -> ResidualBlock:
    return ResidualBlock(channels, channels, kernel, (1,) * len(kernel))


def _no_pool(config: NetworkConfig, level: int) -> nn.Module:
    """Strides lead down."""
    return nn.Identity()


def _merge(config: NetworkConfig, level: int) -> nn.Module:
    _, up, out = channels_up(config, level)
    return nn.Sequential(*_activated(out + up, out, config.kernel(level)))


def _activated(before: int, after: int, kernel: Sequence[int]) -> list[nn.Module]:
    return [
        convolution(before, after, kernel, bias=False),
        normalisation(after, len(kernel)),
        nn.LeakyReLU(_SLOPE, inplace=True),
    ]
