"""From painted ids to class indices.

The painted ids are the classes; none is special, except that 0 can mean either
background or "not annotated".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

IGNORE = -1
"""Target value of a pixel that is not annotated."""


def targets(
    plane: NDArray[Any], ids: tuple[int, ...], zero_unknown: bool
) -> NDArray[np.int16]:
    """Turn painted ids into class indices.

    Parameters
    ----------
    plane : ndarray of shape (Y, X)
        Painted ids.
    ids : tuple of int
        The classes, ascending.
    zero_unknown : bool
        Whether 0 is "not annotated" here.

    Returns
    -------
    ndarray of shape (Y, X), int16
        Position in `ids`, or `IGNORE`.
    """
    # Of two integer types NumPy makes float64, which does not hold the largest ids.
    table, painted = np.asarray(ids, np.uint64), plane.astype(np.uint64)
    index = np.searchsorted(table, painted).clip(max=len(ids) - 1).astype(np.int16)
    known = table[index] == painted
    if zero_unknown:
        known &= plane != 0
    return np.where(known, index, np.int16(IGNORE))
