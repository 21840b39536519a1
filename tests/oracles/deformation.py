"""Pixel by pixel versions of resampling."""

from __future__ import annotations

import numpy as np


def bicubic(image, y, x):
    """Value of a (Y, X) image between its pixels, mirrored beyond the border."""
    y0, x0 = int(np.floor(y)), int(np.floor(x))
    value = 0.0
    for i in range(y0 - 1, y0 + 3):
        for j in range(x0 - 1, x0 + 3):
            weight = cubic(y - i, -0.75) * cubic(x - j, -0.75)
            pixel = image[_inside(i, image.shape[0])][_inside(j, image.shape[1])]
            value += weight * pixel
    return value


def cubic(t, a=-0.5):
    """Keys' cubic convolution kernel."""
    t = abs(t)
    if t <= 1:
        return (a + 2) * t**3 - (a + 3) * t**2 + 1
    if t < 2:
        return a * t**3 - 5 * a * t**2 + 8 * a * t - 4 * a
    return 0.0


def _inside(i: int, size: int) -> int:
    while not 0 <= i < size:
        i = -i if i < 0 else 2 * (size - 1) - i
    return i
