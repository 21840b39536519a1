"""Labels while they are made: an array of which only what is looked at is read.

napari asks an array for what it shows, and waits. This one answers at once, with what
was last read, or with 0; what was asked for is read beside the window, and shown then.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Key = tuple[int | tuple[int, int, int], ...]

# Of planes that were looked at, what is kept to be shown at once when one comes back.
MOST_BYTES = 64 * 2**20


class Growing:
    """Looks like an array, and shows what was read of it.

    Parameters
    ----------
    source : array
        What grows: dask's, of which each reading finds what is there then.
    wants : callable
        Told that something was asked for that was not read since `renew`.

    Attributes
    ----------
    wanted : Key
        What was asked for last; empty before.
    version : int
        How often it was renewed.
    """

    def __init__(self, source: Any, wants: Callable[[], None]) -> None:
        self.source = source
        self.shape = tuple(map(int, source.shape))
        self.ndim = len(self.shape)
        self.dtype = np.dtype(source.dtype)
        self.wanted: Key = ()
        self.version = 0
        self._wants = wants
        self._read: OrderedDict[Key, NDArray[Any]] = OrderedDict()
        self._fresh: set[Key] = set()

    @property
    def size(self) -> int:
        """Number of pixels."""
        return int(np.prod(self.shape))

    def __len__(self) -> int:
        """Length of the first axis."""
        return self.shape[0]

    def __getitem__(self, index: Any) -> NDArray[Any]:
        """What was last read of a part; 0 if nothing was."""
        key = self._key(index)
        self.wanted = key
        if key not in self._fresh:
            self._wants()
        if key in self._read:
            return self._read[key]
        return np.zeros(self._shape(key), self.dtype)

    def __array__(
        self, dtype: np.dtype[Any] | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        """All of it, as it is now; whoever asks waits."""
        return np.asarray(self.source, dtype)

    def renew(self) -> None:
        """Note that there is more by now than what was read."""
        self.version += 1
        self._fresh.clear()

    def read(self, key: Key) -> NDArray[Any]:
        """Read a part as it is now, in any thread; nothing is changed by it."""
        parts = tuple(k if isinstance(k, int) else slice(*k) for k in key)
        return np.array(self.source[parts])

    def show(self, key: Key, values: NDArray[Any], version: int) -> None:
        """Show what was read, from now on.

        Parameters
        ----------
        key : Key
            What was read.
        values : ndarray
            What was found there.
        version : int
            `version` as it was before: there may be more by now.
        """
        self._read[key] = values
        self._read.move_to_end(key)
        if version == self.version:
            self._fresh.add(key)
        while (
            len(self._read) > 1
            and sum(part.nbytes for part in self._read.values()) > MOST_BYTES
        ):
            self._read.popitem(last=False)

    def _key(self, index: Any) -> Key:
        """What is asked for, as numbers that can be compared."""
        given = index if isinstance(index, tuple) else (index,)
        if Ellipsis in given:
            at = given.index(Ellipsis)
            missing = self.ndim - len(given) + 1
            given = (*given[:at], *(slice(None),) * missing, *given[at + 1 :])
        given = (*given, *(slice(None),) * (self.ndim - len(given)))
        return tuple(
            part.indices(n) if isinstance(part, slice) else int(part)
            for part, n in zip(given, self.shape, strict=True)
        )

    def _shape(self, key: Key) -> tuple[int, ...]:
        return tuple(len(range(*part)) for part in key if not isinstance(part, int))
