"""Extend an image beyond its border by mirroring, as the U-Net paper does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
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


def read_mirrored(
    plane: Any, y: tuple[int, int], x: tuple[int, int]
) -> NDArray[np.generic]:
    """Read a box that may reach beyond the plane.

    Parameters
    ----------
    plane : array of shape (C, Y, X)
        Only the box's part of it is read, so it may be lazy.
    y, x : tuple of int
        Start and stop along each axis.

    Returns
    -------
    ndarray of shape (C, y[1] - y[0], x[1] - x[0])
    """
    rows = mirrored_indices(*y, int(plane.shape[-2]))
    columns = mirrored_indices(*x, int(plane.shape[-1]))
    top, left = int(rows.min()), int(columns.min())
    inside = np.asarray(plane[:, top : rows.max() + 1, left : columns.max() + 1])
    mirrored: NDArray[np.generic] = inside[:, (rows - top)[:, None], columns - left]
    return mirrored
