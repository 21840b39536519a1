"""Places to paint, pixel by pixel: every box is summed up on its own."""

from __future__ import annotations

import numpy as np


def places_to_paint(values, painted, radius, most, steps):
    """Centres and values of the best boxes that do not overlap, the best first."""
    whole = np.rint(np.clip(values, 0, 1) * steps).astype(int)
    scored = []
    for place in np.ndindex(values.shape):
        if painted[place]:
            continue
        sides = zip(place, radius, strict=True)
        box = tuple(slice(max(0, c - r), c + r + 1) for c, r in sides)
        total = int(whole[box][~painted[box]].sum())
        if total:
            scored.append((-total, place))
    size = steps * np.prod([2 * r + 1 for r in radius])
    found = []
    for total, place in sorted(scored):
        apart = all(_apart(place, other, radius) for other, _ in found)
        if apart and len(found) < most:
            found.append((place, -total / size))
    return found


def _apart(one, other, radius):
    pairs = zip(one, other, radius, strict=True)
    return any(abs(a - b) > 2 * r for a, b, r in pairs)
