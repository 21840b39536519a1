"""The distinct ids of an array, in the order in which they first occur.

Ids come in runs: what is sorted is one number for each run, not for each pixel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Distinct(NamedTuple):
    """The N ids other than 0 of an array, in raster order of their first pixels.

    Attributes
    ----------
    ids : ndarray of shape (N,) and the array's dtype
        The ids.
    area : ndarray of shape (N,) and dtype int64
        Number of pixels of each.
    first : ndarray of shape (N,) and dtype int64
        Raster index of the first pixel of each, ascending.
    numbers : ndarray of the array's shape and dtype int64
        The array with its ids replaced by 1 to N in this order; 0 stays.
    """

    ids: NDArray[Any]
    area: NDArray[np.int64]
    first: NDArray[np.int64]
    numbers: NDArray[np.int64]


def distinct(values: NDArray[Any]) -> Distinct:
    """Find the ids of an array of integers of any shape and type."""
    flat = values.ravel()
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    start = np.concatenate([np.zeros(min(1, flat.size), dtype=np.int64), changes])
    length = np.diff(start, append=flat.size)
    found, run, kind = np.unique(flat[start], return_index=True, return_inverse=True)
    area = np.zeros(len(found), dtype=np.int64)
    np.add.at(area, kind, length)
    # np.unique gives the first run of each, so that runs are in raster order too.
    order = np.argsort(run)
    order = order[found[order] != 0]
    number = np.zeros(len(found), dtype=np.int64)
    number[order] = np.arange(1, len(order) + 1)
    numbers = np.repeat(number[kind], length).reshape(values.shape)
    return Distinct(found[order], area[order], start[run[order]], numbers)
