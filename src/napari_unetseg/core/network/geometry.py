"""What a network needs to see and what it gives, computed from its layers.

A network that was trained with padding is predicted as its *valid twin*: the same
weights without padding, so that each output pixel depends on the image alone. Both live
on the same lattice: every layer of the twin is a crop of the padded network's layer.
The walk below follows the size of that crop and the position of its first pixel from
layer to layer, one rule per layer type; sizes, halo and origin all come out of it.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from torch import fx, nn

from napari_unetseg.core.errors import ModelError
from napari_unetseg.core.network.unet import crop_and_concatenate

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class AxisGeometry:
    """Geometry of the valid twin along one axis, in pixels.

    Attributes
    ----------
    stride : int
        Distance of the lattice: tiles that start a multiple of it apart agree exactly.
    origin : int
        Where an output may start in the image, modulo `stride`.
    before, after : int
        How far the input reaches beyond the output, on either side.
    smallest : int
        Smallest output size; the others are larger by multiples of `stride`.
    """

    stride: int
    origin: int
    before: int
    after: int
    smallest: int

    def output_size(self, wanted: int) -> int:
        """Smallest possible output size of at least `wanted` pixels."""
        steps = -(-max(wanted - self.smallest, 0) // self.stride)
        return self.smallest + steps * self.stride

    def input_size(self, output: int) -> int:
        """Input size that yields an output size."""
        return self.before + output + self.after


@dataclass(frozen=True, slots=True)
class Crop:
    """A layer's output along one axis: its size, and where it starts on the lattice."""

    size: int
    start: int


class _OffLatticeError(Exception):
    """A size or start that a layer cannot take; another one is tried."""


def network_geometry(network: nn.Module) -> tuple[AxisGeometry, AxisGeometry]:
    """Geometry of a network's valid twin along Y and X.

    Parameters
    ----------
    network : nn.Module
        Padded or valid; only its layers matter, not their weights.

    Raises
    ------
    ModelError
        If a layer has no rule here, naming the layer.
    """
    graph = fx.Tracer().trace(network)
    layers = dict(network.named_modules())
    return (_axis_geometry(graph, layers, 0), _axis_geometry(graph, layers, 1))


def padded(network: nn.Module) -> bool:
    """Whether the network's own output has the size of its input."""
    layers = (m for m in network.modules() if isinstance(m, nn.Conv2d))
    return any(any(layer.padding) for layer in layers)


def _axis_geometry(
    graph: fx.Graph, layers: dict[str, nn.Module], axis: int
) -> AxisGeometry:
    strides = (
        _pair(layer.stride)[axis]
        for layer in _called(graph, layers)
        if isinstance(layer, nn.MaxPool2d)
    )
    stride = reduce(operator.mul, strides, 1)
    # A start on the lattice works for some size, and once a size works, so do all
    # larger ones a multiple of the stride away. Sizes are searched upwards.
    for size in range(1, 4096):
        for start in range(stride):
            try:
                output = _walk(graph, layers, axis, Crop(size, start))
            except _OffLatticeError:
                continue
            before = output.start - start
            return AxisGeometry(
                stride=stride,
                origin=output.start % stride,
                before=before,
                after=size - output.size - before,
                smallest=output.size,
            )
    raise ModelError(
        f"The network needs more than 4096 pixels at a depth of {stride} pixels a step",
        "Choose a smaller depth",
    )


def _walk(
    graph: fx.Graph, layers: dict[str, nn.Module], axis: int, image: Crop
) -> Crop:
    """Follow a crop of the image through the twin, to its output."""
    crops: dict[fx.Node, Crop] = {}
    for node in graph.nodes:
        inputs = [crops[n] for n in node.args if isinstance(n, fx.Node) and n in crops]
        if node.op == "placeholder":
            crops[node] = image
        elif node.op == "output":
            return inputs[0]
        elif node.op == "call_module":
            layer = layers[node.target]
            crops[node] = _rule(layer, node.target)(layer, axis, inputs[0])
        elif node.target is crop_and_concatenate:
            crops[node] = _crop_and_concatenate(*inputs)
        else:
            raise ModelError(
                f"The network's operation '{node.target}' has no geometry rule",
                "Networks are built from the layers listed in core/network/geometry.py",
            )
    raise ModelError("The network has no output")


def _convolution(layer: Any, axis: int, x: Crop) -> Crop:
    reach = layer.dilation[axis] * (layer.kernel_size[axis] - 1)
    if layer.stride[axis] != 1 or reach % 2:
        raise ModelError(
            "A convolution with a stride or an even kernel has no geometry rule",
            "Use odd kernels with stride 1, and pooling to go down",
        )
    return _alive(Crop(x.size - reach, x.start + reach // 2))


def _pooling(layer: Any, axis: int, x: Crop) -> Crop:
    kernel, stride = _pair(layer.kernel_size)[axis], _pair(layer.stride)[axis]
    if kernel != stride or _pair(layer.padding)[axis] or layer.ceil_mode:
        raise ModelError(
            "A pooling that overlaps or pads has no geometry rule",
            "Use a pooling whose stride is its size",
        )
    if x.size % kernel or x.start % kernel:
        raise _OffLatticeError
    return Crop(x.size // kernel, x.start // kernel)


def _up_convolution(layer: Any, axis: int, x: Crop) -> Crop:
    kernel, stride = layer.kernel_size[axis], layer.stride[axis]
    if kernel != stride or layer.padding[axis] or layer.output_padding[axis]:
        raise ModelError(
            "An up-convolution that overlaps or pads has no geometry rule",
            "Use an up-convolution whose stride is its size",
        )
    return Crop(x.size * kernel, x.start * kernel)


def _pointwise(layer: Any, axis: int, x: Crop) -> Crop:
    return x


def _crop_and_concatenate(skip: Crop, features: Crop) -> Crop:
    before = features.start - skip.start
    after = skip.start + skip.size - features.start - features.size
    if before != after or before < 0:
        raise _OffLatticeError
    return features


def _alive(x: Crop) -> Crop:
    if x.size < 1:
        raise _OffLatticeError
    return x


_RULES: dict[type[nn.Module], Callable[[Any, int, Crop], Crop]] = {
    nn.Conv2d: _convolution,
    nn.MaxPool2d: _pooling,
    nn.ConvTranspose2d: _up_convolution,
    nn.BatchNorm2d: _pointwise,
    nn.Dropout: _pointwise,
    nn.ReLU: _pointwise,
}


def _rule(layer: nn.Module, name: str) -> Callable[[Any, int, Crop], Crop]:
    if type(layer) not in _RULES:
        raise ModelError(
            f"The layer {name} ({type(layer).__name__}) has no geometry rule, so that "
            "it could not be predicted exactly in tiles",
            f"Layers with a rule: {', '.join(t.__name__ for t in _RULES)}",
        )
    return _RULES[type(layer)]


def _called(graph: fx.Graph, layers: dict[str, nn.Module]) -> list[nn.Module]:
    return [layers[n.target] for n in graph.nodes if n.op == "call_module"]


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    return value if isinstance(value, tuple) else (value, value)
