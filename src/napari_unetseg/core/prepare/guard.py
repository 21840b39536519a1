"""Honest validation within one frame: a block of it, behind a guard band.

Where only one slice or volume is annotated, part of it has to validate. A network sees
more than the pixel it predicts; the band around the block that is as wide as what it
sees teaches nothing. So no pixel that teaches is seen when one of the block is
predicted, and the score is not that of what was learnt by heart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.prepare.targets import IGNORE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.frames import Box

    Ends = tuple[NDArray[np.intp], NDArray[np.intp]]

LEFT = 0.5
"""Share of the annotated pixels that is left to train on, at least."""

# A score of fewer pixels is none.
_FEWEST = 64
# A class with twice as many pixels has to have so many in either part.
_ENOUGH = 10
# What "about" the wished share is, and which smaller ones are tried, best first.
_ABOUT = (0.9, 1.2)
_SMALLER = (0.7, 0.5)
# Cells per axis between which blocks begin and end, in frames of 1, 2 and 3 axes. All
# pairs of ends are compared: 278 784 blocks of a plane, 474 552 of a volume.
_CELLS = {1: 64, 2: 32, 3: 12}


def choose_block(
    target: NDArray[Any], fraction: float, reach: Sequence[int], classes: int | None
) -> Box | None:
    """Choose the block of a frame that validates.

    All blocks are compared that begin and end on a grid of 32 x 32 (of a volume
    12 x 12 x 12) cells over the annotated part of the frame. Every class keeps pixels
    to train on, and so does half of what is annotated. In this order, the block holds
    as many classes as possible, holds about the wished share of the annotated pixels
    (or 0.7, or 0.5 of it), and leaves as much as possible to train on.

    Parameters
    ----------
    target : ndarray of shape ([Z,] Y, X), signed integers
        Class indices or ids of objects; `IGNORE` where not annotated.
    fraction : float
        Share of the annotated pixels that should validate, above 0 and below 1.
    reach : sequence of int
        Per axis, how far the network sees on either side of a pixel: the larger side of
        its receptive field, in pixels.
    classes : int or None
        Number of classes; None: the target holds ids of objects, which count as one
        class beside the background 0.

    Returns
    -------
    tuple of slice, or None
        One slice per axis; None where there is too little annotation to validate.
    """
    known = target != IGNORE
    extent = [_extent(known, axis) for axis in range(target.ndim)]
    if any(first == last for first, last in extent):
        return None
    cells = _CELLS[target.ndim]
    edges = [
        np.unique(np.linspace(*ends, cells + 1).round().astype(int)) for ends in extent
    ]
    tables = [_summed(table) for table in _count(target, edges, classes)]
    blocks = [np.triu_indices(len(at), k=1) for at in edges]
    bands = [
        _band(at, ends, width)
        for at, ends, width in zip(edges, blocks, reach, strict=True)
    ]
    best = _best(tables, blocks, bands, fraction)
    if best is None:
        return None
    place = np.unravel_index(best, [len(first) for first, _ in blocks])
    return tuple(
        slice(int(at[first[i]]), int(at[last[i]]))
        for at, (first, last), i in zip(edges, blocks, place, strict=True)
    )


def guarded(box: Box, reach: Sequence[int], shape: Sequence[int]) -> Box:
    """Widen a block by its guard band, as far as the frame goes.

    Parameters
    ----------
    box : tuple of slice
        A block of the frame.
    reach : sequence of int
        Width of the band along each axis, in pixels.
    shape : sequence of int
        ([Z,] Y, X) of the frame.
    """
    return tuple(
        slice(max(0, side.start - width), min(length, side.stop + width))
        for side, width, length in zip(box, reach, shape, strict=True)
    )


def _extent(known: NDArray[np.bool_], axis: int) -> tuple[int, int]:
    """Where the annotated pixels begin and end along an axis; equal if there are none.

    `known` has the frame's shape.
    """
    others = tuple(a for a in range(known.ndim) if a != axis)
    at = np.flatnonzero(known.any(axis=others))
    return (int(at[0]), int(at[-1]) + 1) if len(at) else (0, 0)


def _count(
    target: NDArray[Any], edges: list[NDArray[Any]], classes: int | None
) -> NDArray[np.int64]:
    """Count the pixels of each class in each cell.

    Returns an array of shape (classes, cells along each axis), summed over slabs of the
    first axis, so that no more than a slab is held twice.
    """
    count = 2 if classes is None else classes
    grid = [len(at) - 1 for at in edges]
    inner = np.zeros((), np.intp)
    for at in edges[1:]:
        cell = np.repeat(np.arange(len(at) - 1), np.diff(at))
        inner = inner[..., None] * (len(at) - 1) + cell
    rest = tuple(slice(at[0], at[-1]) for at in edges[1:])
    table = []
    for first, last in zip(edges[0][:-1], edges[0][1:], strict=True):
        slab = target[(slice(first, last), *rest)]
        known = slab != IGNORE
        values = slab[known].astype(np.intp)
        if classes is None:
            values = (values > 0).astype(np.intp)
        cells = np.broadcast_to(inner, slab.shape)[known] * count + values
        size = int(np.prod(grid[1:], dtype=int)) * count
        table.append(np.bincount(cells, minlength=size).reshape(*grid[1:], count))
    return np.moveaxis(np.stack(table).astype(np.int64), -1, 0)


def _summed(table: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum a table over all cells before a corner, for every corner of the grid."""
    sums = np.pad(table, [(1, 0)] * table.ndim)
    for axis in range(sums.ndim):
        np.cumsum(sums, axis=axis, out=sums)
    return sums


def _band(at: NDArray[Any], ends: Ends, width: int) -> Ends:
    """Corners between which all cells lie that a guarded block touches; of one axis."""
    first, last = at[ends[0]] - width, at[ends[1]] + width
    below = np.searchsorted(at, first, side="right") - 1
    above = np.searchsorted(at, last, side="left")
    return below.clip(min=0), above.clip(max=len(at) - 1)


def _within(sums: NDArray[np.int64], ends: list[Ends]) -> NDArray[np.int64]:
    """Pixels in each block, flat: differences of the summed table along each axis."""
    for axis, (first, last) in enumerate(ends):
        sums = sums.take(last, axis) - sums.take(first, axis)
    return sums.ravel()


def _best(
    tables: list[NDArray[np.int64]],
    blocks: list[Ends],
    bands: list[Ends],
    fraction: float,
) -> int | None:
    """Number of the best block, if any will do."""
    everything = sum(tables[1:], start=tables[0])
    total = everything.flat[-1]
    inside = _within(everything, blocks)
    left = total - _within(everything, bands)
    share = inside / (fraction * total)
    fits = (left >= LEFT * total) & (inside >= _FEWEST)
    fits &= (share >= _SMALLER[-1]) & (share <= _ABOUT[1])
    number = np.flatnonzero(fits)
    missing = np.zeros(len(number), int)
    for table in tables:
        pixels = int(table.flat[-1])
        enough = _ENOUGH if pixels >= 2 * _ENOUGH else 0
        missing += _within(table, blocks)[number] < enough
        least = max(enough, 1) if pixels else 0
        kept = pixels - _within(table, bands)[number] >= least
        number, missing = number[kept], missing[kept]
    if not len(number):
        return None
    level = (share[number, None] < (_ABOUT[0], *_SMALLER)).sum(axis=1)
    away = np.abs(share[number] - 1)
    return int(number[np.lexsort((number, away, -left[number], level, missing))[0]])


def slivers(target: NDArray[Any], box: Box) -> NDArray[Any]:
    """Find the objects that a block cuts and holds less than half of.

    Parameters
    ----------
    target : ndarray of shape ([Z,] Y, X), integers
        Ids of objects; 0 and less are none.
    box : tuple of slice
        The block.

    Returns
    -------
    ndarray of shape (N,), of the target's dtype
        Their ids, ascending.
    """
    cut: set[int] = set()
    for axis, side in enumerate(box):
        for inside, outside in (
            (side.start, side.start - 1),
            (side.stop - 1, side.stop),
        ):
            if not 0 <= outside < target.shape[axis]:
                continue
            face = np.moveaxis(target[_flat(box, axis, inside)], axis, 0)
            beyond = np.moveaxis(target[_flat(box, axis, outside)], axis, 0)
            cut.update(face[(face == beyond) & (face > 0)].tolist())
    part = target[box]
    small = [i for i in sorted(cut) if 2 * (part == i).sum() < (target == i).sum()]
    return np.array(small, dtype=target.dtype)


def _flat(box: Box, axis: int, at: int) -> Box:
    """The slice of one pixel's thickness through a block, or beside it."""
    return (*box[:axis], slice(at, at + 1), *box[axis + 1 :])
