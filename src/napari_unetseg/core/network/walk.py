"""What the layers of a network cost, one after the other. Loads no torch.

`layers` walks down and up as `EncoderDecoder.forward_all` does, with the same figures
of `family.py`, and notes at each layer what it would make of a patch.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from napari_unetseg.core.config import POOLINGS
from napari_unetseg.core.network.family import (
    RESIDUAL_BLOCKS,
    auxiliary_levels,
    channels_down,
    channels_up,
    style,
    widths,
)
from napari_unetseg.core.network.history import history_layers, history_sides
from napari_unetseg.core.network.price import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari_unetseg.core.config import NetworkConfig

    Sides = int | Sequence[int]
    Shape = tuple[int, ...]


def patch_sides(config: NetworkConfig, output_side: Sides) -> tuple[Shape, Shape]:
    """Sides of a training patch: what the network sees, and what it yields.

    Parameters
    ----------
    config : NetworkConfig
        The architecture.
    output_side : int or sequence of int
        Wanted side of the output, in pixels, along each axis ([Z,] Y, X) or all of
        them; rounded up to the next possible one.

    Returns
    -------
    inside, outside : tuple of int
        Along each axis. Equal for a padded network: multiples of the poolings. A
        network that is taught windows of one size has those, whatever is wanted.
    """
    if isinstance(output_side, int):
        output_side = (output_side,) * config.dimensions
    if config.name in POOLINGS:
        return history_sides(config, output_side)
    sides = [_sides(config, axis, wanted) for axis, wanted in enumerate(output_side)]
    return tuple(i for i, _ in sides), tuple(o for _, o in sides)


def _sides(config: NetworkConfig, axis: int, wanted: int) -> tuple[int, int]:
    pools = [config.pool(level)[axis] for level in range(config.depth)]
    stride = prod(pools)
    if style(config).padded:
        side = -(-wanted // stride) * stride
        return side, side
    # n pixels at the bottom become stride * n - lost at the top.
    lost = 0
    for level in reversed(range(config.depth)):
        cut = 2 if config.upsampling == "linear" and pools[level] > 1 else 0
        lost = pools[level] * lost + cut + _lost(config, level, axis)
    bottom = -(-(max(wanted, 1) + lost) // stride)
    outside = stride * bottom - lost
    inside = bottom + _lost(config, config.depth, axis)
    for level in reversed(range(config.depth)):
        inside = pools[level] * inside + _lost(config, level, axis)
    return inside, outside


def _lost(config: NetworkConfig, level: int, axis: int) -> int:
    """Pixels that the two valid convolutions of a level lose along an axis."""
    return 2 * (config.kernel(level)[axis] - 1)


def layers(config: NetworkConfig, output_side: Sides) -> Iterator[Layer]:
    """Yield the layers of a network in the order in which a patch meets them.

    Parameters
    ----------
    config : NetworkConfig
        The architecture.
    output_side : int or sequence of int
        Side of the output, in pixels; rounded as `patch_sides` does.
    """
    if config.name in POOLINGS:
        yield from history_layers(config, patch_sides(config, output_side)[0])
        return
    walk = _Walk(config, patch_sides(config, output_side)[0])
    for level in range(config.depth + 1):
        if walk.style.residual:
            yield from walk.residual_stage(level)
        else:
            yield from walk.stage(level)
        if config.dropout and level >= config.depth - 1:
            yield walk.dropout()
    for level in reversed(range(config.depth)):
        yield walk.step_up(level)
        yield from walk.merge(level)
        if level in (0, *auxiliary_levels(config)):
            yield walk.head()


class _Walk:
    """Where a patch is on its way: the layers met so far made a map of this size."""

    def __init__(self, config: NetworkConfig, size: Shape) -> None:
        self.config = config
        self.style = style(config)
        self.size = size
        self.channels = config.channels

    def stage(self, level: int) -> Iterator[Layer]:
        """Pooling, and two convolutions."""
        if level:
            self._shrink(self.config.pool(level - 1))
            values = self.channels * prod(self.size)
            yield Layer(values=values, written=values, kept=values, places=values)
        for after in channels_down(self.config, level)[1:]:
            yield self.convolution(after, level)

    def residual_stage(self, level: int) -> Iterator[Layer]:
        """At the top a convolution, and residual blocks."""
        width = widths(self.config)[level]
        if not level:
            yield self.convolution(width, level)
        for block in range(RESIDUAL_BLOCKS[level]):
            strided = level and not block
            yield from self.block(width, level, strided=bool(strided))

    def merge(self, level: int) -> Iterator[Layer]:
        """Convolutions behind the joining of the paths."""
        for _ in range(1 if self.style.residual else 2):
            yield self.convolution(widths(self.config)[level], level)

    def convolution(self, after: int, level: int) -> Layer:
        """Convolution, batch norm if any, and a ReLU in its place."""
        kernel = self.config.kernel(level)
        if not self.style.padded:
            pairs = zip(self.size, kernel, strict=True)
            self.size = tuple(n - k + 1 for n, k in pairs)
        values = after * prod(self.size)
        weights = prod(kernel) * self.channels
        maps = 2 if self.style.learnt_by_norm else 1
        self.channels = after
        return Layer(
            values=values,
            parameters=(weights + self.style.bias + self.style.learnt_by_norm) * after,
            multiply_adds=weights * values,
            written=(maps + 1) * values,
            kept=maps * values,
        )

    def block(self, after: int, level: int, *, strided: bool) -> Iterator[Layer]:
        """Two convolutions and the shortcut past them, in which they end."""
        before, pooled = self.channels, False
        if strided:
            pool = self.config.pool(level - 1)
            pooled = max(pool) > 1
            self._shrink(pool)
        yield self.convolution(after, level)
        yield self.convolution(after, level)
        values, averaged = (n * prod(self.size) for n in (after, before))
        if before == after:
            yield Layer(values=values, written=values + averaged * pooled)
            return
        yield Layer(
            values=values,
            parameters=(before + 2) * after,
            multiply_adds=before * values,
            written=3 * values + averaged * pooled,
            kept=values + averaged * pooled,
        )

    def dropout(self) -> Layer:
        """Keeps what it multiplied with, and the product."""
        values = self.channels * prod(self.size)
        return Layer(values=values, written=2 * values, kept=2 * values)

    def step_up(self, level: int) -> Layer:
        """Up-convolution and its ReLU; then its map is copied behind the skip's.

        Each output pixel sees one input pixel. Linear upsampling follows a convolution,
        and loses its outermost pixels where nothing is padded.
        """
        pool = self.config.pool(level)
        before, after, skip = channels_up(self.config, level)
        linear = self.config.upsampling == "linear"
        low = after * prod(self.size)
        cut = 2 * (linear and not self.style.padded)
        pairs = zip(self.size, pool, strict=True)
        self.size = tuple(n * p - cut * (p > 1) for n, p in pairs)
        values, joined = (n * prod(self.size) for n in (after, after + skip))
        self.channels = after + skip
        taps = 1 if linear else prod(pool)
        relu = values * self.style.up_relu
        return Layer(
            values=joined,
            parameters=(taps * before + self.style.up_bias) * after,
            multiply_adds=before * (low if linear else values),
            written=values + relu + joined + low * linear,
            kept=joined + relu,
        )

    def head(self) -> Layer:
        """Scores of this level; the way goes on without them."""
        classes, pixels = self.config.classes, prod(self.size)
        return Layer(
            values=classes * pixels,
            parameters=(self.channels + 1) * classes,
            multiply_adds=self.channels * classes * pixels,
            written=classes * pixels,
            taught=pixels,
        )

    def _shrink(self, pool: Shape) -> None:
        self.size = tuple(n // p for n, p in zip(self.size, pool, strict=True))
