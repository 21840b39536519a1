"""What all arrays have in common that are read only where they are indexed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray


class LazyArray:
    """The properties of an ndarray that follow from its shape.

    Attributes
    ----------
    shape, dtype, ndim, size
        As of an ndarray.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of pixels, in all channels."""
        return math.prod(self.shape)

    def __len__(self) -> int:
        """Length of the first dimension."""
        return self.shape[0]

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Read a part."""
        raise NotImplementedError

    def __array__(
        self, dtype: DTypeLike | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        """Read all of it."""
        return np.asarray(self[...], dtype)
