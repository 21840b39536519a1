"""Fill broken pixels one by one."""

from __future__ import annotations

from math import fsum, isfinite

import numpy as np


def filled(image, fallback, radius):
    """Mean of the finite pixels around each broken one of (C, [Z,] Y, X)."""
    result = image.copy()
    for channel, *place in np.argwhere(~np.isfinite(image)):
        window = tuple(slice(max(0, i - radius), i + radius + 1) for i in place)
        around = image[channel][window].ravel().astype(float)
        values = [value for value in around if isfinite(value)]
        mean = fsum(values) / len(values) if values else fallback[channel]
        result[(channel, *place)] = mean
    return result
