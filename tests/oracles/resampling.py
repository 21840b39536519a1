"""Resample a whole image along one axis after the other, pixel by pixel."""

from __future__ import annotations

from functools import cache

import numpy as np


def resampled(image, shape):
    """Values of (C, [Z,] Y, X) on a grid of another shape ([Z,] Y, X)."""
    for axis, n_out in enumerate(shape, start=1):
        lines = np.moveaxis(np.asarray(image, float), axis, -1)
        result = np.zeros((*lines.shape[:-1], n_out))
        for place in np.ndindex(result.shape):
            line = lines[place[:-1]]
            weights = weights_of(place[-1], len(line), n_out)
            result[place] = sum(line[j] * w for j, w in weights.items())
        image = np.moveaxis(result, -1, axis)
    return image


@cache
def weights_of(i, n_in, n_out):
    """Which of n_in pixels make pixel i of n_out, and with which weights."""
    if n_in == n_out:
        return {i: 1.0}
    scale = n_in / n_out
    centre = (i + 0.5) * scale - 0.5
    if scale > 1.5:
        found = {j: 1 - abs(j - centre) / scale for j in range(n_in)}
        # What rounding leaves of a pixel at the foot of the triangle is no weight.
        found = {j: weight for j, weight in found.items() if weight > 1e-9}
        total = sum(found.values())
        return {j: weight / total for j, weight in found.items()}
    centre = min(max(centre, 0), n_in - 1)
    found = {j: 1 - abs(j - centre) for j in range(n_in)}
    return {j: weight for j, weight in found.items() if weight > 1e-9}
