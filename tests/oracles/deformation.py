"""Pixel by pixel versions of resampling."""

from __future__ import annotations

import numpy as np


def bilinear(image: np.ndarray, y: float, x: float) -> float:
    """Value of a (Y, X) image between its pixels, mirrored beyond the border."""
    y0, x0 = int(np.floor(y)), int(np.floor(x))
    value = 0.0
    for i in (0, 1):
        for j in (0, 1):
            weight = (1 - abs(y - y0 - i)) * (1 - abs(x - x0 - j))
            value += (
                weight
                * image[_inside(y0 + i, image.shape[0])][
                    _inside(x0 + j, image.shape[1])
                ]
            )
    return value


def cubic(t: float) -> float:
    """Keys' cubic convolution kernel with a = -0.5."""
    t = abs(t)
    if t <= 1:
        return 1.5 * t**3 - 2.5 * t**2 + 1
    if t < 2:
        return -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
    return 0.0


def _inside(i: int, size: int) -> int:
    while not 0 <= i < size:
        i = -i if i < 0 else 2 * (size - 1) - i
    return i
