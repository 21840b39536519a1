"""Number types that an OME-TIFF can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import WriteError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

STORED_AS_IT_IS = ("u1", "u2", "u4", "i1", "i2", "i4", "f4")


def smallest_unsigned(largest: int | NDArray[Any]) -> np.dtype[Any]:
    """Smallest unsigned integer type that holds a number.

    Parameters
    ----------
    largest : int or array of integers
        The number, or an array whose largest number counts.

    Returns
    -------
    dtype
        uint8, uint16, uint32 or uint64.

    Raises
    ------
    OverflowError
        If a number is negative or needs more than 64 bits.
    """
    numbers = np.asarray(largest)
    if numbers.size == 0:
        return np.dtype(np.uint8)
    return _integer_type(int(numbers.min()), int(numbers.max()), "u")


def stored_dtype(
    dtype: np.dtype[Any],
    parts: Iterable[NDArray[Any]],
    name: str,
    *,
    smallest: bool = False,
) -> np.dtype[Any]:
    """Choose the type in which an image is stored.

    Parameters
    ----------
    dtype : dtype
        Type of the image's numbers.
    parts : iterable of arrays
        The image, part by part; looked at only if the type has 64-bit integers, or the
        smallest type is wanted, for their smallest and largest number.
    name : str
        Name of the file, for the message.
    smallest : bool
        Whether other integers, too, become the smallest type that holds them.

    Returns
    -------
    dtype
        In native byte order. bool becomes uint8; float16 and float64 become float32;
        64-bit integers become the smallest type of up to 32 bits that holds them.

    Raises
    ------
    WriteError
        If there is no such type.
    """
    if dtype.kind == "b":
        return np.dtype(np.uint8)
    if dtype.kind == "f":
        return np.dtype(np.float32)
    shrinks = smallest and dtype.kind in "iu" and dtype.itemsize > 1
    if dtype.str[1:] in STORED_AS_IT_IS and not shrinks:
        return dtype.newbyteorder("=")
    if dtype.kind not in "iu":
        raise WriteError(
            f"'{name}' cannot hold values of type {dtype}",
            "Convert them to integers or real numbers",
        )
    lowest, highest = 0, 0
    for part in parts:
        lowest = min(lowest, int(part.min()))
        highest = max(highest, int(part.max()))
    stored = _integer_type(lowest, highest, "u" if lowest == 0 else "i")
    if stored.itemsize > 4:
        raise WriteError(
            f"'{name}' cannot hold the numbers {lowest} to {highest}: TIFF images have "
            "32 bits",
            "Number the labels anew from 1",
        )
    return stored


def _integer_type(lowest: int, highest: int, kind: str) -> np.dtype[Any]:
    for size in (1, 2, 4, 8):
        dtype = np.dtype(f"{kind}{size}")
        limits = np.iinfo(dtype)
        if limits.min <= lowest and highest <= limits.max:
            return dtype
    raise OverflowError(f"no integer type holds {lowest} to {highest}")
