"""Part of an array, row by row as somebody lists them, read only where it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Lookup:
    """An array whose pixels are picked from another by one list of places per axis.

    Parameters
    ----------
    array : array of numbers
        numpy, dask or zarr, with N dimensions.
    places : sequence of N ndarrays of int
        For every axis the indices into `array`, in any order and as often as wished.
    """

    def __init__(self, array: Any, places: Sequence[NDArray[np.intp]]) -> None:
        self._array = array
        self._places = tuple(places)
        self.shape = tuple(len(indices) for indices in self._places)
        self.dtype = np.dtype(array.dtype)

    def __getitem__(self, key: int | slice | tuple[int | slice, ...]) -> NDArray[Any]:
        """Read a part: a number or a slice per axis, axes that are not named whole."""
        keys = key if isinstance(key, tuple) else (key,)
        keys = (*keys, *[slice(None)] * (len(self.shape) - len(keys)))
        block: list[int | slice] = []
        within = []
        for indices, one in zip(self._places, keys, strict=True):
            wanted = indices[one]
            if isinstance(one, slice):
                # zarr is quick with slices only, so what lies between is read as well.
                first = int(wanted.min()) if wanted.size else 0
                last = int(wanted.max()) if wanted.size else -1
                block.append(slice(first, last + 1))
                within.append(wanted - first)
            else:
                block.append(int(wanted))
        read = np.asarray(self._array[tuple(block)])
        return read[np.ix_(*within)]
