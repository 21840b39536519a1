"""A straight grid as the elastic deformation bends it, to be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.augment.deform import (
    coarser,
    coordinate_map,
    draw_deformation,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_unetseg.core.config import AugmentConfig

# Pieces of a line from one crossing to the next: enough for it to look round.
_PIECES = 4


def warped_grid(
    shape: tuple[int, int], config: AugmentConfig, seed: int = 0, lines: int = 25
) -> NDArray[np.float64]:
    """Lines of a grid over a plane, bent as a patch of its size would be.

    Only the elastic deformation is shown: neither turned, nor mirrored, nor zoomed.

    Parameters
    ----------
    shape : (int, int)
        Of the plane, (Y, X) in pixels.
    config : AugmentConfig
        How strongly; `bent` does not matter.
    seed : int
        Draws the deformation: of equal seeds only the strength differs, as long as the
        control points are as many.
    lines : int
        Along the longer side; the shorter one has as many as keep the meshes square.

    Returns
    -------
    ndarray of shape (N, 2, 2), float64
        Start and end of each piece of a line, (y, x) in pixels of the plane.
    """
    elastic = config.model_copy(
        update={"bent": 1.0, "rotate": False, "flip": False, "scale": 0.0}
    )
    centre = ((shape[0] - 1) / 2, (shape[1] - 1) / 2)
    drawn = draw_deformation(centre, shape, elastic, np.random.default_rng(seed))
    mesh = max(1.0, (max(shape) - 1) / max(1, lines - 1))
    coarse = tuple(max(1, round((size - 1) / mesh)) * _PIECES + 1 for size in shape)
    points = coordinate_map(coarser(drawn, shape, coarse), coarse).astype(float)
    across = points[:, ::_PIECES, :], points[:, :, ::_PIECES]
    pieces = [
        np.stack([line[:, :, :-1], line[:, :, 1:]], axis=-1).reshape(2, -1, 2)
        for line in (across[0], across[1].transpose(0, 2, 1))
    ]
    return np.concatenate(pieces, axis=1).transpose(1, 2, 0)
