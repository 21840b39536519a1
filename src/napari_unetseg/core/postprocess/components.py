"""Connected components of a frame that need not fit into memory.

The frame is read block by block. Each block is labelled on its own, and of it only a
table of its components and the pixels at its ends are kept; where blocks meet, the
parts of a component are joined. A second reading gives any block its final ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from skimage.measure import label

from napari_unetseg.core.postprocess.blocks import (
    Blocks,
    Blockwise,
    covering,
    raster_index,
    read,
)
from napari_unetseg.core.postprocess.seams import Seams

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.frames import Box

    Select = Callable[[NDArray[Any]], NDArray[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Components(Blockwise):
    """The N components of a frame: their ids as an array, and a table.

    Ids count from 1 in the raster order (C order) of each component's first pixel; row
    i of the table is component i + 1. Pixels outside all components have id 0. A block
    whose ids were made may be written over in `frame`.

    Attributes
    ----------
    frame : array of shape ([Z,] Y, X)
        What they were found in.
    blocks : Blocks
        The boxes that they were found in.
    connectivity : int
        Along how many axes at most two neighbouring pixels differ.
    select : callable or None
        As for `find_components`.
    numbers : tuple of ndarray
        For each block the id of each of the block's own labels.
    value : ndarray of shape (N,) and dtype int64
        What the component's pixels hold, once selected.
    area : ndarray of shape (N,) and dtype int64
        Number of pixels.
    first : ndarray of shape (N,) and dtype int64
        Raster index of the first pixel in the whole frame, ascending.
    at_border : ndarray of shape (N,) and dtype bool
        Whether a pixel lies at the frame's border. Along an axis of length 1 all do.
    """

    frame: Any
    blocks: Blocks
    connectivity: int
    select: Select | None
    numbers: tuple[NDArray[Any], ...]
    value: NDArray[np.int64]
    area: NDArray[np.int64]
    first: NDArray[np.int64]
    at_border: NDArray[np.bool_]

    def __len__(self) -> int:
        """Number of components."""
        return len(self.area)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The smallest unsigned type that holds all ids."""
        return np.min_scalar_type(len(self))

    def block(self, number: int) -> NDArray[Any]:
        """The ids in one of the boxes, whose pixels are read and labelled again."""
        values = _selected(self.frame, self.blocks.boxes[number], self.select)
        labels, _ = _label(values, self.connectivity)
        ids: NDArray[Any] = self.numbers[number][labels]
        return ids


class _Table(NamedTuple):
    """Columns of `Components`: of whole components, or of their parts in blocks."""

    value: NDArray[np.int64]
    area: NDArray[np.int64]
    first: NDArray[np.int64]
    at_border: NDArray[np.bool_]


def find_components(
    frame: Any,
    blocks: Sequence[Box],
    *,
    connectivity: int = 1,
    select: Select | None = None,
) -> Generator[None, None, Components]:
    """Find the connected components of a frame.

    Parameters
    ----------
    frame : array of shape ([Z,] Y, X) and an integer or boolean type
        numpy, zarr, or anything with a shape that gives an array for a tuple of slices.
    blocks : sequence of tuple of slice
        Boxes that cover the frame exactly once, in any order. The result does not
        depend on them.
    connectivity : int
        1: neighbours share a face; 2: at least an edge (in a plane: a corner); 3: at
        least a corner.
    select : callable, optional
        Turns the values of a block, pixel by pixel, into those that count. Connected
        pixels of the same value other than 0, or of True, are a component.

    Yields
    ------
    None
        After each block.

    Returns
    -------
    Components

    Raises
    ------
    ValueError
        If the blocks do not cover the frame exactly once, the frame does not hold
        integers, or there is no such connectivity.
    """
    cover = covering(frame.shape, blocks)
    axes = len(cover.shape)
    if not 1 <= connectivity <= axes:
        raise ValueError(f"connectivity {connectivity} is not from 1 to {axes}")
    seams = Seams(cover, connectivity)
    none = np.zeros(0, dtype=np.int64)
    tables = [_Table(none, none, none, none.astype(bool))]
    equal = [np.zeros((2, 0), dtype=np.int64)]
    ends = [0]
    for number, box in enumerate(cover.boxes):
        values = _selected(frame, box, select)
        labels, count = _label(values, connectivity)
        tables.append(_tabulate(values, labels, count, box, cover.shape))
        # Counted on from block to block, a label names one part of one component.
        parts = (labels + np.int64(ends[-1])) * (labels > 0)
        equal += [_distinct(*pair) for pair in seams.meet(number, parts)]
        ends.append(ends[-1] + count)
        yield
    table = _Table(*(np.concatenate(column) for column in zip(*tables, strict=True)))
    ids, whole = _join(table, np.concatenate(equal, axis=1))
    ids = ids.astype(np.min_scalar_type(len(whole.area)))
    numbers = tuple(np.pad(ids[a:b], (1, 0)) for a, b in pairwise(ends))
    return Components(frame, cover, connectivity, select, numbers, *whole)


def _selected(frame: Any, box: Box, select: Select | None) -> NDArray[Any]:
    """The values that count in one box."""
    values = read(frame, box)
    return values if select is None else select(values)


def _label(values: NDArray[Any], connectivity: int) -> tuple[NDArray[Any], int]:
    """Components of one block, and how many there are."""
    # Some versions of scikit-image have types and some have none.
    find: Any = label
    labels, count = find(
        values, background=0, connectivity=connectivity, return_num=True
    )
    return labels, int(count)


def _tabulate(
    values: NDArray[Any],
    labels: NDArray[Any],
    count: int,
    box: Box,
    shape: tuple[int, ...],
) -> _Table:
    """The table of one block's components, in the order of their labels."""
    flat = labels.ravel()
    place = np.zeros(count + 1, dtype=np.int64)
    # Of what is written to the same place the last stays: backwards, the first pixel.
    place[flat[::-1]] = np.arange(flat.size - 1, -1, -1)
    at_border = np.zeros(count + 1, dtype=bool)
    for axis, (side, size) in enumerate(zip(box, shape, strict=True)):
        if side.start == 0:
            at_border[labels.take(0, axis=axis)] = True
        if side.stop == size:
            at_border[labels.take(-1, axis=axis)] = True
    return _Table(
        value=values.ravel()[place[1:]].astype(np.int64),
        area=np.bincount(flat, minlength=count + 1)[1:],
        first=raster_index(place[1:], box, shape),
        at_border=at_border[1:],
    )


def _distinct(before: NDArray[Any], now: NDArray[Any]) -> NDArray[np.int64]:
    """Indices of parts that touch, (2, P), each pair once."""
    pairs = np.stack([before, now])[:, (before > 0) & (now > 0)] - 1
    # Pairs that follow themselves, as most do, are left out before the others are
    # sorted.
    fresh = np.ones(pairs.shape[1], dtype=bool)
    fresh[1:] = (pairs[:, 1:] != pairs[:, :-1]).any(axis=0)
    first, second = pairs[:, fresh]
    # Places, not parts, so that no product of two large numbers overflows.
    parts, place = np.unique(second, return_inverse=True)
    rows, row = np.unique(first, return_inverse=True)
    keys = np.unique(row * max(1, len(parts)) + place)
    row, place = np.divmod(keys, max(1, len(parts)))
    return np.stack([rows[row], parts[place]])


def _join(parts: _Table, pairs: NDArray[np.int64]) -> tuple[NDArray[np.int64], _Table]:
    """Join the parts of components; give each part's id and the components' table."""
    group = _groups(parts.value, pairs)
    count = int(group.max(initial=-1)) + 1
    first = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(first, group, parts.first)
    order = np.argsort(first)
    rank = np.empty(count, dtype=np.int64)
    rank[order] = np.arange(count)
    row = rank[group]
    value, area = np.zeros((2, count), dtype=np.int64)
    value[row] = parts.value
    np.add.at(area, row, parts.area)
    at_border = np.zeros(count, dtype=bool)
    at_border[row[parts.at_border]] = True
    return row + 1, _Table(value, area, first[order], at_border)


def _groups(value: NDArray[np.int64], pairs: NDArray[np.int64]) -> NDArray[Any]:
    """Number parts alike that are connected by touching pairs of the same value."""
    before, now = pairs[:, value[pairs[0]] == value[pairs[1]]]
    if not before.size:
        return np.arange(len(value))
    graph = coo_matrix(
        (np.ones(before.size, dtype=bool), (before, now)), shape=(len(value),) * 2
    )
    groups: NDArray[Any] = connected_components(graph, directed=False)[1]
    return groups
