"""A series of image files of equal shape, as one array that is read file by file."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import ReadError
from napari_unetseg.core.read.indexing import complete
from napari_unetseg.core.read.lazy import LazyArray
from napari_unetseg.core.read.tiff import read_tiff

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import DTypeLike, NDArray

# Series up to this many bytes are read at once.
READ_BELOW = 256 * 2**20


class FileSeries(LazyArray):
    """Files stacked along a new first axis, read where it is indexed.

    Parameters
    ----------
    files : sequence of (Path or None)
        One for each index; None for zeros.
    shape : tuple of int
        Of every file.
    dtype : dtype
        Holds the numbers of all files.

    Attributes
    ----------
    shape, dtype, ndim, size
        As of an ndarray.
    chunks : tuple of int
        One file.
    """

    def __init__(
        self, files: Sequence[Path | None], shape: Sequence[int], dtype: DTypeLike
    ) -> None:
        self._files = tuple(files)
        self.shape = (len(self._files), *(int(length) for length in shape))
        self.dtype = np.dtype(dtype)
        self.chunks = (1, *self.shape[1:])
        self._last: tuple[int, NDArray[Any]] | None = None
        self._lock = threading.Lock()

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Read a part: a number or a slice first, then whatever numpy takes.

        Raises
        ------
        ReadError
            If a file is damaged, or of another shape or type.
        """
        first, *rest = complete(key, self.ndim)
        every = range(self.shape[0])
        if not isinstance(first, slice):
            frame: NDArray[Any] = self._frame(every[int(first)])[tuple(rest)]
            return frame
        wanted = every[first]
        parts = [self._frame(number)[tuple(rest)] for number in wanted]
        if parts:
            return np.stack(parts)
        return np.zeros((0, *self.shape[1:]), self.dtype)[(slice(None), *rest)]

    def _frame(self, number: int) -> NDArray[Any]:
        file = self._files[number]
        if file is None:
            return np.zeros(self.shape[1:], self.dtype)
        with self._lock:
            if self._last is not None and self._last[0] == number:
                return self._last[1]
        image = read_tiff(file)
        if image.shape != self.shape[1:]:
            raise ReadError(
                f"'{file.name}' is of shape {image.shape}, the files of its series of "
                f"{self.shape[1:]}",
                "Move it elsewhere, or copy it again from its source",
            )
        if not np.can_cast(image.dtype, self.dtype):
            raise ReadError(
                f"'{file.name}' holds {image.dtype} values, the files of its series "
                f"{self.dtype}",
                "Save them all with the same type",
            )
        frame = np.asarray(image.array).astype(self.dtype, copy=False)
        with self._lock:
            self._last = (number, frame)
        return frame


def series_of(
    files: Mapping[int, Path], numbers: Sequence[int], shape: Sequence[int], dtype: Any
) -> Any:
    """Stack files by their numbers; read at once if they are few.

    Parameters
    ----------
    files : mapping of int to Path
        By number.
    numbers : sequence of int
        Which number lies where along the first axis; zeros where there is no file.
    shape, dtype
        As for `FileSeries`.
    """
    found = FileSeries([files.get(number) for number in numbers], shape, dtype)
    small = found.size * found.dtype.itemsize <= READ_BELOW
    return np.asarray(found) if small else found
