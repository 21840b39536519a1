"""The U-Net: as published (valid convolutions), and padded with batch normalisation.

References
----------
Ronneberger, Fischer, Brox: U-Net: Convolutional Networks for Biomedical Image
Segmentation. MICCAI 2015. doi:10.1007/978-3-319-24574-4_28
Çiçek et al.: 3D U-Net: Learning Dense Volumetric Segmentation from Sparse Annotation.
MICCAI 2016. doi:10.1007/978-3-319-46723-8_49
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from napari_unetseg.core.network.family import (
    auxiliary_levels,
    channels_down,
    channels_up,
    style,
    widths,
)
from napari_unetseg.core.network.layers import CropAndConcatenate, Upsample

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_unetseg.core.config import NetworkConfig

# By the number of dimensions.
_CONVOLUTION: dict[int, Any] = {2: nn.Conv2d, 3: nn.Conv3d}
_UP_CONVOLUTION: dict[int, Any] = {2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
_POOLING: dict[int, Any] = {2: nn.MaxPool2d, 3: nn.MaxPool3d}
_NORM: dict[int, Any] = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}


class EncoderDecoder(nn.Module):
    """A way down, a way up, and skips between them: what all U-Nets share.

    Parameters
    ----------
    config : NetworkConfig
        The architecture.
    stage : callable
        Makes the layers of a level on the way down; the top level is 0.
    pool : callable
        Makes what lies between a level and the one below it.
    merge : callable
        Makes the layers behind the joining of the paths at a level.

    Notes
    -----
    Dropout acts at the end of the two lowest levels of the way down, including the skip
    that leaves the upper of them, as in the authors' release of the U-Net.
    """

    def __init__(
        self,
        config: NetworkConfig,
        *,
        stage: Callable[[NetworkConfig, int], nn.Module],
        pool: Callable[[NetworkConfig, int], nn.Module],
        merge: Callable[[NetworkConfig, int], nn.Module],
    ) -> None:
        super().__init__()
        depth, out = config.depth, widths(config)
        upwards = range(depth)[::-1]
        self.down = nn.ModuleList(stage(config, level) for level in range(depth + 1))
        self.pool = nn.ModuleList(pool(config, level) for level in range(depth))
        self.drop = nn.ModuleList(
            nn.Dropout(config.dropout if level >= depth - 1 else 0.0)
            for level in range(depth + 1)
        )
        self.up = nn.ModuleList(up_convolution(config, level) for level in upwards)
        self.join = nn.ModuleList(CropAndConcatenate() for _ in upwards)
        self.merge = nn.ModuleList(merge(config, level) for level in upwards)
        self.head = _head(config, out[0])
        self.auxiliary = nn.ModuleList(
            _head(config, out[level]) for level in auxiliary_levels(config)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Scores before softmax.

        Parameters
        ----------
        x : tensor of shape (B, C, [Z,] Y, X)
            Images of a size that the network can take.

        Returns
        -------
        tensor of shape (B, classes, [Z',] Y', X')
        """
        scores: Tensor = self.head(self._levels(x)[0])
        return scores

    def forward_all(self, x: Tensor) -> list[Tensor]:
        """Scores of all levels that teach, from the finest, which `forward` returns.

        Without deep supervision there is no other. Those of level i have the size of
        the input divided by the first i poolings.
        """
        levels = self._levels(x)
        heads = [self.head, *self.auxiliary]
        return [head(found) for head, found in zip(heads, levels, strict=False)]

    def _levels(self, x: Tensor) -> list[Tensor]:
        """What each level yields on the way up, the finest first."""
        skips: list[Tensor] = []
        for level, (convolve, drop) in enumerate(
            zip(self.down, self.drop, strict=True)
        ):
            if level:
                x = self.pool[level - 1](x)
            x = drop(convolve(x))
            skips.append(x)
        skips.pop()
        found: list[Tensor] = []
        for up, join, merge in zip(self.up, self.join, self.merge, strict=True):
            x = merge(join(skips.pop(), up(x)))
            found.insert(0, x)
        return found


class UNet(EncoderDecoder):
    """U-Net of any width and depth, of planes or volumes.

    Parameters
    ----------
    config : NetworkConfig
        "unet": valid convolutions; in planes as in the paper, so that 572 x 572 pixels
        become 388 x 388, in volumes as Çiçek's, so that 132 x 132 x 116 become 44 x 44
        x 28.
        "unet-bn": padded convolutions with batch normalisation, so that the output has
        the size of the input, which must be a multiple of the poolings.

    Notes
    -----
    As in the authors' release, a ReLU follows every up-convolution; Çiçek et al.
    describe none.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config, stage=_stage, pool=_pool, merge=_merge)


def _stage(config: NetworkConfig, level: int) -> nn.Module:
    return _convolutions(config, level, channels_down(config, level))


def _merge(config: NetworkConfig, level: int) -> nn.Module:
    _, up, out = channels_up(config, level)
    return _convolutions(config, level, (out + up, out, out))


def _pool(config: NetworkConfig, level: int) -> nn.Module:
    pooling: nn.Module = _POOLING[config.dimensions](config.pool(level))
    return pooling


def _convolutions(
    config: NetworkConfig, level: int, channels: Sequence[int]
) -> nn.Sequential:
    """Convolutions, each with a ReLU and, if the network has it, batch norm before."""
    made = style(config)
    layers: list[nn.Module] = []
    for before, after in pairwise(channels):
        kernel = config.kernel(level)
        layers.append(
            convolution(before, after, kernel, padded=made.padded, bias=made.bias)
        )
        if made.learnt_by_norm:
            layers.append(
                normalisation(after, config.dimensions, scale=made.learnt_by_norm > 1)
            )
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


def _head(config: NetworkConfig, channels: int) -> nn.Module:
    return convolution(channels, config.classes, (1,) * config.dimensions)


def convolution(
    before: int,
    after: int,
    kernel: Sequence[int],
    stride: Sequence[int] | None = None,
    *,
    padded: bool = True,
    bias: bool = True,
) -> nn.Module:
    """Make a convolution that keeps the size but for its stride, or that is valid."""
    layer: nn.Module = _CONVOLUTION[len(kernel)](
        before,
        after,
        tuple(kernel),
        stride=tuple(stride or [1] * len(kernel)),
        padding=tuple(size // 2 if padded else 0 for size in kernel),
        bias=bias,
    )
    return layer


def normalisation(channels: int, dimensions: int, *, scale: bool = True) -> nn.Module:
    """Make a batch normalisation, which may learn a shift alone."""
    layer: nn.Module = _NORM[dimensions](channels)
    if not scale:
        del layer.weight
        layer.register_buffer("weight", torch.ones(channels), persistent=False)
    return layer


def up_convolution(config: NetworkConfig, level: int) -> nn.Sequential:
    """Make the step up to a level.

    Notes
    -----
    Linear upsampling and a 1 x 1 convolution can change places, since the weights of
    the one sum to 1 and the other sees single pixels. The convolution comes first,
    where there are fewer pixels.
    """
    made, factor = style(config), config.pool(level)
    before, after, _ = channels_up(config, level)
    layers: list[nn.Module] = []
    if config.upsampling == "linear":
        flat = (1,) * config.dimensions
        upsample = Upsample(factor)
        upsample.is_valid = not made.padded
        layers = [convolution(before, after, flat, bias=made.up_bias), upsample]
    else:
        up = _UP_CONVOLUTION[config.dimensions]
        layers = [up(before, after, factor, stride=factor, bias=made.up_bias)]
    if made.up_relu:
        # Not in place behind a crop, which only shows a part of its input.
        layers.append(nn.ReLU(inplace=config.upsampling == "transposed"))
    return nn.Sequential(*layers)
