"""One index of an array along one axis, read only where it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.read.indexing import complete
from napari_unetseg.core.read.lazy import LazyArray

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Picked(LazyArray):
    """An array without one of its axes: a channel, a position, or an axis of length 1.

    Parameters
    ----------
    array : array of numbers
        numpy, dask, zarr, or anything with a shape that can be indexed.
    axis : int
        The axis to leave out.
    index : int
        What is taken of it.

    Attributes
    ----------
    shape, dtype, ndim, size
        As of an ndarray.
    chunks : tuple, optional
        Of the array, without the axis.
    """

    def __init__(self, array: Any, axis: int, index: int = 0) -> None:
        self._array = array
        self._axis = axis
        self._index = index
        self.shape = tuple(
            int(length) for i, length in enumerate(array.shape) if i != axis
        )
        self.dtype = np.dtype(array.dtype)
        chunks = getattr(array, "chunks", None)
        self.chunks = chunks and tuple(c for i, c in enumerate(chunks) if i != axis)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Read a part: a number or a slice per axis, an Ellipsis for others."""
        keys = complete(key, self.ndim)
        keys.insert(self._axis, self._index)
        return np.asarray(self._array[tuple(keys)])


def without(array: Any, axis: int, index: int = 0) -> Any:
    """Leave out an axis of an array; of numpy's by a view, of others without reading.

    Parameters
    ----------
    array : array
        As for `Picked`.
    axis, index : int
        What is taken.
    """
    if isinstance(array, np.ndarray):
        return array[(slice(None),) * axis + (index,)]
    return Picked(array, axis, index)
