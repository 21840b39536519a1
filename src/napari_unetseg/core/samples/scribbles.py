"""Sparse annotations: the short strokes that a user paints, from dense labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

from napari_unetseg.core.samples.em import em

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.image import Image

SEED = 7
SECTIONS = (1, 4, 6, 9, 12, 14)
STROKES = ((1, 3, 45), (2, 3, 60), (3, 3, 24))  # Class, count and length of strokes.
TURN = 0.35  # Largest change of direction per step, in radians.
SIGHT = 4  # Distance looked ahead, in pixels.


def em_scribbles() -> tuple[Image, Image]:
    """Make the sample "em" and strokes on a few of its sections.

    Returns
    -------
    image : Image of shape (16, 384, 384) and dtype uint8
        Equal to that of the sample "em".
    labels : Image of shape (16, 384, 384) and dtype uint8
        A class where painted; 0 means not annotated.
    """
    image, dense = em()
    rng = np.random.default_rng(SEED)
    strokes = scribble(dense.array, SECTIONS, STROKES, rng)
    return image, dense.like(strokes, "ZYX", "em-scribbles")


def scribble(
    labels: NDArray[np.uint8],
    sections: Sequence[int],
    strokes: Sequence[tuple[int, int, int]],
    rng: np.random.Generator,
    brush: float = 6.0,
) -> NDArray[np.uint8]:
    """Paint strokes into some sections of a stack.

    Parameters
    ----------
    labels : ndarray of shape (Z, Y, X)
        A class at every pixel.
    sections : sequence of int
        Indices of the sections that are painted.
    strokes : sequence of (class, count, length)
        How many strokes of which length, in pixels, for each class and section.
        A stroke ends early where it would leave its class.
    rng : numpy.random.Generator
        Chooses where strokes begin.
    brush : float
        Diameter of the brush, in pixels.

    Returns
    -------
    ndarray of shape (Z, Y, X) and dtype uint8
        The class where painted, which is that of `labels`; 0 elsewhere.
    """
    painted = np.zeros_like(labels)
    for z in sections:
        for value, count, length in strokes:
            mask = labels[z] == value
            depth = _depth(mask)
            paths = [_stroke(depth, length, rng) for _ in range(count)]
            painted[z][_brushed(np.concatenate(paths), mask, brush)] = value
    return painted


def _depth(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Distance to the outside of the mask, smoothed so that it leads to the middle."""
    padded = np.pad(mask, 1)  # The border of the image counts as outside.
    distance = distance_transform_edt(padded)[1:-1, 1:-1]
    return np.asarray(gaussian_filter(distance, 1.0) * mask)


def _stroke(
    depth: NDArray[np.float64], length: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Points (n, 2) of a smooth path that stays inside, one pixel apart."""
    inside = np.argwhere(depth > min(2.5, 0.3 * float(depth.max())))
    if not len(inside):
        return np.empty((0, 2))
    point = inside[rng.integers(len(inside))].astype(float)
    everywhere = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    heading = _best(depth, point, everywhere, everywhere[0])
    bend = rng.uniform(-0.03, 0.03)
    path = [point]
    for _ in range(length):
        options = heading + bend + np.linspace(-TURN, TURN, 7)
        heading = _best(depth, point, options, heading + bend)
        point = point + np.array([np.sin(heading), np.cos(heading)])
        if _values(depth, point[None])[0] <= 0:
            break
        path.append(point)
    return np.array(path)


def _best(
    depth: NDArray[np.float64],
    point: NDArray[np.float64],
    options: NDArray[np.float64],
    wanted: float,
) -> float:
    """Direction that stays deepest inside; where there is room, the wanted one."""
    ahead = np.stack([np.sin(options), np.cos(options)], axis=1) * SIGHT
    room = np.minimum(_values(depth, point + ahead), 5.0)
    return float(options[np.argmax(room - 0.5 * np.abs(options - wanted))])


def _values(
    depth: NDArray[np.float64], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Depth at the nearest pixels; 0 outside of the image."""
    rows, columns = np.rint(points).astype(int).T
    height, width = depth.shape
    known = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    values = np.zeros(len(points))
    values[known] = depth[rows[known], columns[known]]
    return values


def _brushed(
    path: NDArray[np.float64], mask: NDArray[np.bool_], brush: float
) -> NDArray[np.bool_]:
    """Pixels of the mask under a round brush that follows the path."""
    reach = int(brush // 2)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.argwhere(np.hypot(y, x) <= brush / 2)
    points = np.rint(path).astype(int)[:, None] + disc - reach
    inside = np.all((points >= 0) & (points < mask.shape), axis=2)
    covered = np.zeros_like(mask)
    covered[tuple(points[inside].T)] = True
    return mask & covered
