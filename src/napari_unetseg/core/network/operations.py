"""A network as single tensor operations, with the shapes that they take and give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import nn

from napari_unetseg.core.network.layers import AddShortcut, CropAndConcatenate
from napari_unetseg.core.network.trace import IMAGE
from napari_unetseg.core.network.window import CONVOLUTIONS, NORMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.network.trace import Call

AVERAGES: tuple[Any, ...] = (nn.AvgPool2d, nn.AvgPool3d)


@dataclass(frozen=True, slots=True)
class Operation:
    """One tensor operation.

    Attributes
    ----------
    layer : nn.Module
        What it does.
    inputs : tuple of int
        Numbers of the results it takes: 0 is the image, n the n-th operation's result.
    shape : tuple of int
        (C, ...) of its result.
    taken : tuple of int
        (C, ...) of what it takes of its first input.
    is_cropped : bool
        Whether that is less than the whole.
    is_folded : bool
        Whether it has become part of the operation before it, in the twin.
    """

    layer: nn.Module
    inputs: tuple[int, ...]
    shape: tuple[int, ...]
    taken: tuple[int, ...]
    is_cropped: bool = False
    is_folded: bool = False


def operations_of(
    calls: Sequence[Call], shapes: Sequence[tuple[int, ...]], folded: set[nn.Module]
) -> list[Operation]:
    """Take the layers apart that do several things after another.

    Parameters
    ----------
    calls : sequence of Call
        A network's layers.
    shapes : sequence of tuple of int
        (C, ...) of the image and of each call's result.
    folded : set of nn.Module
        Normalisations that the twin does without.
    """
    operations: list[Operation] = []
    numbers = [IMAGE]
    for call, shape in zip(calls, shapes[1:], strict=True):
        inputs = tuple(numbers[value] for value in call.inputs)
        whole = taken = shapes[call.inputs[0]]
        if isinstance(call.layer, CropAndConcatenate):
            taken = whole[:1] + shape[1:]
        elif isinstance(call.layer, AddShortcut):
            parts = _shortcut(call.layer, inputs[0], whole, shape, len(operations))
            operations += parts
            if parts:
                inputs = (len(operations), inputs[1])
                whole = taken = shape
            else:
                taken = shape
        operations.append(
            Operation(
                call.layer,
                inputs,
                shape,
                taken,
                is_cropped=taken != whole,
                is_folded=call.layer in folded,
            )
        )
        numbers.append(len(operations))
    return operations


def _shortcut(
    layer: AddShortcut,
    block_input: int,
    whole: tuple[int, ...],
    shape: tuple[int, ...],
    done: int,
) -> list[Operation]:
    """Average and project a residual block's input, to the shape of its output."""
    sizes = zip(shape[1:], layer.pool, strict=True)
    taken = (whole[0], *(n * step for n, step in sizes))
    nothing = (nn.Identity, nn.Sequential)
    parts = [one for one in layer.project.modules() if not isinstance(one, nothing)]
    if max(layer.pool) > 1:
        parts.insert(0, AVERAGES[len(layer.pool) - 2](layer.pool))
    operations: list[Operation] = []
    for part in parts:
        channels = getattr(part, "out_channels", taken[0])
        follows = bool(operations) and isinstance(operations[-1].layer, CONVOLUTIONS)
        operations.append(
            Operation(
                part,
                (done + len(operations) if operations else block_input,),
                (channels, *shape[1:]),
                taken,
                is_cropped=not operations and taken != whole,
                is_folded=follows and isinstance(part, NORMS),
            )
        )
        taken = operations[-1].shape
    return operations
