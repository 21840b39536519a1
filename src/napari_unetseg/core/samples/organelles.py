"""Small dark things inside cells: vesicles, microtubules, pieces of reticulum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.samples.noise import smooth_noise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_unetseg.core.samples.tissue import Tissue

    Field = NDArray[np.float32]

HALF = 15  # Half the side of a stamp, in pixels.
TRIES = 2600  # Places tried in each section.
CLEARANCE = 2.5  # Distance kept from membranes and mitochondria, in pixels.


def scatter_organelles(rng: np.random.Generator, grey: Field, tissue: Tissue) -> None:
    """Darken the grey values of a stack, in place, where organelles lie.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the random numbers.
    grey : ndarray of shape (Z, Y, X)
        Grey values; changed.
    tissue : Tissue
        Says where cells are free; organelles of a size that does not fit are left out.
    """
    room = np.minimum(tissue.depth, -tissue.inside)
    crowd = smooth_noise(rng, room.shape, (2, 22, 22))
    busy = rng.uniform(0.25, 1.0, int(tissue.cell.max()) + 1)
    stamps = [_stamp(rng, kind) for kind in "vvvvvvvvvvttttttrrrr"]
    reach = [_reach(stamp) for stamp in stamps]
    for z, section in enumerate(grey):
        rows = rng.integers(0, section.shape[0], TRIES)
        columns = rng.integers(0, section.shape[1], TRIES)
        kinds = rng.integers(0, len(stamps), TRIES)
        strength = rng.uniform(0.55, 1.25, TRIES).astype(np.float32)
        likely = busy[tissue.cell[z, rows, columns]]
        likely = likely * np.clip(0.5 + 0.6 * crowd[z, rows, columns], 0.05, 1)
        free = room[z, rows, columns] > np.array(reach)[kinds] + CLEARANCE
        dark = np.pad(np.zeros_like(section), HALF)
        for i in np.flatnonzero(free & (rng.random(TRIES) < likely)):
            y, x = rows[i], columns[i]
            window = dark[y : y + 2 * HALF + 1, x : x + 2 * HALF + 1]
            np.maximum(window, strength[i] * stamps[kinds[i]], out=window)
        section -= dark[HALF:-HALF, HALF:-HALF]


def _stamp(rng: np.random.Generator, kind: str) -> Field:
    """Darkness of one vesicle (v), microtubule (t) or piece of reticulum (r)."""
    y, x = (g.astype(np.float32) for g in np.mgrid[-HALF : HALF + 1, -HALF : HALF + 1])
    y, x = y + rng.uniform(-0.5, 0.5), x + rng.uniform(-0.5, 0.5)
    if kind == "t":
        dark = 75 * np.exp(-0.5 * np.hypot(y, x) ** 2 / rng.uniform(0.8, 1.3) ** 2)
    elif kind == "v":
        radius, filled = rng.uniform(2.2, 3.8), rng.choice([0, 0, 0, 40])
        away = np.hypot(y, x * rng.uniform(0.85, 1.15)) - radius
        dark = 62 * np.exp(-0.5 * (away / 0.85) ** 2) + filled * (away < 0)
    else:
        angle, bend = rng.uniform(0, np.pi), rng.uniform(-0.03, 0.03)
        u = x * np.cos(angle) + y * np.sin(angle)
        v = y * np.cos(angle) - x * np.sin(angle) - bend * u**2
        ends = 1 / (1 + np.exp(2 * (np.abs(u) - rng.uniform(3, 10))))
        lumen = rng.choice([0.0, 2.0])
        dark = 78 * ends * np.exp(-0.5 * ((np.abs(v) - lumen) / 0.95) ** 2)
    return np.asarray(dark, dtype=np.float32)


def _reach(stamp: Field) -> float:
    """Distance from the centre of the farthest pixel that is clearly dark."""
    far = np.argwhere(stamp > 15) - HALF
    return float(np.hypot(far[:, 0], far[:, 1]).max())
