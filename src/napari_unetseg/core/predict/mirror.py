"""Extend an image beyond its border by mirroring, as the U-Net paper does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def mirrored_indices(start: int, stop: int, size: int) -> NDArray[np.intp]:
    """Map positions from `start` to `stop` into 0 .. size - 1 by reflection.

    The edge pixel is not repeated: position -1 shows pixel 1. The pattern continues
    for ever, so that any distance is allowed; a single pixel is repeated.

    Parameters
    ----------
    start, stop : int
        Positions, stop exclusive; both may lie outside the image.
    size : int
        Length of the axis in pixels.

    Returns
    -------
    ndarray of shape (stop - start,)
    """
    period = max(2 * (size - 1), 1)
    position = np.arange(start, stop) % period
    return np.minimum(position, period - position) if size > 1 else position * 0


def read_mirrored(frame: Any, box: Sequence[tuple[int, int]]) -> NDArray[np.generic]:
    """Read a box that may reach beyond the frame.

    Parameters
    ----------
    frame : array of shape (C, [Z,] Y, X)
        Only the box's part of it is read, in one piece, so it may be lazy.
    box : sequence of tuple of int
        Start and stop along each axis but C, as `Tile.read`.

    Returns
    -------
    ndarray
        All channels, and ``stop - start`` along each axis of the box.
    """
    sizes = (int(size) for size in frame.shape[1:])
    indices = [
        mirrored_indices(start, stop, size)
        for (start, stop), size in zip(box, sizes, strict=True)
    ]
    firsts = [int(index.min()) for index in indices]
    parts = zip(firsts, indices, strict=True)
    inside = [slice(first, int(index.max()) + 1) for first, index in parts]
    values = np.asarray(frame[(slice(None), *inside)])
    for axis, (first, index) in enumerate(zip(firsts, indices, strict=True), start=1):
        # What lies within the frame is there already, and a volume is long to copy.
        if values.shape[axis] != len(index) or index[0] > index[-1]:
            values = values.take(index - first, axis=axis)
    return values
