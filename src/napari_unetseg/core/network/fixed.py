"""Networks that have only ever seen whole windows, predicted on a fixed lattice.

Windows start at every half window of the image's own grid, whatever the tiles are, and
what they say of a pixel is averaged. So a result does not depend on its tiles, although
each window's result depends on all of the window.
"""

from __future__ import annotations

import copy
from itertools import product
from math import prod
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor, nn

from napari_unetseg.core.network.exact import ExactByItself
from napari_unetseg.core.network.geometry import AxisGeometry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.network.measure import NetworkGeometry

_SMALLEST = 1e-30
_FLOAT = 4
_REDUCED = (torch.bfloat16, torch.float16)


class FixedWindows(ExactByItself):
    """A network that takes windows of one size and gives scores of the same.

    Attributes
    ----------
    window : int
        Side of the window, in pixels.
    """

    window: ClassVar[int]

    def axes(self) -> tuple[AxisGeometry, ...]:
        """Each half window of the output is seen by two windows along each axis."""
        half = self.window // 2
        reach = tuple((half + phase, self.window - 1 - phase) for phase in range(half))
        axis = AxisGeometry(
            stride=half, origin=0, before=half, after=half, smallest=half, reach=reach
        )
        return axis, axis

    def twin(self, device: torch.device | str) -> nn.Module:
        """Copy it into the form that predicts tiles."""
        from napari_unetseg.core.network.twin import channels_last, fold_batch_norms

        network = copy.deepcopy(self).eval().requires_grad_(False)
        fold_batch_norms(network, self)
        return channels_last(Windows(network, self.window).eval().to(device))

    def measured(self, shape: Sequence[int]) -> NetworkGeometry:
        """Measure it: every window is a pass of its own, one after the other."""
        from napari_unetseg.core.network.measure import (
            NetworkGeometry,
            measured_window,
        )

        axes = self.axes()
        outputs = tuple(a.output_size(n) for a, n in zip(axes, shape, strict=True))
        inputs = tuple(map(AxisGeometry.input_size, axes, outputs))
        half = self.window // 2
        windows = prod(size // half + 1 for size in outputs)
        one = measured_window(self, self.window)
        held = (one.channels * prod(inputs) + 2 * one.classes * prod(outputs)) * _FLOAT
        return NetworkGeometry(
            axes=axes,
            channels=one.channels,
            classes=one.classes,
            padded=True,
            parameters=one.parameters,
            input_shape=inputs,
            output_shape=outputs,
            multiply_adds=windows * one.multiply_adds,
            memory_inference=held + one.memory_inference,
            training_shape=(self.window,) * 2,
            memory_training=one.memory_training,
        )


class Windows(nn.Module):
    """Predict the windows of a tile and average their probabilities.

    Parameters
    ----------
    network : nn.Module
        In evaluation mode; (B, C, window, window) to (B, classes, window, window).
    window : int
        An even side, in pixels.
    """

    def __init__(self, network: nn.Module, window: int) -> None:
        super().__init__()
        self.network = network
        self.window = window

    def forward(self, x: Tensor) -> Tensor:
        """Logarithms of the averaged probabilities, half a window smaller all around.

        Softmax leaves what is averaged as it is. One window is computed at a time: as
        part of a batch some libraries would round it otherwise.
        """
        half = self.window // 2
        height, width = (size - 2 * half for size in x.shape[2:])
        total: Tensor | None = None
        for top, left in product(range(0, height + 1, half), range(0, width + 1, half)):
            part = x[..., top : top + self.window, left : left + self.window]
            scores = self.network(part)
            if scores.dtype in _REDUCED:
                scores = scores.float()
            found = torch.softmax(scores, dim=1)
            if total is None:
                total = found.new_zeros((*found.shape[:2], height, width))
            rows, columns = _inside(top, half, height), _inside(left, half, width)
            total[..., rows[0], columns[0]] += found[..., rows[1], columns[1]]
        assert total is not None
        return (total / 4).clamp_min(_SMALLEST).log()


def _inside(start: int, half: int, size: int) -> tuple[slice, slice]:
    """What a window covers of the output, and the same part within the window."""
    first, stop = max(start - half, 0), min(start + half, size)
    shift = half - start
    return slice(first, stop), slice(first + shift, stop + shift)
