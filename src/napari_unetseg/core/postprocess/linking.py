"""Objects of a stack: instances of its slices, linked from each slice to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import coo_matrix

from napari_unetseg.core.postprocess.blocks import read
from napari_unetseg.core.postprocess.distinct import Distinct, distinct

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

THRESHOLD = 0.25
"""IoU from which on two objects of consecutive slices are the same."""


def link_slices(
    stack: Any, threshold: float = THRESHOLD
) -> Generator[NDArray[np.uint32], None, int]:
    """Link the instances of consecutive slices by their overlap.

    Parameters
    ----------
    stack : array of shape (Z, Y, X) and an integer dtype
        Instance ids of each slice, 0 for background. The same id in two slices means
        nothing. numpy, zarr, or anything with a shape that gives an array for a tuple
        of slices; read slice by slice.
    threshold : float
        Lowest intersection over union of two linked objects, from 0 to 1. Objects that
        do not overlap are never linked.

    Yields
    ------
    ndarray of shape (Y, X) and dtype uint32
        The linked ids of the next slice. Nothing is kept but the slice before it.

    Returns
    -------
    int
        Number of linked objects, whose ids count from 1.

    Raises
    ------
    ValueError
        If the stack has not three axes or holds no integers, or the threshold is not
        from 0 to 1.

    Notes
    -----
    An object takes the id of that object in the slice before with which its IoU is
    highest, if that one's IoU is highest with it too and not below the threshold.
    Otherwise it gets the next free id; these are given in raster order of the objects'
    first pixels, as ties are broken: of several objects with the same IoU the first one
    counts. An object that is missing from a slice ends there.
    """
    if len(stack.shape) != 3 or not 0 <= threshold <= 1:
        raise ValueError(
            f"slices are linked in a stack (Z, Y, X), not {stack.shape}, from an IoU "
            f"of 0 to 1 on, not {threshold}"
        )
    depth, *plane = (int(size) for size in stack.shape)
    count = 0
    before = distinct(np.zeros(plane, dtype=np.uint8))
    names = np.zeros(1, dtype=np.int64)
    for z in range(depth):
        now = distinct(read(stack, _slice(z, plane))[0])
        links = np.zeros(len(now.ids) + 1, dtype=np.int64)
        old, new = _matches(before, now, threshold)
        links[new] = names[old]
        fresh = np.flatnonzero(links[1:] == 0) + 1
        links[fresh] = count + np.arange(1, len(fresh) + 1)
        count += len(fresh)
        yield links.astype(np.uint32)[now.numbers]
        before, names = now, links
    return count


def _slice(z: int, plane: list[int]) -> tuple[slice, ...]:
    """Box of one slice of a stack."""
    return (slice(z, z + 1), *(slice(0, size) for size in plane))


def _matches(
    before: Distinct, now: Distinct, threshold: float
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Numbers, from 1 on, of the objects in two slices that belong together."""
    both = (before.numbers > 0) & (now.numbers > 0)
    old, new = before.numbers[both] - 1, now.numbers[both] - 1
    shape = len(before.ids), len(now.ids)
    # Entries at the same place are summed.
    shared = coo_matrix((np.ones(old.size, np.int64), (old, new)), shape).tocsr()
    pairs = shared.tocoo()
    old, new = pairs.row, pairs.col
    iou = pairs.data / (before.area[old] + now.area[new] - pairs.data)
    chosen = _best(old, new, iou) & _best(new, old, iou) & (iou >= threshold)
    return old[chosen] + 1, new[chosen] + 1


def _best(
    of: NDArray[Any], others: NDArray[Any], iou: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which pairs are the best of their object, at a tie that with the first other."""
    order = np.lexsort((others, -iou, of))
    leads = np.ones(len(order), dtype=bool)
    leads[1:] = of[order][1:] != of[order][:-1]
    best = np.zeros(len(order), dtype=bool)
    best[order[leads]] = True
    return best
