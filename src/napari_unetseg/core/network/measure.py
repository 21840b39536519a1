"""A network measured: what it sees, gives and costs, computed from its layers."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.network.exact import ExactByItself
from napari_unetseg.core.network.geometry import AxisGeometry, axis_geometry, padded
from napari_unetseg.core.network.lattice import Axis, axes_of
from napari_unetseg.core.network.layers import CropAndConcatenate
from napari_unetseg.core.network.maps import maps_of
from napari_unetseg.core.network.memory import inference_bytes, training_bytes
from napari_unetseg.core.network.operations import Operation, operations_of
from napari_unetseg.core.network.trace import Call, calls_of
from napari_unetseg.core.network.twin import foldable
from napari_unetseg.core.network.window import CONVOLUTIONS, UP_CONVOLUTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

    Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """What one window costs, as `NetworkGeometry` tells it of a tile."""

    channels: int
    classes: int
    parameters: int
    multiply_adds: int
    memory_inference: int
    memory_training: int


@dataclass(frozen=True, slots=True)
class NetworkGeometry:
    """What a network sees, gives and costs, for an output of a certain size.

    Everything is of its valid twin, that is of prediction, but for what is said to be
    of training.

    Attributes
    ----------
    axes : tuple of AxisGeometry
        Along Y and X, or Z, Y and X.
    channels, classes : int
        Of the image, and of the output.
    padded : bool
        Whether the network is trained with padding, so that its output then has the
        size of its input.
    parameters : int
        Learnt numbers, with those of heads that are there for training only.
    input_shape, output_shape : tuple of int
        ([Z,] Y, X) of the smallest possible tile whose output covers what was asked,
        and of this output, in pixels.
    multiply_adds : int
        Of one forward pass of this tile. Convolutions count, as usual; one multiply-add
        is two floating-point operations.
    memory_inference : int
        Largest sum of the activations that are alive at the same time while this tile
        is predicted, the tile with them, in bytes in float32.
    training_shape : tuple of int
        ([Z,] Y, X) of the smallest patch to train with that teaches what was asked:
        `input_shape` of a network without padding, and with padding the next multiples
        of the strides.
    memory_training : int
        The same sum for a training step with one such patch, where the results of the
        forward pass wait for the backward pass. Weights, their gradients and the
        optimiser's state are not part of it; auxiliary heads neither.
    """

    axes: tuple[AxisGeometry, ...]
    channels: int
    classes: int
    padded: bool
    parameters: int
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    multiply_adds: int
    memory_inference: int
    training_shape: tuple[int, ...]
    memory_training: int

    @property
    def multiply_adds_per_pixel(self) -> float:
        """Multiply-adds per pixel of the output."""
        return self.multiply_adds / prod(self.output_shape)


def network_geometry(network: nn.Module, shape: Sequence[int]) -> NetworkGeometry:
    """Measure a network, without running it.

    Parameters
    ----------
    network : nn.Module
        As it was built, of two or three dimensions.
    shape : sequence of int
        (Y, X) or (Z, Y, X) of the output that is wanted, in pixels; it is rounded up to
        what the network can do.

    Returns
    -------
    NetworkGeometry

    Raises
    ------
    ModelError
        If the network could not be predicted exactly in tiles, naming the layer.
    InputError
        If `shape` is not one positive number per axis.

    Examples
    --------
    >>> from napari_unetseg.core.config import NetworkConfig
    >>> from napari_unetseg.core.network.build import network_of
    >>> found = network_geometry(network_of(NetworkConfig(name="unet")), (388, 388))
    >>> found.input_shape, round(found.multiply_adds / 1e9, 2)
    ((572, 572), 150.43)
    """
    if isinstance(network, ExactByItself):
        return network.measured(_checked(shape, len(network.axes())))
    calls = calls_of(network)
    axes = axes_of(calls)
    _checked(shape, len(axes))
    geometries = tuple(map(axis_geometry, axes))
    is_padded = padded(network)
    triples = list(zip(axes, geometries, shape, strict=True))
    outputs = tuple(each.output_size(size) for _, each, size in triples)
    inputs = tuple(map(AxisGeometry.input_size, geometries, outputs))
    trained = inputs
    if is_padded:
        trained = tuple(
            -(-size // each.stride) * each.stride for _, each, size in triples
        )

    channels = _channels(calls)
    folded = {norm.layer for _, norm in foldable(calls)}
    tile = [_cropped(*each) for each in zip(axes, geometries, inputs, strict=True)]
    patch = tile
    if is_padded:
        patch = [maps_of(calls, i, size) for i, size in enumerate(trained)]
    predicting = operations_of(calls, list(zip(channels, *tile, strict=True)), folded)
    training = operations_of(calls, list(zip(channels, *patch, strict=True)), set())
    return NetworkGeometry(
        axes=geometries,
        channels=channels[0],
        classes=channels[-1],
        padded=is_padded,
        parameters=sum(weights.numel() for weights in network.parameters()),
        input_shape=inputs,
        output_shape=outputs,
        multiply_adds=sum(map(_multiply_adds, predicting)),
        memory_inference=inference_bytes(predicting, (channels[0], *inputs)),
        training_shape=trained,
        memory_training=training_bytes(training, (channels[0], *trained)),
    )


def _channels(calls: list[Call]) -> list[int]:
    """Channels of the image and of each call's result."""
    learning = (*CONVOLUTIONS, *UP_CONVOLUTIONS)
    first = next(call.layer for call in calls if isinstance(call.layer, learning))
    found = [first.in_channels]
    for call in calls:
        before = [found[value] for value in call.inputs]
        if isinstance(call.layer, learning):
            found.append(call.layer.out_channels)
        elif isinstance(call.layer, CropAndConcatenate):
            found.append(sum(before))
        else:
            found.append(before[-1])
    return found


def _cropped(axis: Axis, geometry: AxisGeometry, size: int) -> list[int]:
    """Size of each result of the valid twin along an axis."""
    first = geometry.origin - geometry.before
    ends = axis.follow([first], [first + size - 1])
    pairs = zip(ends.first, ends.last, strict=True)
    return [int(last[0] - first[0]) + 1 for first, last in pairs]


def measured_window(network: nn.Module, window: int) -> Window:
    """Measure one pass of a padded network over a window of one size.

    Parameters
    ----------
    network : nn.Module
        As it was built.
    window : int
        Side of the window, in pixels.
    """
    calls = calls_of(network)
    channels = _channels(calls)
    sides = [maps_of(calls, axis, window) for axis in (0, 1)]
    shapes = list(zip(channels, *sides, strict=True))
    folded = {norm.layer for _, norm in foldable(calls)}
    predicting = operations_of(calls, shapes, folded)
    return Window(
        channels=channels[0],
        classes=channels[-1],
        parameters=sum(weights.numel() for weights in network.parameters()),
        multiply_adds=sum(map(_multiply_adds, predicting)),
        memory_inference=inference_bytes(predicting, shapes[0]),
        memory_training=training_bytes(operations_of(calls, shapes, set()), shapes[0]),
    )


def _checked(shape: Sequence[int], axes: int) -> Sequence[int]:
    if len(shape) != axes or min(shape) < 1:
        raise InputError(
            f"The shape {tuple(shape)} does not fit a network of {axes} axes",
            f"Give {axes} positive numbers, ([Z,] Y, X) in pixels",
        )
    return shape


def _multiply_adds(one: Operation) -> int:
    """Every number of a result sums over the channels and pixels that it sees."""
    layer = one.layer
    if isinstance(layer, CONVOLUTIONS):
        return (
            prod(one.shape)
            * layer.in_channels
            // layer.groups
            * prod(layer.kernel_size)
        )
    if isinstance(layer, UP_CONVOLUTIONS):
        # Counted from its input: where the kernels overlap, its results are added.
        outgoing = layer.out_channels // layer.groups * prod(layer.kernel_size)
        return prod(one.taken) * outgoing
    return 0
