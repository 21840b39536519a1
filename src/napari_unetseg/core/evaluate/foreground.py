"""Objects as one class: what is in any object, and what is in none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

BACKGROUND, OBJECT, NOT_ANNOTATED = 0, 1, 2
NAMES = {BACKGROUND: "background", OBJECT: "objects"}


class Foreground:
    """Ids of objects as the classes 0 background, 1 object, 2 not annotated.

    Parameters
    ----------
    array : array of dtype int or bool
        numpy, dask, zarr or the like; read where it is indexed.
    ignore : sequence of int
        Ids that mean "not annotated"; 0 may be among them.
    identity : int, optional
        The class that is all objects; without one, all ids but 0 are.
    """

    dtype = np.dtype(np.uint8)

    def __init__(
        self, array: Any, ignore: Sequence[int] = (), identity: int | None = None
    ) -> None:
        self._array, self._ignore = array, tuple(ignore)
        self._identity = identity
        self.shape = tuple(int(length) for length in array.shape)

    def __getitem__(self, key: Any) -> NDArray[np.uint8]:
        """Read a part, by numbers or slices per axis."""
        ids = np.asarray(self._array[key])
        is_object = (
            ids != BACKGROUND if self._identity is None else ids == self._identity
        )
        classes = is_object.astype(np.uint8)
        if self._ignore:
            classes[np.isin(ids, self._ignore)] = NOT_ANNOTATED
        return np.asarray(classes)
