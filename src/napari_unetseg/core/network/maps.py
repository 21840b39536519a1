"""How large the maps of a padded network are, from an image of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_unetseg.core.network.crops import CropLike, Surround
from napari_unetseg.core.network.layers import AddShortcut, Upsample
from napari_unetseg.core.network.switches import Unpool
from napari_unetseg.core.network.window import (
    CONVOLUTIONS,
    POOLINGS,
    UP_CONVOLUTIONS,
    number,
    padding_of,
)

if TYPE_CHECKING:
    from torch import nn

    from napari_unetseg.core.network.trace import Call


def maps_of(calls: list[Call], axis: int, size: int) -> list[int]:
    """Size of the image and of each result of a padded network along an axis.

    Parameters
    ----------
    calls : list of Call
        The layers, as the network calls them.
    axis : int
        Spatial axis: 0 is Z or Y.
    size : int
        Of the image, in pixels.
    """
    found = [size]
    for call in calls:
        before = [found[value] for value in call.inputs]
        found.append(_after(call.layer, axis, before))
    return found


def _after(layer: nn.Module, axis: int, before: list[int]) -> int:
    """Size of a layer's result, by those of what it takes."""
    size = before[-1]
    if isinstance(layer, (CropLike, Unpool)):
        return before[0]
    if isinstance(layer, AddShortcut):
        return size
    if isinstance(layer, Surround):
        return size + 2 * layer.border
    if isinstance(layer, Upsample):
        return size * layer.factor[axis]
    if isinstance(layer, CONVOLUTIONS):
        reach = layer.dilation[axis] * (layer.kernel_size[axis] - 1)
        inside = size + 2 * padding_of(layer)[axis] - reach - 1
        return inside // layer.stride[axis] + 1
    if isinstance(layer, UP_CONVOLUTIONS):
        return _enlarged(layer, axis, size)
    if isinstance(layer, POOLINGS):
        return _pooled(layer, axis, size)
    return size


def _enlarged(layer: Any, axis: int, size: int) -> int:
    padding, step = number(layer.padding, axis), number(layer.stride, axis)
    return (size - 1) * step + number(layer.kernel_size, axis) - 2 * padding


def _pooled(layer: Any, axis: int, size: int) -> int:
    kernel, step = number(layer.kernel_size, axis), number(layer.stride, axis)
    inside = size - number(layer.dilation, axis) * (kernel - 1) - 1
    if layer.ceil_mode:
        inside += step - 1
    return inside // step + 1
