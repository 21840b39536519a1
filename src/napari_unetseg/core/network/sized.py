"""Geometry rules of networks that keep the size as a whole, not layer by layer.

An FCN pads its image by 100 pixels, loses some in its fully connected layers and crops
what is too much at the end. Its layers are counted from their own first pixel, as they
stand, and may be of even size, overlap and pad as they like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_unetseg.core.network.window import (
    CONVOLUTIONS,
    POOLINGS,
    UP_CONVOLUTIONS,
    RefusedError,
    Window,
    number,
    padding_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn


def _sized_convolution(layer: nn.Conv2d | nn.Conv3d, axis: int) -> Window:
    if layer.padding_mode != "zeros":
        raise RefusedError(f"pads with '{layer.padding_mode}' instead of zeros")
    padding = padding_of(layer)[axis]
    reach = layer.dilation[axis] * (layer.kernel_size[axis] - 1)
    return Window(down=layer.stride[axis], before=padding, after=reach - padding)


def _sized_up_convolution(layer: Any, axis: int) -> Window:
    kernel, stride, padding = (
        number(values, axis)
        for values in (layer.kernel_size, layer.stride, layer.padding)
    )
    if kernel < stride or number(layer.output_padding, axis):
        raise RefusedError("leaves gaps or pads its output")
    if layer.dilation[axis] != 1:
        raise RefusedError("is dilated")
    return Window(up=stride, before=kernel - stride - padding, after=padding)


def _sized_pooling(layer: Any, axis: int) -> Window:
    if number(layer.padding, axis):
        raise RefusedError("pads")
    if layer.return_indices:
        raise RefusedError("returns places, which change with the tile")
    kernel, dilation = number(layer.kernel_size, axis), number(layer.dilation, axis)
    return Window(down=number(layer.stride, axis), after=dilation * (kernel - 1))


SIZED_RULES: dict[type[nn.Module], Callable[[Any, int], Window]] = {
    **dict.fromkeys(CONVOLUTIONS, _sized_convolution),
    **dict.fromkeys(UP_CONVOLUTIONS, _sized_up_convolution),
    **dict.fromkeys(POOLINGS, _sized_pooling),
}
