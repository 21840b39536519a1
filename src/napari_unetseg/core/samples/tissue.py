"""Shapes of a nerve tissue: packed cells that run through the sections, mitochondria.

A cell is a disc of a packing; the power diagram of the discs, seen through smoothly
warped coordinates, is the outline of the cells. From section to section the discs
drift, breathe and follow a common flow, so that outlines evolve as those of
neurites do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

from napari_unetseg.core.samples.noise import smooth_noise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Field = NDArray[np.float32]

# How many discs are thrown, and their smallest and largest radius in pixels.
SIZES = ((4, 48, 60), (10, 30, 42), (40, 18, 28), (200, 9, 15))
MARGIN = 30  # Cells may have their centre this many pixels outside of the image.
FAR = -99.0  # Depth outside of every mitochondrion, in pixels.


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Discs that become cells.

    Attributes
    ----------
    centre : ndarray of shape (cells, sections, 2)
        Row and column, in pixels.
    radius : ndarray of shape (cells, sections)
        In pixels.
    stretch : ndarray of shape (cells,)
        Ratio of length to width.
    angle : ndarray of shape (cells,)
        Direction of the long axis, in radians.
    """

    centre: Field
    radius: Field
    stretch: Field
    angle: Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Tissue:
    """What is where, for every pixel of (Z, Y, X).

    Attributes
    ----------
    cell : ndarray of int16
        Index of the cell.
    depth : ndarray of float32
        Distance to the nearest other cell, in pixels.
    inside : ndarray of float32
        Depth in a mitochondrion, in pixels; negative outside.
    across : ndarray of float32
        Distance from the long axis of that mitochondrion, in pixels, signed.
    """

    cell: NDArray[np.int16]
    depth: Field
    inside: Field
    across: Field


def grow_tissue(rng: np.random.Generator, shape: tuple[int, int, int]) -> Tissue:
    """Make cells and mitochondria for a stack.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the random numbers.
    shape : tuple of int
        (Z, Y, X) in pixels.

    Returns
    -------
    Tissue
        Arrays of that shape.
    """
    cells = _pack_cells(rng, shape)
    cell = _outline(rng, cells, shape)
    depth = np.stack([_distance_to_border(section) for section in cell])
    inside, across = _place_mitochondria(rng, cells, cell, depth)
    return Tissue(cell=cell, depth=depth, inside=inside, across=across)


def _pack_cells(rng: np.random.Generator, shape: tuple[int, int, int]) -> Cells:
    """Throw discs, large ones first, and let them wander through the sections."""
    sections, *plane = shape
    lowest, highest = np.full(2, -MARGIN), np.array(plane) + MARGIN
    places, radii = np.empty((0, 2)), np.empty(0)
    for count, least, most in SIZES:
        for radius in rng.uniform(least, most, count):
            tries = rng.uniform(lowest, highest, (24, 2))
            gaps = np.linalg.norm(tries[:, None] - places, axis=2) - 0.9 * radii
            free = tries[np.all(gaps > 0.9 * radius, axis=1)]
            if len(free):
                places = np.vstack([places, free[:1]])
                radii = np.append(radii, radius)
    count = len(radii)
    height = np.arange(sections) - sections / 2
    flow = np.sin(places[:, ::-1] / 75 + rng.uniform(0, 6, 2)) * 1.6
    slope = flow + rng.normal(0, 0.5, (count, 2))
    wander = smooth_noise(rng, (count, sections, 2), (0, 5, 0)) * 2.0
    breath = smooth_noise(rng, (count, sections), (0, 5))
    centre = places[:, None] + slope[:, None] * height[:, None] + wander
    return Cells(
        centre=centre.astype(np.float32),
        radius=(radii[:, None] * (1 + 0.1 * breath)).astype(np.float32),
        stretch=np.exp(np.abs(rng.normal(0, 0.3, count))).astype(np.float32),
        angle=rng.uniform(0, np.pi, count).astype(np.float32),
    )


def _outline(
    rng: np.random.Generator, cells: Cells, shape: tuple[int, int, int]
) -> NDArray[np.int16]:
    """Power diagram of the discs in warped coordinates, section by section."""
    warp = [
        6.0 * smooth_noise(rng, shape, (5, 24, 24))
        + 1.8 * smooth_noise(rng, shape, (2.5, 10, 10))
        for _ in range(2)
    ]
    rows = np.arange(shape[1], dtype=np.float32)[:, None]
    columns = np.arange(shape[2], dtype=np.float32)[None, :]
    owner = np.zeros(shape, dtype=np.int16)
    for z in range(shape[0]):
        y, x = rows + warp[0][z], columns + warp[1][z]
        best = np.full(shape[1:], np.inf, dtype=np.float32)
        for i, (centre, radius) in enumerate(
            zip(cells.centre[:, z], cells.radius[:, z], strict=True)
        ):
            window = window_around(centre, 1.5 * float(radius) + 20, shape[1:])
            along, across = turned(y[window], x[window], centre, cells.angle[i])
            stretch = float(cells.stretch[i])
            power = along**2 / stretch + across**2 * stretch - radius**2
            nearer = power < best[window]
            best[window][nearer] = power[nearer]
            owner[z][window][nearer] = i
    return owner


def _distance_to_border(cell: NDArray[np.int16]) -> Field:
    """Distance of each pixel of (Y, X) to the nearest other cell, in pixels."""
    border = np.zeros(cell.shape, dtype=bool)
    border[:-1] |= cell[:-1] != cell[1:]
    border[:, :-1] |= cell[:, :-1] != cell[:, 1:]
    distance = distance_transform_edt(~border)
    return np.asarray(gaussian_filter(distance, 1.0, truncate=3.0), dtype=np.float32)


def _place_mitochondria(
    rng: np.random.Generator, cells: Cells, cell: NDArray[np.int16], depth: Field
) -> tuple[Field, Field]:
    """Ellipsoids that follow their cell; returns `inside` and `across` of `Tissue`."""
    sections, *plane = cell.shape
    inside = np.full(cell.shape, FAR, dtype=np.float32)
    across = np.zeros(cell.shape, dtype=np.float32)
    wobble = 1.5 * smooth_noise(rng, cell.shape, (3, 12, 12))
    for i, size in enumerate(cells.radius.mean(axis=1)):
        for turn in range(1 + int(size > 25) + 2 * int(size > 45)):
            if size < 14 or (size < 25 and rng.random() < 0.6):
                continue
            width = min(rng.uniform(7, 11), 0.5 * float(size))
            length = width * rng.uniform(1.2, 1.9)
            angle = rng.uniform(0, np.pi)
            away = angle + 2.1 * turn
            offset = 0.5 * size * np.array([np.sin(away), np.cos(away)])
            middle, half = rng.uniform(0, sections), rng.uniform(6, 16)
            for z in range(sections):
                shrink = 1 - ((z - middle) / half) ** 2
                if shrink <= 0.25:
                    continue
                centre = cells.centre[i, z] + offset
                window = window_around(centre, length + 4, plane)
                y, x = (g.astype(np.float32) for g in np.mgrid[window])
                u, v = turned(y, x, centre, angle + 0.04 * z)
                v = v + wobble[z][window]
                scale = np.sqrt(shrink)
                reach = 1 - np.hypot(u / (length * scale), v / (width * scale))
                here = np.minimum(reach * width * scale, depth[z][window] - 4.5)
                here[cell[z][window] != i] = FAR
                deeper = here > inside[z][window]
                inside[z][window][deeper] = here[deeper]
                across[z][window][deeper] = v[deeper]
    return inside, across


def window_around(
    centre: Field, reach: float, plane: Sequence[int]
) -> tuple[slice, slice]:
    """Rows and columns within `reach` pixels of a centre, cut at the image."""
    first = [max(int(c - reach), 0) for c in centre]
    last = [max(int(c + reach) + 1, 0) for c in centre]
    rows, columns = (
        slice(min(a, n), min(b, n)) for a, b, n in zip(first, last, plane, strict=True)
    )
    return rows, columns


def turned(y: Field, x: Field, centre: Field, angle: float) -> tuple[Field, Field]:
    """Coordinates along and across a direction, from a centre, in pixels."""
    sine, cosine = float(np.sin(angle)), float(np.cos(angle))
    down, right = y - float(centre[0]), x - float(centre[1])
    return right * cosine + down * sine, down * cosine - right * sine
