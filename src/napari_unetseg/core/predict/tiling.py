"""The tile plan: what to read, what to keep, where to write, as plain numbers.

Tiles lie on the lattice of the network's poolings. Each reads the halo that its
receptive field needs, and only what no border has touched is kept, so that a result
never depends on the tiles it was made of. Planes and volumes are planned alike: an axis
knows nothing of the others, except that all share the memory.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from napari_unetseg.core.network.geometry import AxisGeometry

TileSize = int | Literal["auto", "whole"]
Bounds = tuple[tuple[int, int], ...]
"""Start and stop along each axis of a frame, in pixels; stops are exclusive."""

# Longest side that "auto" takes, by the number of axes. In a plane of 2048 pixels four
# tiles take 6 % more multiply-adds than one piece, at four poolings, and two 3 %. In a
# volume the cube of a side counts: with the halo, 128 are ten million voxels already.
_LONGEST = {2: 2048, 3: 128}
# What smaller tiles may cost more: they take less memory, and are told sooner.
_MORE = 1.02


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
    """One tile of a frame.

    Attributes
    ----------
    spans : tuple of Span
        One along each axis, ([Z,] Y, X).
    """

    spans: tuple[Span, ...]

    @property
    def read(self) -> Bounds:
        """Start and stop of what is read, along each axis of the mirrored frame."""
        return tuple(span.read for span in self.spans)

    @property
    def keep(self) -> tuple[slice, ...]:
        """The kept part of the network's output, along each axis."""
        return tuple(slice(*span.keep) for span in self.spans)

    @property
    def write(self) -> tuple[slice, ...]:
        """Where the kept part belongs in the frame, along each axis."""
        return tuple(slice(*span.write) for span in self.spans)


def plan(
    shape: Sequence[int],
    geometries: Sequence[AxisGeometry],
    tile: TileSize = "auto",
    *,
    largest: Sequence[int] | None = None,
    region: Bounds | None = None,
) -> list[Tile]:
    """List the tiles of a frame, the last axis running fastest.

    Parameters
    ----------
    shape : sequence of int
        ([Z,] Y, X) of the frame, in pixels.
    geometries : sequence of AxisGeometry
        The network's, along each axis.
    tile : int, "auto" or "whole"
        Side of the kept output along every axis, at most that of the frame; rounded up
        to the lattice. "auto" divides each axis evenly, so that no tile reaches far
        beyond the image.
    largest : sequence of int, optional
        Longest side along each axis that "auto" takes, as from `auto_sides`; 2048
        in a plane and 128 in a volume without.
    region : Bounds, optional
        The part of the frame that is wanted; by default all of it.

    Returns
    -------
    list of Tile
        Their write spans cover each pixel of the region exactly once.
    """
    wanted = region or tuple((0, size) for size in shape)
    lengths = [stop - start for start, stop in wanted]
    sides = tile_sides(lengths, geometries, tile, largest=largest)
    axes = [
        [span(*ends, axis) for ends in cuts(*part, side)]
        for part, side, axis in zip(wanted, sides, geometries, strict=True)
    ]
    return [Tile(spans) for spans in product(*axes)]


def tile_sides(
    shape: Sequence[int],
    geometries: Sequence[AxisGeometry],
    tile: TileSize = "auto",
    *,
    largest: Sequence[int] | None = None,
) -> tuple[int, ...]:
    """Side of the written part of a frame's tiles along each axis, as in `plan`."""
    most = largest or _longest(shape)
    return tuple(
        _side(size, tile, axis.stride, longest)
        for size, axis, longest in zip(shape, geometries, most, strict=True)
    )


def tile_of(box: Bounds, geometries: Sequence[AxisGeometry]) -> Tile:
    """The tile that writes a box, wherever it lies.

    Parameters
    ----------
    box : Bounds
        ([Z,] Y, X) of what is written.
    geometries : sequence of AxisGeometry
        The network's, along each axis.
    """
    pairs = zip(box, geometries, strict=True)
    return Tile(tuple(span(*ends, axis) for ends, axis in pairs))


def cuts(start: int, stop: int, side: int) -> list[tuple[int, int]]:
    """Cut from `start` to `stop` into parts of `side`; the last may be shorter."""
    firsts = range(start, stop, side)
    return [(first, min(first + side, stop)) for first in firsts]


def span(first: int, last: int, axis: AxisGeometry) -> Span:
    """The span that writes from `first` to `last` along an axis."""
    # The output starts on the lattice, at or just before what is written.
    start = first - (first - axis.origin) % axis.stride
    output = axis.output_size(last - start)
    return Span(
        read=(start - axis.before, start + output + axis.after),
        keep=(first - start, last - start),
        write=(first, last),
    )


def auto_sides(
    shape: Sequence[int],
    geometries: Sequence[AxisGeometry],
    fits: Callable[[tuple[int, ...]], bool],
    cost: Callable[[tuple[int, ...]], float] | None = None,
) -> tuple[int, ...]:
    """Sides of the "auto" tile, for what can be computed at once.

    Parameters
    ----------
    shape : sequence of int
        ([Z,] Y, X) of the frame, in pixels.
    geometries : sequence of AxisGeometry
        The network's, along each axis.
    fits : callable
        Whether the network can compute an output of a shape ([Z,] Y, X); if one is too
        large, those that are larger are too. It is asked a few times only.
    cost : callable, optional
        What such an output costs. Of the tiles that fit, the smallest is then taken
        with which the frame costs 2 % more than with the largest, at most.

    Returns
    -------
    tuple of int
        Along each axis, in pixels, on the lattice. Where even the smallest tile is too
        large it is the smallest.
    """
    candidates = list(_shrinking(shape, geometries))

    def output(sides: tuple[int, ...]) -> tuple[int, ...]:
        axes = zip(shape, geometries, sides, strict=True)
        return tuple(_largest_output(*axis) for axis in axes)

    # Mostly the first fits; to find another takes one question for each halving.
    first = 0
    if len(candidates) > 1 and not fits(output(candidates[0])):
        last = len(candidates) - 1
        first = bisect_left(
            candidates, True, lo=1, hi=last, key=lambda sides: fits(output(sides))
        )
    if cost is None:
        return candidates[first]

    def total(sides: tuple[int, ...]) -> float:
        count = prod(-(-n // side) for n, side in zip(shape, sides, strict=True))
        return count * cost(output(sides))

    most = _MORE * total(candidates[first])
    dear = bisect_left(
        candidates, True, lo=first + 1, key=lambda sides: total(sides) > most
    )
    return candidates[dear - 1]


def _longest(shape: Sequence[int]) -> tuple[int, ...]:
    return (_LONGEST[len(shape)],) * len(shape)


def _shrinking(
    shape: Sequence[int], geometries: Sequence[AxisGeometry]
) -> Iterator[tuple[int, ...]]:
    """Sides of ever smaller tiles, down to a single step of the lattice.

    The side that is longest relative to its halo shrinks: there it costs least.
    """
    choices = [
        _even_sides(size, axis.stride, most)
        for size, axis, most in zip(shape, geometries, _longest(shape), strict=True)
    ]
    halos = [max(axis.before + axis.after, 1) for axis in geometries]
    level = [0] * len(choices)
    while True:
        sides = [choice[n] for choice, n in zip(choices, level, strict=True)]
        yield tuple(sides)
        left = [i for i, n in enumerate(level) if n + 1 < len(choices[i])]
        if not left:
            return
        level[max(left, key=lambda i: sides[i] / halos[i])] += 1


def _even_sides(size: int, stride: int, most: int) -> list[int]:
    """Sides on the lattice, of at most `most`, that divide an axis evenly; falling."""
    steps = range(_side(size, "auto", stride, most) // stride, 0, -1)
    sides = (_side(size, "auto", stride, step * stride) for step in steps)
    return list(dict.fromkeys(sides))


def _side(size: int, tile: TileSize, stride: int, most: int) -> int:
    """Side of a tile's kept part along one axis."""
    if tile == "whole":
        return size
    if tile == "auto":
        tile = -(-size // -(-size // most))
    return -(-min(tile, size) // stride) * stride


def _largest_output(size: int, axis: AxisGeometry, side: int) -> int:
    """Size along one axis of the largest output among an axis's tiles."""
    reads = (span(*ends, axis).read for ends in cuts(0, size, side))
    return max(stop - start for start, stop in reads) - axis.before - axis.after
