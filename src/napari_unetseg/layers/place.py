"""Where a layer lies: its pixels in the world, and their size in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.units import PIXEL, unit_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_unetseg.core.image import Image

    Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """Labels and where napari draws them.

    Attributes
    ----------
    image : Image
        Labels with N axes.
    matrix : ndarray of shape (N + 1, N + 1)
        From pixel indices (a pixel's centre is at whole numbers) to the world.
    units : tuple of N str
        Unit of the world along each axis, as the layer spells it.
    """

    image: Image
    matrix: Matrix
    units: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of the layer, in quotation marks."""
        return f"'{self.image.name}'"

    @property
    def is_default(self) -> bool:
        """Whether nobody has given the layer a pixel size or a place."""
        unknown = all(unit == PIXEL for unit in self.units)
        return unknown and np.allclose(self.matrix, np.eye(len(self.matrix)))

    @property
    def pixel_size(self) -> str:
        """Lengths of a pixel along Z, Y and X, as in "50 nm x 8 nm x 8 nm"."""
        lengths = np.linalg.norm(self.matrix[:-1, :-1], axis=0)
        axes = [self.image.axes.index(axis) for axis in self.image.spatial_axes]
        texts = [f"{lengths[i]:.4g} {unit_name(self.units[i])}" for i in axes]
        texts = [text.removesuffix(f" {PIXEL}") for text in texts]
        return texts[0] if len(set(texts)) == 1 else " x ".join(texts)


def place(image: Image, attributes: Mapping[str, Any]) -> Placed:
    """Say where the labels of a layer are.

    Parameters
    ----------
    image : Image
        The layer's labels, one axis per dimension of the layer.
    attributes : mapping
        As from ``layer.as_layer_data_tuple()``.
    """
    ndim = len(image.shape)
    units = attributes.get("units") or (PIXEL,) * ndim
    return Placed(
        image=image,
        matrix=data_to_world(attributes, ndim),
        units=tuple(str(unit) for unit in units),
    )


def data_to_world(attributes: Mapping[str, Any], ndim: int) -> Matrix:
    """Compose a layer's mapping from pixel indices to the world, as napari does.

    Parameters
    ----------
    attributes : mapping
        ``scale``, ``translate``, ``rotate`` (a matrix), ``shear`` (its values above the
        diagonal, or a matrix) and ``affine`` (a matrix), for all dimensions, as from
        ``layer.as_layer_data_tuple()``; what is missing changes nothing.
    ndim : int
        Number of dimensions N of the layer.

    Returns
    -------
    ndarray of shape (N + 1, N + 1)
        affine · translate · rotate · shear · scale, for columns (index..., 1).
    """
    identity = np.eye(ndim)
    shear = np.asarray(attributes.get("shear", identity), dtype=float)
    if shear.ndim == 1:
        values, shear = shear, identity.copy()
        shear[np.triu_indices(ndim, k=1)] = values
    rotate = np.asarray(attributes.get("rotate", identity), dtype=float)
    scale = np.asarray(attributes.get("scale", np.ones(ndim)), dtype=float)
    physical = np.eye(ndim + 1)
    physical[:-1, :-1] = rotate @ shear @ np.diag(scale)
    physical[:-1, -1] = attributes.get("translate", 0.0)
    affine = np.asarray(attributes.get("affine", np.eye(ndim + 1)), dtype=float)
    return np.asarray(affine @ physical)
