"""The U-Net, as in the paper (valid convolutions) and padded with batch normalisation.

References
----------
Ronneberger, Fischer, Brox: U-Net: Convolutional Networks for Biomedical Image
Segmentation. MICCAI 2015. doi:10.1007/978-3-319-24574-4_28
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from napari_unetseg.core.config import NetworkConfig


def crop_and_concatenate(skip: Tensor, features: Tensor) -> Tensor:
    """Cut the centre out of `skip` and stack it in front of `features`.

    Parameters
    ----------
    skip, features : tensor of shape (B, C, H, W)
        `skip` is at least as large as `features`, by an even number of pixels.

    Returns
    -------
    tensor of shape (B, C1 + C2, H, W), the size of `features`
    """
    height, width = features.shape[-2:]
    top = (skip.shape[-2] - height) // 2
    left = (skip.shape[-1] - width) // 2
    centre = skip[..., top : top + height, left : left + width]
    return torch.cat([centre, features], dim=1)


torch.fx.wrap("crop_and_concatenate")


class UNet(nn.Module):
    """U-Net of any width and depth.

    Parameters
    ----------
    config : NetworkConfig
        "unet": valid convolutions, so that 572 x 572 pixels become 388 x 388.
        "unet-bn": padded convolutions with batch normalisation, so that the output has
        the size of the input, which must be a multiple of ``2 ** depth``.

    Notes
    -----
    As in the authors' release, a ReLU follows every up-convolution, and dropout acts on
    the two lowest levels, including the skip that leaves the upper of them.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        padded = config.name == "unet-bn"
        widths = [config.base * 2**level for level in range(config.depth + 1)]
        inputs = [config.channels, *widths[:-1]]

        def double(before: int, after: int) -> nn.Sequential:
            return double_convolution(before, after, padded=padded, norm=padded)

        self.down = nn.ModuleList(map(double, inputs, widths))
        self.pool = nn.MaxPool2d(2)
        self.drop = nn.ModuleList(
            nn.Dropout(config.dropout if level >= config.depth - 1 else 0.0)
            for level in range(config.depth + 1)
        )
        steps = [(wide, narrow) for narrow, wide in reversed(list(pairwise(widths)))]
        self.up = nn.ModuleList(
            nn.Sequential(
                nn.ConvTranspose2d(wide, narrow, 2, stride=2), nn.ReLU(inplace=True)
            )
            for wide, narrow in steps
        )
        self.merge = nn.ModuleList(double(wide, narrow) for wide, narrow in steps)
        self.head = nn.Conv2d(widths[0], config.classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Scores before softmax: (B, C, H, W) to (B, classes, H', W')."""
        skips: list[Tensor] = []
        for convolve, drop in zip(self.down, self.drop, strict=True):
            if skips:
                x = self.pool(x)
            x = drop(convolve(x))
            skips.append(x)
        skips.pop()
        for up, merge in zip(self.up, self.merge, strict=True):
            x = merge(crop_and_concatenate(skips.pop(), up(x)))
        scores: Tensor = self.head(x)
        return scores


def double_convolution(
    before: int, after: int, *, padded: bool, norm: bool
) -> nn.Sequential:
    """Two 3 x 3 convolutions, each with a ReLU and, if asked, batch norm before it."""
    layers: list[nn.Module] = []
    for channels in (before, after):
        layers.append(nn.Conv2d(channels, after, 3, padding=1 if padded else 0))
        if norm:
            layers.append(nn.BatchNorm2d(after))
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)
