"""Where to paint next: the places that teach a network the most.

What is painted where the network is unsure teaches it more than what it knows already
(uncertainty sampling, Lewis & Gale 1994, doi:10.1007/978-1-4471-2099-5_1). A place is a
box, not a pixel: along the border of every object some pixels are unsure. Places do not
overlap, so that the next one is another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Values are counted in whole steps: sums of whole numbers are exact in any order, so
# that of two equal places always the same one comes first.
STEPS = 65535


@dataclass(frozen=True, slots=True)
class Place:
    """A box that is worth painting in.

    Attributes
    ----------
    centre : tuple of int
        Its middle, in pixels; it is not painted.
    value : float
        Mean of the map over the box, from 0 to 1; what is painted, and what lies beyond
        the map, counts as 0.
    """

    centre: tuple[int, ...]
    value: float


def places_to_paint(
    values: NDArray[np.float32],
    painted: NDArray[np.bool_],
    radius: Sequence[int],
    most: int = 10,
) -> list[Place]:
    """Choose places of large values that are not painted, the best first.

    Parameters
    ----------
    values : ndarray of shape ([T, Z,] Y, X), float32
        How much is to be learnt from each pixel, from 0 to 1.
    painted : ndarray of the same shape, bool
        What is painted already.
    radius : sequence of int
        Half side of a box along each axis, in pixels: it has 2 r + 1 of them. 0 along
        axes whose planes have nothing to do with one another.
    most : int
        Largest number of places.

    Returns
    -------
    list of Place
        Their boxes do not overlap. Of equal places the one with the smaller index comes
        first; places of the value 0 are none.
    """
    steps = np.rint(np.clip(values, 0, 1) * STEPS).astype(np.int64)
    steps[painted] = 0
    sums = _box_sums(steps, radius)
    sums[painted] = 0
    size = STEPS * int(np.prod([2 * r + 1 for r in radius], dtype=np.int64))
    found: list[Place] = []
    while len(found) < most and sums.size:
        best = int(sums.argmax())
        centre = tuple(int(i) for i in np.unravel_index(best, sums.shape))
        if not sums[centre]:
            break
        found.append(Place(centre, int(sums[centre]) / size))
        pairs = zip(centre, radius, strict=True)
        sums[tuple(slice(max(0, c - 2 * r), c + 2 * r + 1) for c, r in pairs)] = 0
    return found


def _box_sums(steps: NDArray[np.int64], radius: Sequence[int]) -> NDArray[np.int64]:
    """Sum over the box around each pixel: along each axis a difference of two sums."""
    for axis, r in enumerate(radius):
        if not r:
            continue
        length = steps.shape[axis]
        ends = np.arange(length)
        before = [(0, 0)] * steps.ndim
        before[axis] = (1, 0)
        total = np.pad(steps.cumsum(axis=axis), before)
        last, first = np.minimum(ends + r + 1, length), np.maximum(ends - r, 0)
        steps = total.take(last, axis) - total.take(first, axis)
    return steps
