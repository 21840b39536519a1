"""Pixel by pixel versions of bending and resampling."""

from __future__ import annotations

import itertools
import math

import numpy as np


def coordinates_by_hand(deformation, shape):
    """Where each pixel looks: every control point asked, one pixel after the other."""
    points = deformation.displacement.shape[1:]
    middle = [(size - 1) / 2 for size in shape]
    found = np.empty((len(shape), *shape))
    for pixel in np.ndindex(*shape):
        shift = np.zeros(len(shape))
        for knot in np.ndindex(*points):
            weight = 1.0
            for at, size, count, k in zip(pixel, shape, points, knot, strict=True):
                # The first interval of the patch is the second of the grid.
                place = 1 + at * (count - 3) / (size - 1) if size > 1 else 1
                weight *= cubic(place - k)
            shift += weight * deformation.displacement[(slice(None), *knot)]
        offset = np.subtract(pixel, middle) + shift
        found[(slice(None), *pixel)] = deformation.centre + deformation.affine @ offset
    return found


def turning(coordinates):
    """Determinant of the steps from each pixel to the next along each axis."""
    rank, *shape = coordinates.shape
    found = np.empty([size - 1 for size in shape])
    for pixel in np.ndindex(*found.shape):
        here = coordinates[(slice(None), *pixel)]
        steps = []
        for axis in range(rank):
            beside = list(pixel)
            beside[axis] += 1
            steps.append(coordinates[(slice(None), *beside)] - here)
        found[pixel] = np.linalg.det(np.array(steps, float))
    return found


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


def linear(image, place, beyond):
    """Value between the pixels of an image of any rank.

    `beyond` its border it is "mirrored", or that of the "edge".
    """
    value = 0.0
    for corner in itertools.product((0, 1), repeat=image.ndim):
        weight, pixel = 1.0, []
        for at, up, size in zip(place, corner, image.shape, strict=True):
            low = math.floor(at)
            weight *= at - low if up else low + 1 - at
            i = low + up
            pixel.append(
                _inside(i, size) if beyond == "mirrored" else min(max(i, 0), size - 1)
            )
        value += weight * image[tuple(pixel)]
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
    if size == 1:
        return 0
    while not 0 <= i < size:
        i = -i if i < 0 else 2 * (size - 1) - i
    return i
