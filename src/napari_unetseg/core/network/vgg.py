"""The convolutions of VGG16, on which FCN, SegNet and DeconvNet are built.

References
----------
Simonyan, Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition.
ICLR 2015. arXiv:1409.1556
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from torch import nn

from napari_unetseg.core.network.plans import FC_KERNEL, FULLY_CONNECTED, VGG

if TYPE_CHECKING:
    from collections.abc import Sequence


def stages(
    channels: int, base: int, *, norm: bool, first_padding: int = 1
) -> nn.ModuleList:
    """Make the five stages, without the poolings behind them.

    Parameters
    ----------
    channels : int
        Of the image.
    base : int
        Channels of the first stage; 64 in VGG16.
    norm : bool
        Whether batch normalisation follows each convolution.
    first_padding : int
        Of the first convolution.
    """
    made = nn.ModuleList()
    before = channels
    for widths in VGG:
        sizes = (before, *(base * width for width in widths))
        padding = first_padding if not made else 1
        made.append(convolutions(sizes, norm=norm, first_padding=padding))
        before = sizes[-1]
    return made


def convolutions(
    channels: Sequence[int],
    *,
    norm: bool,
    first_padding: int = 1,
    layer: type[nn.Conv2d | nn.ConvTranspose2d] = nn.Conv2d,
) -> nn.Sequential:
    """Make 3 x 3 layers, each with a ReLU and, if wished, batch norm before it."""
    layers: list[nn.Module] = []
    for before, after in pairwise(channels):
        padding = 1 if layers else first_padding
        layers.append(layer(before, after, 3, padding=padding))
        layers += activation(after, norm=norm)
    return nn.Sequential(*layers)


def activation(channels: int, *, norm: bool) -> list[nn.Module]:
    """Make what follows a convolution: batch norm, if wished, and a ReLU."""
    norms: list[nn.Module] = [nn.BatchNorm2d(channels)] if norm else []
    return [*norms, nn.ReLU(inplace=True)]


def fully_connected(
    base: int, *, norm: bool, dropout: float = 0.0
) -> tuple[nn.Sequential, nn.Sequential]:
    """Make fc6 and fc7 as convolutions over the windows of the fifth pooling."""
    wide = FULLY_CONNECTED * base
    six: list[nn.Module] = [nn.Conv2d(VGG[-1][-1] * base, wide, FC_KERNEL)]
    seven: list[nn.Module] = [nn.Conv2d(wide, wide, 1)]
    for layers in (six, seven):
        layers += activation(wide, norm=norm)
        layers += [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(*six), nn.Sequential(*seven)
