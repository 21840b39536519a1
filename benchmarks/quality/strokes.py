"""Strokes as a person paints them into a dense annotation: some of each class.

Every class gets the same number of pixels in each slice, in strokes of 3 to 5 pixels
that follow what they mark: thin structures along their middle, areas in wavy lines. The
brush never leaves its class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from skimage.morphology import skeletonize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]
    Place = tuple[int, int]

WIDTHS = (3, 4, 5)
SHORTEST, LONGEST = 20, 80
# A class whose middle half lies within so many pixels of its border is thin.
THIN = 4.0
# How far the middle of a brush stays away from the border of an area, in pixels.
MARGIN = 3.0
# Standard deviation of a line's turn from pixel to pixel, in radians.
WAVE = 0.15


def painted(truth: NDArray[np.integer], share: float, seed: int) -> NDArray[np.integer]:
    """Keep of a dense annotation what some strokes cover.

    Parameters
    ----------
    truth : ndarray of shape (Z, Y, X)
        Class ids, none of them 0.
    share : float
        Of the pixels, in each slice; 1 for all of them.
    seed : int
        Start of all random numbers.

    Returns
    -------
    ndarray of shape (Z, Y, X)
        The ids in the strokes, 0 elsewhere.
    """
    if share >= 1:
        return truth
    strokes = np.zeros_like(truth)
    ids = np.unique(truth)
    for z, plane in enumerate(truth):
        for number in ids:
            rng = np.random.default_rng((seed, z, int(number)))
            mask = plane == number
            wanted = min(round(share * plane.size / len(ids)), int(mask.sum()))
            strokes[z][brushed(mask, wanted, rng)] = number
    return strokes


def brushed(mask: Mask, wanted: int, rng: np.random.Generator) -> Mask:
    """Paint strokes inside a mask until so many pixels are covered."""
    covered = np.zeros_like(mask)
    depth = ndimage.distance_transform_edt(mask)
    thin = wanted > 0 and bool(np.median(depth[mask]) < THIN)
    # Where the middle of the brush may be.
    middle = skeletonize(mask) if thin else depth > MARGIN
    left = wanted
    while left > 0:
        starts = np.argwhere(middle & ~covered)
        if not len(starts):  # So little is left that no stroke can begin there.
            rest = np.argwhere(mask & ~covered)[:left]
            covered[tuple(rest.T)] = True
            break
        start = starts[rng.integers(len(starts))].tolist()
        width = int(rng.choice(WIDTHS))
        length = int(rng.integers(SHORTEST, LONGEST + 1))
        line = along(middle, start, rng) if thin else waves(middle, start, rng)
        for place, _ in zip(line, range(length), strict=False):
            left -= dab(covered, mask, place, width)
            if left <= 0:
                break
    return covered


def dab(covered: Mask, mask: Mask, place: Place, width: int) -> int:
    """Set a round brush down; return how many pixels it has covered anew."""
    rows, columns = (np.arange(max(n - width, 0), n + width) for n in place)
    part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    far = (rows[: len(mask) - rows[0], None] - place[0]) ** 2 + (
        columns[: mask.shape[1] - columns[0]] - place[1]
    ) ** 2
    new = mask[part] & ~covered[part] & (4 * far < width**2)
    covered[part] |= new
    return int(new.sum())


def along(
    skeleton: Mask, start: list[int], rng: np.random.Generator
) -> Iterator[Place]:
    """Walk along a skeleton, straight on where it branches, never back."""
    place = (start[0], start[1])
    visited = {place}
    ahead = rng.normal(size=2)
    while True:
        yield place
        corner = [max(n - 1, 0) for n in place]
        rows, columns = (slice(n, n + 3) for n in corner)
        near = np.argwhere(skeleton[rows, columns]) + np.array(corner)
        ways = [way for way in map(tuple, near.tolist()) if way not in visited]
        if not ways:
            return
        steps = np.array(ways) - place
        chosen = int(np.argmax(steps @ ahead / np.linalg.norm(steps, axis=1)))
        ahead = 0.7 * ahead + steps[chosen]
        visited.update(ways)  # The others lie beside the line.
        place = ways[chosen]


def waves(area: Mask, start: list[int], rng: np.random.Generator) -> Iterator[Place]:
    """Draw a wavy line until it would leave the area."""
    position = np.array(start, dtype=float)
    heading = rng.uniform(0, 2 * np.pi)
    while True:
        place = (round(position[0]), round(position[1]))
        inside = all(0 <= n < size for n, size in zip(place, area.shape, strict=True))
        if not inside or not area[place]:
            return
        yield place
        heading += rng.normal(scale=WAVE)
        position += np.sin(heading), np.cos(heading)
