"""What one output of a layer sees along an axis, and why some layers have no answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import nn

from napari_unetseg.core.network.layers import FixedUpsampling

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

CONVOLUTIONS = (nn.Conv2d, nn.Conv3d)
UP_CONVOLUTIONS = (nn.ConvTranspose2d, nn.ConvTranspose3d, FixedUpsampling)
NORMS = (nn.BatchNorm2d, nn.BatchNorm3d)
POOLINGS = (nn.MaxPool2d, nn.MaxPool3d)


@dataclass(frozen=True, slots=True)
class Window:
    """What output i of a layer sees along one axis.

    Attributes
    ----------
    down, up : int
        How many inputs there are for `up` outputs.
    before, after : int
        How far output i sees, in inputs of ``1 / up`` pixel.
    """

    down: int = 1
    up: int = 1
    before: int = 0
    after: int = 0

    def first(self, output: Integers) -> Integers:
        """First input that an output sees."""
        return (self.down * output - self.before) // self.up

    def last(self, output: Integers) -> Integers:
        """Last input that an output sees."""
        return (self.down * output + self.after) // self.up


class RefusedError(Exception):
    """Why a layer cannot be tiled, as the end of a sentence that begins with it."""


def padding_of(layer: nn.Conv2d | nn.Conv3d) -> tuple[int, ...]:
    """How many pixels a convolution adds at either end of each axis."""
    if layer.padding == "valid":
        return (0,) * len(layer.kernel_size)
    if layer.padding == "same":
        return tuple(map(centre, layer.kernel_size, layer.dilation))
    return tuple(int(n) for n in layer.padding)


def centre(kernel: int, dilation: int) -> int:
    """How far a kernel of odd size sees to either side."""
    return dilation * (kernel - 1) // 2


def number(value: int | tuple[int, ...], axis: int) -> int:
    """What a layer's argument, one number or one for each axis, says of an axis."""
    return value[axis] if isinstance(value, tuple) else value
