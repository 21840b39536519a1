"""Coordinate maps: elastic deformation, rotation, zoom, flip and pixel size in one.

A map says for each pixel of a patch where in the image it looks. Elastic deformation
moves the control points of a coarse grid by random vectors and interpolates between
them; the affine part is folded into the same product, so that a map of any size costs
a few small matrix products.

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

from napari_unetseg.core.augment.turn import (
    affine_of_plane,
    affine_of_volume,
    in_finest_pixels,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.config import AugmentConfig


@dataclass(frozen=True, slots=True, eq=False)
class Deformation:
    """How one patch is bent and turned.

    Attributes
    ----------
    centre : tuple of float
        ([z,] y, x) in the image at which the patch's centre looks, in pixels.
    affine : ndarray of shape (rank, rank)
        Rotation, zoom, flip and change of pixel size, from patch to image, on
        ([z,] y, x) in pixels.
    displacement : ndarray of shape (rank, [Kz,] Ky, Kx)
        ([z,] y, x) displacement of the control points in patch pixels, before `affine`.
    """

    centre: tuple[float, ...]
    affine: NDArray[np.float64]
    displacement: NDArray[np.float64]


def draw_deformation(
    centre: tuple[float, ...],
    shape: tuple[int, ...],
    config: AugmentConfig,
    rng: np.random.Generator,
    spacing: Sequence[float] = (),
    zoom: Sequence[float] = (),
) -> Deformation:
    """Draw one random deformation for a patch.

    Parameters
    ----------
    centre : tuple of float
        ([z,] y, x) in the image, in pixels.
    shape : tuple of int
        The patch's, in pixels.
    config : AugmentConfig
        How strongly. What it gives in pixels counts in those of the finest axis.
    rng : Generator
        Draws everything.
    spacing : sequence of float
        Pixel size of a volume along each axis; empty if they are equal. The pixels of
        a plane are taken as squares.
    zoom : sequence of float
        Pixels of the image per pixel of the patch along each axis, of an image whose
        pixels are of another size than the model's; empty if they are of the same.
        Displacements and `spacing` stay those of the patch's pixels.
    """
    bent = bool(rng.uniform() < config.bent)
    coarse = in_finest_pixels(spacing if len(shape) == 3 else (), len(shape))
    if len(shape) == 2:
        affine = affine_of_plane(bent, config, rng)
    else:
        affine = affine_of_volume(bent, shape, coarse, config, rng)
    points = tuple(
        control_points(size, config.elastic_spacing / pixel)
        for size, pixel in zip(shape, coarse, strict=True)
    )
    sigma = config.elastic_sigma * bent / coarse.reshape(-1, *(1,) * len(shape))
    displacement = sigma * rng.standard_normal((len(shape), *points))
    if len(zoom):
        # What is applied last, to the displacements too.
        affine = np.asarray(zoom, np.float64)[:, None] * affine
    return Deformation(centre, affine, displacement)


def coordinate_map(
    deformation: Deformation, shape: tuple[int, ...]
) -> NDArray[np.float32]:
    """Where each pixel of a patch looks.

    Parameters
    ----------
    deformation : Deformation
        With control points for this `shape`.
    shape : tuple of int
        The patch's, ([Z,] Y, X) in pixels.

    Returns
    -------
    ndarray of shape (rank, *shape), float32
        ([z,] y, x) in the image, in pixels; 0 is the centre of the first pixel.
    """
    points = deformation.displacement.shape[1:]
    bases = [_basis(size, count) for size, count in zip(shape, points, strict=True)]
    core = np.zeros((len(shape), *(count + 2 for count in points)))
    core[(slice(None), *map(slice, points))] = np.tensordot(
        deformation.affine, deformation.displacement, axes=1
    )
    ones = [count + 1 for count in points]
    core[(slice(None), *ones)] = deformation.centre
    for axis, count in enumerate(points):
        offset = [*ones[:axis], count, *ones[axis + 1 :]]
        core[(slice(None), *offset)] = deformation.affine[:, axis]
    for axis, basis in enumerate(bases[:-2], start=1):
        core = np.moveaxis(np.tensordot(basis, core, axes=(1, axis)), 0, axis)
    return (bases[-2] @ core @ bases[-1].T).astype(np.float32)


def coarser(
    deformation: Deformation, shape: tuple[int, ...], coarse: tuple[int, ...]
) -> Deformation:
    """The same bending, looked at in a patch of fewer, larger pixels.

    Parameters
    ----------
    deformation : Deformation
        Of a patch of `shape`.
    shape, coarse : tuple of int
        The patch's pixels, and how many are wanted in their place; the outermost lie
        where they lay.
    """
    pixel = np.array(
        [(a - 1) / max(b - 1, 1) or 1.0 for a, b in zip(shape, coarse, strict=True)]
    )
    column = pixel.reshape(-1, *(1,) * len(shape))
    return Deformation(
        deformation.centre,
        deformation.affine * pixel,
        deformation.displacement / column,
    )


def control_points(size: int, spacing: float) -> int:
    """Number of control points along a patch: one per `spacing`, and one all around.

    They are spread evenly, so that their distance is `spacing` to the nearest whole
    number of intervals; rounded up, 130 pixels would be bent by twice as fine a grid
    as 128.
    """
    return max(1, int((size - 1) / spacing + 0.5)) + 3


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
