"""What the networks before and beside the U-Net cost. Loads no torch.

As `walk.py` for U-Nets: `plans.steps` lists the layers, and this notes at each what it
would make of a patch.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from napari_unetseg.core.config import POOLINGS
from napari_unetseg.core.network.plans import Step, lesson, steps
from napari_unetseg.core.network.price import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari_unetseg.core.config import NetworkConfig

    Shape = tuple[int, ...]


def history_sides(
    config: NetworkConfig, output_side: Sequence[int]
) -> tuple[Shape, Shape]:
    """Sides of a training patch, as `walk.patch_sides` returns them."""
    fixed = lesson(config)
    if fixed is not None:
        given, taught = ((side,) * config.dimensions for side in fixed)
        return given, taught
    stride = 2 ** POOLINGS[config.name]
    sides = tuple(-(-side // stride) * stride for side in output_side)
    return sides, sides


def history_layers(config: NetworkConfig, size: Shape) -> Iterator[Layer]:
    """Yield what each layer costs, for a patch of a size."""
    walk = _Walk(config, size)
    every = list(steps(config))
    for step in every:
        yield walk.layer(step)
        if step.dropout:
            values = walk.channels * prod(walk.size)
            yield Layer(values=values, written=2 * values, kept=2 * values)
    pixels = prod(walk.size)
    yield Layer(values=config.classes * pixels, taught=pixels)


class _Walk:
    """Where a patch is on its way, and the maps of before that it will meet again."""

    def __init__(self, config: NetworkConfig, size: Shape) -> None:
        self.size = size
        self.channels = config.channels
        self._image = size
        self._before_pooling: list[Shape] = []
        self._pooled: list[tuple[int, Shape]] = []

    def layer(self, step: Step) -> Layer:
        """Pass a layer, and say what it costs."""
        before, size = self.channels, self.size
        self.channels, self.size = step.channels, self._after(step)
        values = step.channels * prod(self.size)
        if step.kind == "pool":
            self._before_pooling.append(size)
            self._pooled.append((step.channels, self.size))
            return Layer(values=values, written=values, kept=values, places=values)
        if step.kind == "unpool":
            # The switches take a byte per pixel.
            return Layer(
                values=values, written=3 * values, kept=values + values // _PER_FLOAT
            )
        if step.kind == "linear":
            return Layer(values=values, written=values, kept=values)
        if step.kind == "add":
            return self._added(step, values)
        if step.kind == "crop":
            return Layer(values=values)
        return _convolved(step, before, size, values)

    def _after(self, step: Step) -> Shape:
        """Size of a layer's result."""
        if step.kind == "crop":
            return self._image
        if step.kind in ("unpool", "linear") or (step.kernel, step.stride) == (2, 2):
            if step.kind == "pool":
                return tuple(-(-n // 2) for n in self.size)
            return self._before_pooling[step.level]
        if step.kind == "deconv":
            grown = step.kernel - 2 * step.padding - step.stride
            return tuple(n * step.stride + grown for n in self.size)
        if step.kind == "conv":
            lost = step.kernel - 1 - 2 * step.padding
            return tuple(n - lost for n in self.size)
        return self.size

    def _added(self, step: Step, values: int) -> Layer:
        """A skip's scores, of all of its map, and the sum."""
        channels, size = self._pooled[step.level - 1]
        pixels = prod(size)
        return Layer(
            values=values,
            parameters=(channels + 1) * step.channels,
            multiply_adds=channels * step.channels * pixels,
            written=step.channels * pixels + values,
        )


_PER_FLOAT = 4


def _convolved(step: Step, before: int, size: Shape, values: int) -> Layer:
    """Convolution either way, batch norm if any, and a ReLU in its place."""
    weights = step.kernel**2 * before
    # A deconvolution adds what each of its inputs gives.
    sums = values * weights
    if step.kind == "deconv":
        sums = weights * step.channels * prod(size)
    maps = (2 if step.norm else 1) if step.relu else 0
    per_channel = weights + step.bias + 2 * step.norm
    return Layer(
        values=values,
        parameters=per_channel * step.channels,
        multiply_adds=sums,
        written=values + (maps + 1) * values * step.relu,
        kept=max(maps, int(step.kind == "deconv")) * values,
    )
