"""Which layers a network calls, in which order, and whose results they take.

Geometry, valid twin and costs all follow a network from layer to layer. What they need
of it is this list, recorded by torch.fx without computing anything.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from torch import fx, nn

from napari_unetseg.core.errors import ModelError
from napari_unetseg.core.network.crops import AddCropped, CropLike, Surround
from napari_unetseg.core.network.layers import (
    AddShortcut,
    CropAndConcatenate,
    FixedUpsampling,
    Upsample,
)
from napari_unetseg.core.network.switches import Switches, Unpool

# Layers of our own that are followed as a whole.
_OWN = (
    AddCropped,
    AddShortcut,
    CropAndConcatenate,
    CropLike,
    FixedUpsampling,
    Surround,
    Switches,
    Unpool,
    Upsample,
)
IMAGE = 0


@dataclass(frozen=True, slots=True)
class Call:
    """One layer at work.

    Attributes
    ----------
    name : str
        Dotted name of the layer in its network.
    layer : nn.Module
        The layer itself.
    inputs : tuple of int
        Numbers of the results it takes: 0 is the image, n the result of the n-th call.
    """

    name: str
    layer: nn.Module
    inputs: tuple[int, ...]


# What was recorded of a network, and of which layers it consisted then: one plan asks
# a dozen times.
_Layers = tuple[tuple[str, type[nn.Module]], ...]
_Record = list[tuple[str, tuple[int, ...]]]
_recorded: WeakKeyDictionary[nn.Module, tuple[_Layers, _Record]] = WeakKeyDictionary()


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, _OWN) or super().is_leaf_module(m, module_qualified_name)


def calls_of(network: nn.Module) -> list[Call]:
    """List what a network's forward calls; its output is the last one's result.

    Parameters
    ----------
    network : nn.Module
        Takes one tensor and gives one.

    Raises
    ------
    ModelError
        If the network does anything else than calling layers, naming it.
    """
    layers = tuple((name, type(layer)) for name, layer in network.named_modules())
    known, record = _recorded.get(network, ((), []))
    if known != layers:
        record = _record_of(network)
        _recorded[network] = layers, record
    return [Call(name, network.get_submodule(name), inputs) for name, inputs in record]


def _record_of(network: nn.Module) -> _Record:
    """Name of the layer and inputs of each call."""
    numbers: dict[fx.Node, int] = {}
    calls: _Record = []
    for node in _graph_of(network).nodes:
        if node.op == "placeholder" and not numbers:
            numbers[node] = IMAGE
        elif node.op == "call_module":
            layer = network.get_submodule(str(node.target))
            calls.append((str(node.target), _inputs(node, layer, numbers)))
            numbers[node] = len(calls)
        elif node.op != "output":
            raise ModelError(
                f"The network's operation '{node.name}' has no geometry rule",
                "Build networks of layers only, also where paths meet",
            )
        elif numbers.get(node.args[0]) != len(calls):
            raise ModelError(
                "The network gives more than the result of its last layer",
                "Let its forward return one tensor",
            )
    return calls


def _graph_of(network: nn.Module) -> fx.Graph:
    """Record what a network's forward does, without results that nobody uses."""
    try:
        graph = _Tracer().trace(network)
    except fx.proxy.TraceError as error:
        raise ModelError(
            f"The network cannot be followed from layer to layer: {error}",
            "A network's forward may not depend on the values it computes",
        ) from error
    graph.eliminate_dead_code(lambda node: node.op in ("placeholder", "output"))
    return graph


def _inputs(
    node: fx.Node, layer: nn.Module, numbers: dict[fx.Node, int]
) -> tuple[int, ...]:
    arguments: list[Any] = list(node.args)
    if node.kwargs:
        bound = inspect.signature(layer.forward).bind(*node.args, **node.kwargs)
        arguments = list(bound.arguments.values())
    if not all(isinstance(a, fx.Node) and a in numbers for a in arguments):
        raise ModelError(
            f"The layer {node.target} ({type(layer).__name__}) takes more than tensors"
        )
    return tuple(numbers[argument] for argument in arguments)
