"""How the strips and tiles of a TIFF file's pages make images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Segments:
    """Where the strips or tiles of one page lie.

    Attributes
    ----------
    file : Path
        The file that holds them.
    offsets, sizes : sequence of int
        In bytes; of what was never written both are 0.
    tables : bytes, optional
        What JPEG needs to decode them.
    """

    file: Path
    offsets: Sequence[int]
    sizes: Sequence[int]
    tables: bytes | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """How the strips or tiles of a page make its image; the same for all pages.

    Attributes
    ----------
    shape : tuple of 5 int
        Separate samples, depth, height, width, samples side by side.
    segment : tuple of 3 int
        Depth, height and width of a strip or tile.
    decode : callable
        tifffile's: bytes and number of a segment to its pixels and their place.
    header : bytes, optional
        What JPEG needs to decode all of them.
    empty : number
        Value of pixels that were never written.
    """

    shape: tuple[int, ...]
    segment: tuple[int, int, int]
    decode: Callable[..., tuple[NDArray[Any] | None, tuple[int, ...], Any]]
    header: bytes | None
    empty: float

    @property
    def axes(self) -> list[int]:
        """Which of the five dimensions a page's array has."""
        return [i for i in range(5) if i in (2, 3) or self.shape[i] > 1]

    def numbers(self, spans: Sequence[Span]) -> list[int]:
        """Segments that hold a part; `spans` are of the first four dimensions."""
        counts = [
            math.ceil(length / size)
            for length, size in zip(self.shape[1:4], self.segment, strict=True)
        ]
        ranges = [range(*spans[0])]
        for (start, stop), size in zip(spans[1:4], self.segment, strict=True):
            ranges.append(range(start // size, math.ceil(stop / size)))
        return [
            ((sample * counts[0] + z) * counts[1] + y) * counts[2] + x
            for sample, z, y, x in product(*ranges)
        ]


def paste(
    box: NDArray[Any],
    spans: Sequence[Span],
    pixels: NDArray[Any],
    corner: Sequence[int],
) -> None:
    """Copy what a segment (depth, height, width, samples) has in common with a box."""
    target: list[slice | int] = [corner[0] - spans[0][0]]
    source = []
    for axis in range(1, 5):
        start, stop = spans[axis]
        first = max(start, corner[axis])
        last = min(stop, corner[axis] + pixels.shape[axis - 1])
        target.append(slice(first - start, last - start))
        source.append(slice(first - corner[axis], last - corner[axis]))
    box[tuple(target)] = pixels[tuple(source)]
