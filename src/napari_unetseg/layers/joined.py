"""An array whose channels lie in several arrays: joining layers copies nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike, NDArray

    Place = tuple[int | slice, ...]

WHOLE = slice(None)


class JoinedChannels:
    """Arrays side by side along a new first axis of channels, read when indexed.

    Parameters
    ----------
    parts : sequence of (array, place)
        For each channel the array that holds it, and where: a whole slice for each
        dimension, but an integer for an axis of channels that the array itself has.

    Attributes
    ----------
    shape : tuple of int
        (C, ...); the parts have equal shapes at their places.
    dtype : dtype
        Holds the numbers of all parts.
    """

    def __init__(self, parts: Sequence[tuple[Any, Place]]) -> None:
        array, place = parts[0]
        lengths = zip(array.shape, place, strict=True)
        self._parts = tuple(parts)
        self.shape = (len(parts), *(int(n) for n, where in lengths if where == WHOLE))
        self.dtype = np.result_type(*(np.dtype(part.dtype) for part, _ in parts))

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    def __getitem__(self, key: Any) -> Any:
        """Read a part.

        Parameters
        ----------
        key : int, slice or tuple of them
            Of channels also a list of indices; if it is the only index, the channels
            are chosen without being read.

        Returns
        -------
        ndarray, or JoinedChannels
        """
        channels, *within = self._complete(key)
        if isinstance(channels, int | np.integer):
            return self._read(int(channels), within)
        if isinstance(channels, list) and all(index == WHOLE for index in within):
            return JoinedChannels([self._parts[channel] for channel in channels])
        every = range(len(self._parts))
        chosen = every[channels] if isinstance(channels, slice) else channels
        read = [self._read(channel, within) for channel in chosen]
        return np.stack(read) if read else self._read(0, within)[None][:0]

    def __array__(
        self, dtype: DTypeLike | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        """Read all of it."""
        return np.asarray(self[:], dtype)

    def _complete(self, key: Any) -> list[Any]:
        """One index per dimension."""
        given = [*key] if isinstance(key, tuple) else [key]
        if Ellipsis not in given:
            given.append(Ellipsis)
        position = given.index(Ellipsis)
        missing = self.ndim - len(given) + 1
        if missing < 0:
            raise IndexError(f"{len(given) - 1} indices for {self.ndim} dimensions")
        return [*given[:position], *[WHOLE] * missing, *given[position + 1 :]]

    def _read(self, channel: int, within: Sequence[Any]) -> Any:
        array, place = self._parts[channel]
        indices = iter(within)
        where = tuple(next(indices) if axis == WHOLE else axis for axis in place)
        return np.asarray(array[where]).astype(self.dtype, copy=False)
