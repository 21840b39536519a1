"""The tile plan: what to read, what to keep, where to write, as plain numbers.

Tiles lie on the lattice of the network's poolings. Each reads the halo that its
receptive field needs, and only what no border has touched is kept, so that a result
never depends on the tiles it was made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from napari_unetseg.core.network.geometry import AxisGeometry

# From about 500 pixels up the halo costs little, while the memory grows with the area.
_LARGEST_AUTO = 512
# Bytes of activations per input pixel and first-level channel, float32 (measured on
# the paper's network: 1.5 GiB per megapixel at 64 channels).
_BYTES_PER_CHANNEL = 32


@dataclass(frozen=True, slots=True)
class Span:
    """One tile along one axis, in pixels; stops are exclusive.

    Attributes
    ----------
    read : tuple of int
        Start and stop in the image; outside of it the image is mirrored.
    keep : tuple of int
        Start and stop within the network's output.
    write : tuple of int
        Start and stop in the result.
    """

    read: tuple[int, int]
    keep: tuple[int, int]
    write: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile of a plane: a span along Y and one along X."""

    y: Span
    x: Span


def plan(
    shape: tuple[int, int],
    geometry: tuple[AxisGeometry, AxisGeometry],
    tile: int | Literal["auto", "whole"] = "auto",
    *,
    largest: int = _LARGEST_AUTO,
) -> list[Tile]:
    """List the tiles of a plane, row by row.

    Parameters
    ----------
    shape : tuple of int
        (Y, X) of the plane, in pixels.
    geometry : tuple of AxisGeometry
        The network's, along Y and X.
    tile : int, "auto" or "whole"
        Side of the kept output; rounded up to the lattice. "auto" divides each axis
        evenly, so that no tile reaches far beyond the image.
    largest : int
        Largest side that "auto" takes.

    Returns
    -------
    list of Tile
        Their write spans cover each pixel of the plane exactly once.
    """
    axes = [
        _spans(size, axis, _side(size, tile, axis.stride, largest))
        for size, axis in zip(shape, geometry, strict=True)
    ]
    return [Tile(y, x) for y, x in product(*axes)]


def largest_side(free_bytes: int, base: int) -> int:
    """Side of the largest "auto" tile whose activations fit, in pixels.

    Parameters
    ----------
    free_bytes : int
        Free memory of the device; half of it may be used.
    base : int
        Channels of the network's first level.
    """
    pixels = free_bytes / 2 / (_BYTES_PER_CHANNEL * base)
    return max(16, min(_LARGEST_AUTO, int(pixels**0.5)))


def _side(
    size: int, tile: int | Literal["auto", "whole"], stride: int, most: int
) -> int:
    """Side of a tile's kept part along one axis."""
    if tile == "whole":
        return size
    if tile == "auto":
        tile = -(-size // -(-size // most))
    return -(-tile // stride) * stride


def _spans(size: int, axis: AxisGeometry, side: int) -> list[Span]:
    spans = []
    for first in range(0, size, side):
        last = min(first + side, size)
        # The output starts on the lattice, at or just before what is written.
        start = first - (first - axis.origin) % axis.stride
        output = axis.output_size(last - start)
        spans.append(
            Span(
                read=(start - axis.before, start + output + axis.after),
                keep=(first - start, last - start),
                write=(first, last),
            )
        )
    return spans
