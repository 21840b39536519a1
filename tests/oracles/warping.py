"""Simple pixels by counting objects and gaps around them: slow and plain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

CORNERS = np.ones((3, 3), bool)


def is_simple(patch: Mask) -> bool:
    """Whether its middle touches one object by faces and one gap at all."""
    around = patch.copy()
    around[1, 1] = False
    objects, _ = ndimage.label(around)
    touched = {objects[0, 1], objects[1, 0], objects[1, 2], objects[2, 1]} - {0}
    gaps = ~patch
    gaps[1, 1] = False
    return len(touched) == 1 and bool(gaps.any())


def counts(mask: Mask) -> tuple[int, int]:
    """Objects, joined by faces, and gaps, joined by corners too, outside included."""
    padded = np.pad(mask, 1)
    return ndimage.label(padded)[1], ndimage.label(~padded, CORNERS)[1]


def warped(source: Mask, target: Mask, sure: NDArray[Any]) -> Mask:
    """Flip simple pixels that differ, the surest first, until none is left."""
    now = np.pad(source, 1)
    height, width = source.shape
    while True:
        places = [
            (-sure[y, x], x, y)
            for x in range(width)
            for y in range(height)
            if now[y + 1, x + 1] != target[y, x]
        ]
        before = now.copy()
        for _, x, y in sorted(places):
            if is_simple(now[y : y + 3, x : x + 3]):
                now[y + 1, x + 1] = not now[y + 1, x + 1]
        if (now == before).all():
            return now[1:-1, 1:-1]
