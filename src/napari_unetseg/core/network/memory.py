"""How much memory a network's activations take, layer by layer, without computing them.

To predict, a result lives until its last reader has read it. To train, what a layer's
backward pass will need waits for it, and on the way back gradients take the place of
what is let go. One rule per layer type says what is written anew and what waits.
"""

from __future__ import annotations

from collections import Counter
from math import prod
from typing import TYPE_CHECKING

from torch import nn

from napari_unetseg.core.network.layers import (
    AddShortcut,
    CropAndConcatenate,
    Upsample,
)
from napari_unetseg.core.network.operations import AVERAGES
from napari_unetseg.core.network.trace import IMAGE
from napari_unetseg.core.network.window import (
    CONVOLUTIONS,
    NORMS,
    POOLINGS,
    UP_CONVOLUTIONS,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.network.operations import Operation

_FLOAT, _INTEGER = 4, 8
_ACTIVATIONS = (nn.ReLU, nn.LeakyReLU)


def inference_bytes(operations: Sequence[Operation], image: tuple[int, ...]) -> int:
    """Largest memory of a prediction: the results that are alive at the same time.

    Parameters
    ----------
    operations : sequence of Operation
        Of the valid twin, in float32.
    image : tuple of int
        (C, ...) of the tile.
    """
    heap = _Heap()
    _forward(heap, operations, image)
    return heap.peak


def training_bytes(operations: Sequence[Operation], image: tuple[int, ...]) -> int:
    """Largest memory of a training step: what waits for the way back, and gradients.

    That of a pixel-wise cross-entropy is part of it: logarithms of the probabilities
    and 64-bit class indices.

    Parameters
    ----------
    operations : sequence of Operation
        Of the network as it is trained, in float32.
    image : tuple of int
        (C, ...) of the patch.
    """
    heap = _Heap()
    kept: list[list[int]] = []
    _forward(heap, operations, image, kept)
    scores = operations[-1].shape
    heap.new(_bytes(scores) + _INTEGER * prod(scores[1:]))
    _backward(heap, operations, image, kept)
    return heap.peak


class _Heap:
    """Blocks of memory, each alive until nobody holds it any more."""

    def __init__(self) -> None:
        self.now = 0
        self.peak = 0
        self._sizes: list[int] = []
        self._holders: list[int] = []

    def new(self, size: int) -> int:
        self._sizes.append(size)
        self._holders.append(1)
        self.now += size
        self.peak = max(self.peak, self.now)
        return len(self._sizes) - 1

    def hold(self, block: int) -> int:
        self._holders[block] += 1
        return block

    def drop(self, block: int) -> None:
        self._holders[block] -= 1
        if not self._holders[block]:
            self.now -= self._sizes[block]


def _forward(
    heap: _Heap,
    operations: Sequence[Operation],
    image: tuple[int, ...],
    kept: list[list[int]] | None = None,
) -> None:
    """Run through the network.

    Where `kept` is given it is a training, and the blocks that wait for each
    operation's way back are added to it.
    """
    readers = Counter(value for one in operations for value in one.inputs)
    # The caller holds what it gave and what it gets.
    readers.update([IMAGE, len(operations)])
    blocks = [heap.new(_bytes(image))]
    for one in operations:
        before = blocks[one.inputs[0]]
        beside = heap.new(_beside(one, is_training=kept is not None))
        if _is_in_place(one, is_training=kept is not None):
            blocks.append(heap.hold(before))
        else:
            blocks.append(heap.new(_written(one)))
        if kept is None:
            heap.drop(beside)
        else:
            waiting = _waiting(one, before, blocks[-1])
            kept.append([beside, *(heap.hold(block) for block in waiting)])
        for value in one.inputs:
            readers[value] -= 1
            if not readers[value]:
                heap.drop(blocks[value])


def _backward(
    heap: _Heap,
    operations: Sequence[Operation],
    image: tuple[int, ...],
    kept: list[list[int]],
) -> None:
    """Run back through the network from the gradient of its output."""
    shapes = [image, *(one.shape for one in operations)]
    gradients = {len(operations): heap.new(_bytes(shapes[-1]))}
    for number, one in reversed(list(enumerate(operations, start=1))):
        gradient = gradients.pop(number)
        for value in one.inputs:
            if value == IMAGE:
                continue
            is_cropped = one.is_cropped and value == one.inputs[0]
            if _passes_on(one) and not is_cropped:
                found = heap.hold(gradient)
            else:
                found = heap.new(_bytes(shapes[value]))
            if value in gradients:
                both = gradients[value], found
                found = heap.new(_bytes(shapes[value]))
                for block in both:
                    heap.drop(block)
            gradients[value] = found
        for block in [gradient, *kept[number - 1]]:
            heap.drop(block)


def _is_in_place(one: Operation, *, is_training: bool) -> bool:
    """Whether an operation writes no new tensor."""
    if isinstance(one.layer, NORMS):
        return one.is_folded and not is_training
    if isinstance(one.layer, nn.Dropout):
        return one.layer.inplace or not (is_training and one.layer.p)
    if isinstance(one.layer, _ACTIVATIONS):
        return one.layer.inplace
    return isinstance(one.layer, nn.Identity)


def _written(one: Operation) -> int:
    """Bytes of an operation's result, before its border is cut off."""
    if isinstance(one.layer, Upsample):
        sizes = zip(one.taken[1:], one.layer.factor, strict=True)
        return _bytes((one.shape[0], *(n * step for n, step in sizes)))
    return _bytes(one.shape)


def _beside(one: Operation, *, is_training: bool) -> int:
    """Bytes that an operation writes beside its result."""
    if isinstance(one.layer, POOLINGS):
        return _INTEGER * prod(one.shape)  # the places of the maxima
    if isinstance(one.layer, nn.Dropout) and is_training and one.layer.p:
        return _bytes(one.shape)  # what it multiplies with
    if one.is_cropped and isinstance(one.layer, (*CONVOLUTIONS, *AVERAGES)):
        return 0 if is_training else _bytes(one.taken)  # laid out anew
    return 0


def _waiting(one: Operation, before: int, after: int) -> list[int]:
    """Which of an operation's input and result wait for its way back."""
    if isinstance(one.layer, nn.ReLU):
        return [after]
    if isinstance(one.layer, nn.LeakyReLU):
        return [after if one.layer.inplace else before]
    reads = (*CONVOLUTIONS, *UP_CONVOLUTIONS, *NORMS, *POOLINGS, *AVERAGES)
    return [before] if isinstance(one.layer, reads) else []


def _passes_on(one: Operation) -> bool:
    """Whether the gradient of an operation's result is that of its inputs too."""
    if isinstance(one.layer, nn.Dropout):
        return not one.layer.p
    return isinstance(one.layer, (AddShortcut, CropAndConcatenate, nn.Identity))


def _bytes(shape: tuple[int, ...]) -> int:
    return _FLOAT * prod(shape)
