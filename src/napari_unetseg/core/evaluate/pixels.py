"""The pixels of two label arrays that are compared, a block at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

# Pixels that are widened to int64 at a time: 8 MB an array, however large the stack.
BLOCK = 1 << 20
# Ids below this are looked up in a table; larger ones are searched for.
TABLE = 1 << 16


def check_pair(prediction: Any, truth: Any) -> None:
    """Refuse arrays that cannot be compared pixel by pixel.

    Raises
    ------
    ValueError
        If the shapes differ or the arrays hold anything but integers.
    """
    shapes = tuple(prediction.shape), tuple(truth.shape)
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"prediction (shape {shapes[0]}) must have the shape of truth (shape "
            f"{shapes[1]})"
        )
    for dtype in (np.dtype(prediction.dtype), np.dtype(truth.dtype)):
        if dtype.kind not in "biu":
            raise ValueError(f"labels must be integers, not {dtype}")


def compared(
    prediction: NDArray[Any], truth: NDArray[Any], ignore: Sequence[int]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The pixels to compare, as flat pairs of at most about BLOCK pixels."""
    shape = tuple(truth.shape)
    check_pair(prediction, truth)
    if len(shape) < 2:
        raise ValueError(f"labels must have the axes (..., Y, X), not shape {shape}")
    rows = max(1, BLOCK // max(1, shape[-1]))
    for index in np.ndindex(*shape[:-2]):
        for start in range(0, shape[-2], rows):
            place = (*index, slice(start, start + rows))
            predicted = np.asarray(prediction[place]).ravel().astype(np.int64)
            true = np.asarray(truth[place]).ravel().astype(np.int64)
            if len(ignore):
                keep = ~(np.isin(predicted, ignore) | np.isin(true, ignore))
                predicted, true = predicted[keep], true[keep]
            yield predicted, true


def distinct(values: NDArray[np.int64]) -> list[int]:
    """The different values; sorting is needed only where they are large."""
    if not values.size:
        return []
    if values.min() >= 0 and values.max() < TABLE:
        return [int(v) for v in np.flatnonzero(np.bincount(values))]
    return [int(v) for v in np.unique(values)]


def positions(
    values: NDArray[np.int64], ascending: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Index of each value in the K ascending ids; K where it is none of them."""
    k = len(ascending)
    if not k:
        return np.zeros_like(values)
    if ascending[0] >= 0 and ascending[-1] < TABLE:
        # The last entry is that of everything unknown: too large, or clipped to -1.
        table = np.full(ascending[-1] + 2, k, dtype=np.int64)
        table[ascending] = np.arange(k)
        return table[np.clip(values, -1, ascending[-1] + 1)]
    position = np.searchsorted(ascending, values).astype(np.int64)
    known = ascending[np.minimum(position, k - 1)] == values
    return np.where(known, position, k)
