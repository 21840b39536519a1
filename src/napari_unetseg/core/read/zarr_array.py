"""A zarr array whose damage is told in a sentence, wherever it is read."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import ReadError
from napari_unetseg.core.read.lazy import LazyArray

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

AGAIN = "Copy the whole folder again from its source or save it again"

# zarr names places as it sees them: "file:///home/...", PosixPath('/home/...').
PLACES = re.compile(r"\S*://\S*|\w+Path\([^)]*\)")

# What fuzzed metadata and chunks have made zarr and its codecs raise.
ZARR_ERRORS = (
    ArithmeticError,
    AttributeError,
    ImportError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
)
# Of those, what says something of a program and nothing of a file.
_INTERNAL = (AttributeError, RecursionError, TypeError, ZeroDivisionError)


class ZarrArray(LazyArray):
    """A zarr array, read where it is indexed.

    Parameters
    ----------
    array : zarr.Array
        Opened to read.
    name : str
        For messages.

    Attributes
    ----------
    shape, dtype, chunks, nbytes, attrs, metadata
        As of the zarr array.
    """

    def __init__(self, array: Any, name: str) -> None:
        self.name = name
        self.shape = tuple(array.shape)
        self.dtype = np.dtype(array.dtype)
        self.chunks: tuple[int, ...] = tuple(array.chunks)
        self.nbytes: int = array.nbytes
        self.attrs = array.attrs
        self.metadata = array.metadata
        self._array = array

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Read a part.

        Parameters
        ----------
        key : int, slice, Ellipsis, or tuple of them
            As for a zarr array.

        Raises
        ------
        ReadError
            If what is asked for is damaged, or gone.
        """
        with noticing_damage(self.name):
            return np.asarray(self._array[key])


@contextmanager
def noticing_damage(name: str) -> Iterator[None]:
    """Turn what zarr raises inside the block into a `ReadError`.

    An index out of bounds is whoever asks for it to blame, and stays an IndexError.
    """
    try:
        yield
    except IndexError:
        raise
    except ZARR_ERRORS as error:
        if isinstance(error, OSError) and error.strerror:
            raise ReadError(f"'{name}' cannot be opened: {error.strerror}") from error
        gist = _gist(error)
        if "UnknownCodec" in type(error).__name__:
            raise ReadError(
                f"'{name}' is compressed in a way that is not read ({gist})",
                "Save it with zstd, blosc or gzip",
            ) from error
        raise ReadError(f"'{name}' is damaged ({gist})", AGAIN) from error


def _gist(error: Exception) -> str:
    """Say why, without paths, and without words that only programmers understand."""
    if isinstance(error, _INTERNAL):
        return "its metadata make no sense"
    text = PLACES.sub("", str(error).partition("\n")[0]) or type(error).__name__
    return " ".join(text.split())[:120].strip(" .")
