"""Boxes that cover a frame exactly once, and arrays that are made box by box."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.frames import Box


def cut(shape: Sequence[int], sides: Sequence[int]) -> list[Box]:
    """Boxes of equal sides that cover a frame, smaller at its end, in raster order.

    Parameters
    ----------
    shape : sequence of int
        The frame's, ([Z,] Y, X).
    sides : sequence of int
        Length of a box along each axis, in pixels.
    """
    axes = (
        [slice(start, min(start + side, size)) for start in range(0, size, side)]
        for size, side in zip(shape, sides, strict=True)
    )
    return list(product(*axes))


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """A frame's boxes, and which of them touch. Made by `covering`.

    Attributes
    ----------
    shape : tuple of int
        The frame's, ([Z,] Y, X).
    boxes : tuple of tuple of slice
        With plain starts and stops; none is empty.
    starts, stops : ndarray of shape (boxes, axes) and dtype int64
        The same as numbers; stops are exclusive.
    neighbours : tuple of tuple of int
        For every box the numbers of the boxes that it touches, be it at a corner.
    """

    shape: tuple[int, ...]
    boxes: tuple[Box, ...]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    neighbours: tuple[tuple[int, ...], ...]

    def overlapping(self, box: Box) -> list[int]:
        """Numbers of the boxes that share a pixel with another box."""
        low = np.maximum(self.starts, [side.start for side in box])
        high = np.minimum(self.stops, [side.stop for side in box])
        return np.flatnonzero((low < high).all(axis=1)).tolist()


def covering(shape: Sequence[int], boxes: Sequence[Box]) -> Blocks:
    """Check that boxes cover a frame exactly once, and find which of them touch.

    Parameters
    ----------
    shape : sequence of int
        The frame's, ([Z,] Y, X).
    boxes : sequence of tuple of slice
        One slice per axis; in any order and of any sizes. Empty ones are left out.

    Raises
    ------
    ValueError
        If a box does not lie within the frame, two overlap, or a pixel is left out.
    """
    size = tuple(int(length) for length in shape)
    plain = tuple(box for box in (_plain(box, size) for box in boxes) if _volume(box))
    table = np.array([[(s.start, s.stop) for s in box] for box in plain], np.int64)
    starts, stops = np.moveaxis(table.reshape(len(plain), len(size), 2), 2, 0)
    neighbours = []
    for number, near in enumerate(_meeting(starts, stops)):
        low = np.maximum(starts[near], starts[number])
        high = np.minimum(stops[near], stops[number])
        overlapping = near[(low < high).all(axis=1)]
        if overlapping.size:
            raise ValueError(f"blocks {plain[number]}, {plain[overlapping[0]]} overlap")
        neighbours.append(tuple(near.tolist()))
    covered, pixels = sum(map(_volume, plain)), math.prod(size)
    if covered != pixels:
        raise ValueError(f"the blocks cover {covered} of {pixels} pixels")
    return Blocks(size, plain, starts, stops, tuple(neighbours))


class Blockwise(ABC):
    """An array of integers that is made block by block, whenever it is asked for.

    A frame in its turn: what one step has found can be given to the next without being
    stored. Whatever it is made of is read again and must stay as it is; see each
    subclass for whether a finished block may be written over its source.

    Attributes
    ----------
    blocks : Blocks
        The boxes that it is made in.
    """

    blocks: Blocks

    @property
    @abstractmethod
    def dtype(self) -> np.dtype[Any]:
        """Type of its numbers."""

    @abstractmethod
    def block(self, number: int) -> NDArray[Any]:
        """The values in one of the boxes, counted from 0; of the box's shape."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Size of the frame, ([Z,] Y, X)."""
        return self.blocks.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def walk(self) -> Iterator[tuple[Box, NDArray[Any]]]:
        """Every box with its values, in the order in which the boxes were given."""
        for number, box in enumerate(self.blocks.boxes):
            yield box, self.block(number)

    def __getitem__(self, box: Box) -> NDArray[Any]:
        """The values in any box, put together from all blocks that it touches."""
        wanted = _plain(box, self.shape)
        out = np.zeros([s.stop - s.start for s in wanted], dtype=self.dtype)
        for number in self.blocks.overlapping(wanted):
            held = self.blocks.boxes[number]
            common = tuple(
                slice(max(a.start, b.start), min(a.stop, b.stop))
                for a, b in zip(wanted, held, strict=True)
            )
            out[within(common, wanted)] = self.block(number)[within(common, held)]
        return out

    def __array__(
        self, dtype: np.dtype[Any] | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        return np.asarray(self[tuple(slice(0, size) for size in self.shape)], dtype)


def read(frame: Any, box: Box) -> NDArray[Any]:
    """One box of a frame of integers or booleans, in memory.

    Raises
    ------
    ValueError
        If the frame holds other numbers.
    """
    values = np.asarray(frame[box])
    if values.dtype.kind not in "bui":
        raise ValueError(f"classes and ids are integers, not {values.dtype}")
    return values


def raster_index(
    place: NDArray[np.int64], box: Box, shape: tuple[int, ...]
) -> NDArray[np.int64]:
    """Raster indices in a whole frame, of raster indices in one of its boxes."""
    pixel = np.unravel_index(place, [side.stop - side.start for side in box])
    moved = tuple(at + side.start for at, side in zip(pixel, box, strict=True))
    return np.asarray(np.ravel_multi_index(moved, shape), dtype=np.int64)


def within(part: Box, box: Box) -> Box:
    """Where a part of a box lies in the box's own array."""
    return tuple(
        slice(a.start - b.start, a.stop - b.start)
        for a, b in zip(part, box, strict=True)
    )


def _volume(box: Box) -> int:
    """Number of pixels."""
    return math.prod(side.stop - side.start for side in box)


def _plain(box: Box, shape: tuple[int, ...]) -> Box:
    """The same box with its starts and stops written out."""
    if len(box) != len(shape):
        raise ValueError(f"{box} has not one slice per axis of {shape}")
    plain = tuple(
        slice(int(s.start or 0), size if s.stop is None else int(s.stop))
        for s, size in zip(box, shape, strict=True)
    )
    for given, side, size in zip(box, plain, shape, strict=True):
        if given.step not in (None, 1) or not 0 <= side.start <= side.stop <= size:
            raise ValueError(f"{box} is no box within a frame of shape {shape}")
    return plain


def _meeting(
    starts: NDArray[np.int64], stops: NDArray[np.int64]
) -> Iterator[NDArray[np.int64]]:
    """For each box the others that it touches or overlaps; both (N, axes).

    Of many boxes only those are compared that lie near along the first axis.
    """
    if not len(starts):
        return
    order = np.argsort(starts[:, 0], kind="stable")
    longest = (stops[:, 0] - starts[:, 0]).max()
    low = np.searchsorted(starts[order, 0], starts[:, 0] - longest)
    high = np.searchsorted(starts[order, 0], stops[:, 0], side="right")
    for number, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        near = order[low[number] : high[number]]
        touches = ((starts[near] <= stop) & (stops[near] >= start)).all(axis=1)
        yield near[touches & (near != number)]
