"""Folds: patches bent so strongly that they show a part of the image turned over.

Where the control points are close and their displacements large, neighbours overtake
each other: the patch runs back over what it has shown, mirrored. Such a patch teaches
shapes that no image has. There the Jacobian determinant of the coordinate map has
another sign than elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.augment.deform import (
    Deformation,
    coarser,
    coordinate_map,
    draw_deformation,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.config import AugmentConfig

# Steps between two control points in which `fold_rate` looks for folds. Of a hundred
# folded patches it misses two to seven, whose fold is a few pixels wide.
_STEPS = 16


def folded(coordinates: NDArray[np.floating]) -> bool:
    """Whether a patch is folded anywhere.

    Parameters
    ----------
    coordinates : ndarray of shape (rank, [D,] H, W)
        Where each pixel looks, as of `coordinate_map`; of rank 2 or 3.

    Returns
    -------
    bool
        True if the determinant of the steps to the next pixel along each axis is 0
        somewhere, or of both signs. Mirrored as a whole is not folded.
    """
    shape = coordinates.shape[1:]
    inner = [slice(0, max(size - 1, 1)) for size in shape]
    here = coordinates[(slice(None), *inner)]
    columns = []
    for axis, size in enumerate(shape):
        if size == 1:
            step = np.zeros_like(here)
            step[axis] = 1
        else:
            beside = [*inner[:axis], slice(1, size), *inner[axis + 1 :]]
            step = coordinates[(slice(None), *beside)] - here
        columns.append(step)
    determinant = _determinant(columns)
    return bool(determinant.min() <= 0 <= determinant.max())


def fold_rate(
    shape: tuple[int, ...],
    config: AugmentConfig,
    spacing: Sequence[float] = (),
    patches: int = 64,
    seed: int = 0,
) -> float:
    """Share of the bent patches that are folded, of some that are drawn to see.

    Parameters
    ----------
    shape : tuple of int
        The patch's that is bent, the network's input, ([Z,] Y, X) in pixels.
    config : AugmentConfig
        How strongly; `bent` does not matter, for only bent patches are drawn.
    spacing : sequence of float
        As `draw_deformation` takes it.
    patches : int
        How many are drawn: the share of all is within about
        sqrt(share (1 - share) / patches) of that of these.
    seed : int
        Draws them.

    Returns
    -------
    float
        From 0 to 1.
    """
    rng = np.random.default_rng(seed)
    always = config.model_copy(update={"bent": 1.0})
    centre = (0.0,) * len(shape)
    count = 0
    for _ in range(patches):
        drawn = draw_deformation(centre, shape, always, rng, spacing)
        count += folded(coordinate_map(*_coarser(drawn, shape)))
    return count / patches


def _coarser(
    deformation: Deformation, shape: tuple[int, ...]
) -> tuple[Deformation, tuple[int, ...]]:
    """The same bending of a patch of fewer, larger pixels, and its shape."""
    points = deformation.displacement.shape[1:]
    coarse = tuple(
        min(size, _STEPS * (count - 3) + 1)
        for size, count in zip(shape, points, strict=True)
    )
    return coarser(deformation, shape, coarse), coarse


def _determinant(columns: list[NDArray[np.floating]]) -> NDArray[np.floating]:
    """Determinants of 2 x 2 or 3 x 3 matrices, as columns of shape (rank, ...)."""
    found: NDArray[np.floating]
    if len(columns) == 2:
        (a, d), (b, e) = columns
        found = a * e - b * d
    else:
        (a, d, g), (b, e, h), (c, f, i) = columns
        found = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    return found
