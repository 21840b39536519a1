"""An array whose axes are stored in another order than they are spoken of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What OME-Zarr demands.
STORED = "TCZYX"


def stored_axes(axes: str) -> str:
    """The same axes in the order in which OME-Zarr stores them."""
    return "".join(sorted(axes, key=STORED.index))


class Reordered:
    """An array that is read and written with its axes in another order.

    Parameters
    ----------
    array : zarr array
        What is stored.
    stored : str
        Its axes.
    axes : str
        The same letters, in the order in which they are spoken of.
    """

    def __init__(self, array: Any, stored: str, axes: str) -> None:
        self._array = array
        self._order = [axes.index(axis) for axis in stored]
        self._axes = [stored.index(axis) for axis in axes]
        self.shape = tuple(int(array.shape[axis]) for axis in self._axes)
        self.ndim = len(self.shape)
        self.dtype = np.dtype(array.dtype)
        self.chunks = tuple(int(array.chunks[axis]) for axis in self._axes)

    def __getitem__(self, index: tuple[int | slice, ...]) -> NDArray[Any]:
        """Read a part, by a number or a slice along each axis."""
        found = np.asarray(self._array[tuple(index[axis] for axis in self._order)])
        kept = [axis for axis, part in enumerate(index) if isinstance(part, slice)]
        there = [axis for axis in self._order if axis in kept]
        return found.transpose([there.index(axis) for axis in kept])

    def __setitem__(self, index: tuple[slice, ...], values: NDArray[Any]) -> None:
        """Write a part, by a slice along each axis."""
        place = tuple(index[axis] for axis in self._order)
        self._array[place] = values.transpose(self._order) if values.ndim else values
