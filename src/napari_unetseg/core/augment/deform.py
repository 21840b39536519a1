"""Coordinate maps: elastic deformation, rotation, zoom and flip in one.

A map says for each pixel of a patch where in the image it looks. Elastic deformation
moves the control points of a coarse grid by random vectors and interpolates between
them; the affine part is folded into the same product, so that a map of any size costs
two small matrix products.

References
----------
Ronneberger 2015 (section 3.1): displacement vectors on a coarse 3 x 3 grid, Gaussian
with 10 pixels standard deviation, bicubic interpolation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_unetseg.core.config import AugmentConfig


@dataclass(frozen=True, slots=True, eq=False)
class Deformation:
    """How one patch is bent and turned.

    Attributes
    ----------
    centre : tuple of float
        (y, x) in the image at which the patch's centre looks, in pixels.
    affine : ndarray of shape (2, 2)
        Rotation, zoom and flip, from patch to image, on (y, x).
    displacement : ndarray of shape (2, K, K)
        (y, x) displacement of the control points in patch pixels, before `affine`.
    """

    centre: tuple[float, float]
    affine: NDArray[np.float64]
    displacement: NDArray[np.float64]


def draw_deformation(
    centre: tuple[float, float],
    size: int,
    config: AugmentConfig,
    rng: np.random.Generator,
) -> Deformation:
    """Draw one random deformation for a patch of `size` x `size` pixels."""
    bent = rng.uniform() < config.bent
    turn = rng.uniform(0, 4) if config.rotate else 0.0
    angle = np.pi / 2 * (turn if bent else np.floor(turn))
    zoom = (1 + config.scale) ** (rng.uniform(-1, 1) * bent)
    mirror = rng.integers(2, size=2) * 2 - 1 if config.flip else np.ones(2)
    cos, sin = np.cos(angle), np.sin(angle)
    affine = zoom * np.array([[cos, -sin], [sin, cos]]) * mirror
    points = control_points(size, config.elastic_spacing)
    sigma = config.elastic_sigma * bent
    displacement = sigma * rng.standard_normal((2, points, points))
    return Deformation(centre, affine, displacement)


def coordinate_map(deformation: Deformation, size: int) -> NDArray[np.float32]:
    """Where each pixel of a patch looks.

    Parameters
    ----------
    deformation : Deformation
        With control points for this `size`.
    size : int
        Side of the patch in pixels.

    Returns
    -------
    ndarray of shape (2, size, size), float32
        y and x in the image, in pixels; 0 is the centre of the first pixel.
    """
    points = deformation.displacement.shape[-1]
    basis = _basis(size, points)
    core = np.zeros((2, points + 2, points + 2))
    core[:, :points, :points] = np.tensordot(
        deformation.affine, deformation.displacement, axes=1
    )
    core[:, points, points + 1] = deformation.affine[:, 0]
    core[:, points + 1, points] = deformation.affine[:, 1]
    core[:, points + 1, points + 1] = deformation.centre
    return (basis @ core @ basis.T).astype(np.float32)


def control_points(size: int, spacing: float) -> int:
    """Number of control points along a patch: one per `spacing`, and one all around."""
    return max(1, int(np.ceil((size - 1) / spacing))) + 3


@lru_cache(maxsize=8)
def _basis(size: int, points: int) -> NDArray[np.float64]:
    """Per pixel: weights of the control points, distance to the centre, and 1.

    The weights are Keys' cubic interpolation (a = -0.5), as in bicubic resizing.
    """
    intervals = points - 3
    position = np.linspace(0, intervals, size) + 1 if size > 1 else np.full(1, 1.0)
    distance = np.abs(position[:, None] - np.arange(points))
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2
    weights = np.where(distance <= 1, near, np.where(distance < 2, far, 0.0))
    offset = np.arange(size) - (size - 1) / 2
    return np.column_stack([weights, offset, np.ones(size)])
