"""A time-lapse that looks like touching cells in phase contrast.

Cells are grey on grey, with a bright halo around the group but next to nothing
between neighbours: what has to be learned is where one cell ends and the next begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import distance_transform_edt, find_objects, gaussian_filter, label

from napari_unetseg.core.image import Image
from napari_unetseg.core.samples.noise import grain, smooth_noise, to_uint8
from napari_unetseg.core.samples.tissue import turned, window_around

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Field = NDArray[np.float32]

SHAPE = (8, 320, 320)
SPACING = (0.65, 0.65)
SEED = 373
GROUPS = 5  # Groups of cells that touch.
CROWD = 7  # Cells tried in each group.


def cells() -> tuple[Image, Image]:
    """Make the time-lapse and its labels.

    Returns
    -------
    image : Image of shape (8, 320, 320) and dtype uint8
        Axes TYX, spacing (0.65, 0.65) um.
    labels : Image of shape (8, 320, 320) and dtype uint16
        0 is background; each cell keeps its id through time.
    """
    rng = np.random.default_rng(SEED)
    labels, centres = _move_cells(rng)
    image = _expose(rng, _optics(rng, labels, centres), labels.shape)
    return _image(image, "cells"), _image(labels, "cells-labels")


def _image(array: NDArray[Any], name: str) -> Image:
    """Give a time-lapse its axes and its pixel size."""
    return Image(array=array, axes="TYX", spacing=SPACING, unit="um", name=name)


def _move_cells(rng: np.random.Generator) -> tuple[NDArray[np.uint16], Field]:
    """Labels (T, Y, X) and the centre (cells, T, 2) of each id, in pixels.

    Each cell is a disc with a wavy outline; where discs overlap, the power diagram
    divides them, so that neighbours share a border.
    """
    frames, *plane = SHAPE
    start, radius = _gather(rng)
    count = len(radius)
    path = start[:, None] + 3.0 * smooth_noise(rng, (count, frames, 2), (0, 4, 0))
    waves = smooth_noise(rng, (count, frames, 4, 2), (0, 8, 0, 0))
    waves *= np.array([0.12, 0.06, 0.03, 0.03], dtype=np.float32)[:, None]
    warp = 2.0 * smooth_noise(rng, (2, *SHAPE), (0, 3, 14, 14))
    rows, columns = (g.astype(np.float32) for g in np.mgrid[: plane[0], : plane[1]])
    labels = np.zeros(SHAPE, dtype=np.uint16)
    for t in range(frames):
        y, x = rows + warp[0, t], columns + warp[1, t]
        best = np.zeros(plane, dtype=np.float32)
        for i in range(count):
            window = window_around(path[i, t], 1.6 * radius[i], plane)
            u, v = turned(y[window], x[window], path[i, t], 0.0)
            turn = np.arctan2(v, u)
            outline = np.ones_like(turn)
            for k, (even, odd) in enumerate(waves[i, t], start=2):
                outline += even * np.cos(k * turn) + odd * np.sin(k * turn)
            power = u**2 + v**2 - (radius[i] * outline) ** 2
            nearer = power < best[window]
            best[window][nearer] = power[nearer]
            labels[t][window][nearer] = i + 1
    return _in_one_piece(labels), path


def _gather(rng: np.random.Generator) -> tuple[Field, Field]:
    """Centres (cells, 2) and radii (cells,) of groups of cells, in pixels."""
    height, width = SHAPE[1:]
    places, radii = np.empty((0, 2)), np.empty(0)
    for _ in range(GROUPS):
        home = rng.uniform(30, (height - 30, width - 30))
        for radius in rng.uniform(17, 27, CROWD):
            tries = rng.normal(home, 30, (60, 2))
            inner = np.all((tries > 4) & (tries < (height - 4, width - 4)), axis=1)
            away = np.linalg.norm(tries[:, None] - places, axis=2)
            free = np.all(away > 0.72 * (radii + radius), axis=1)
            if np.any(inner & free):
                places = np.vstack([places, tries[inner & free][:1]])
                radii = np.append(radii, radius)
    return places.astype(np.float32), radii.astype(np.float32)


def _in_one_piece(labels: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Drop all but the largest piece of each cell in each frame."""
    kept = np.zeros_like(labels)
    for frame, out in zip(labels, kept, strict=True):
        for cell, box in enumerate(find_objects(frame), start=1):
            if box is not None:
                mask = frame[box] == cell
                pieces, _ = label(mask)
                largest = np.bincount(pieces[mask]).argmax()
                out[box][pieces == largest] = cell
    return kept


def _optics(
    rng: np.random.Generator, labels: NDArray[np.uint16], centres: Field
) -> Field:
    """Phase-contrast image (T, Y, X) of the cells, before noise.

    A phase plate passes the phase less its local mean: thick cells come out dark,
    what surrounds them bright.
    """
    thickness = np.stack([_height(frame) for frame in labels])
    texture = 0.7 * smooth_noise(rng, SHAPE, (0, 2.4, 2.4))
    texture += 0.6 * smooth_noise(rng, SHAPE, (2, 7, 7))
    granules = np.clip(smooth_noise(rng, SHAPE, (0, 1.8, 1.8)) - 1.4, 0, 0.7)
    tones = rng.normal(0, 0.09, len(centres) + 1).astype(np.float32)
    phase = thickness * (1 + 0.13 * texture + 0.5 * granules + tones[labels])
    for i, path in enumerate(centres):
        for t, centre in enumerate(path):
            _add_nucleus(rng, phase[t], labels[t] == i + 1, centre)
    halo = [gaussian_filter(p, 4.0, truncate=3.0) for p in phase]
    wide = [gaussian_filter(p, 16.0, truncate=2.5) for p in phase]
    sharp = [gaussian_filter(p, 0.7, truncate=3.0) for p in phase]
    contrast: Field = 0.8 * np.stack(halo) + 0.35 * np.stack(wide) - np.stack(sharp)
    return contrast


def _height(frame: NDArray[np.uint16]) -> Field:
    """Height of the cells, 0..1, falling at the outer rim and barely between cells."""
    rim = distance_transform_edt(frame > 0)
    between = np.zeros(frame.shape, dtype=bool)
    for axis in (0, 1):
        step = np.diff(frame.astype(np.int32), axis=axis) != 0
        between |= np.insert(step, 0, False, axis=axis)
    seam = distance_transform_edt(~between)
    dome = np.sqrt(np.clip(rim / 8, 0, 1))
    groove = 0.28 * np.exp(-0.5 * (seam / 1.6) ** 2)
    return np.asarray(dome * (1 - groove), dtype=np.float32)


def _add_nucleus(
    rng: np.random.Generator, phase: Field, cell: NDArray[np.bool_], centre: Field
) -> None:
    """Paint a paler nucleus with dark nucleoli into one cell, in place."""
    window = window_around(centre, 14, phase.shape)
    y, x = (g.astype(np.float32) for g in np.mgrid[window])
    away = np.hypot(y - centre[0], 1.15 * (x - centre[1]))
    pale = -0.16 / (1 + np.exp(2.0 * (away - 8.5)))
    ring = 0.14 * np.exp(-0.5 * ((away - 8.8) / 0.9) ** 2)
    spots = np.zeros_like(away)
    for dy, dx in rng.normal(0, 3.0, (3, 2)):
        spot = np.hypot(y - centre[0] - dy, x - centre[1] - dx)
        spots += 0.30 * np.exp(-0.5 * (spot / 1.3) ** 2)
    phase[window] += (pale + ring + spots) * cell[window]


def _expose(
    rng: np.random.Generator, contrast: Field, shape: tuple[int, ...]
) -> NDArray[np.uint8]:
    """Grey values with uneven light, debris out of focus, and camera noise."""
    grey = 108 + 135 * contrast
    grey += 5 * smooth_noise(rng, shape, (6, 120, 120))
    dust = np.clip(np.abs(smooth_noise(rng, shape[1:], (5, 5))) - 2.7, 0, 0.5)
    grey += 40 * dust
    grey += 2.2 * grain(rng, shape, 0.6)
    grey += rng.normal(0, 1.5, (shape[0], 1, 1)).astype(np.float32)
    shot = rng.standard_normal(shape, dtype=np.float32)
    grey += 0.25 * np.sqrt(np.clip(grey, 0, None)) * shot
    return to_uint8(grey)
