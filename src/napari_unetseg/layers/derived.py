"""Where labels belong that were made from a layer: exactly onto its pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.layers.place import data_to_world

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


def derived_placement(
    attributes: Mapping[str, Any], axes: str, start: Mapping[str, int]
) -> dict[str, Any]:
    """Attributes of a labels layer that covers an image layer, or a part of it.

    Parameters
    ----------
    attributes : mapping
        Of the image layer, as from ``layer.as_layer_data_tuple()``.
    axes : str
        Letter of each dimension of the image layer; of RGB without the colours.
    start : mapping of axis to int
        Where in the image layer the labels begin, in pixels; 0 for axes that are not
        named.

    Returns
    -------
    dict
        "scale", "translate", "rotate", "shear", "affine", "units" and "axis_labels" as
        plain values, for the axes other than C. Turns that mix the channels with
        other axes, which no labels can follow, are left out.
    """
    ndim = len(axes)
    kept = [number for number, axis in enumerate(axes) if axis != "C"]
    rotate = _square(attributes.get("rotate"), ndim)
    shear = _square(attributes.get("shear"), ndim)
    scale = np.asarray(attributes.get("scale", np.ones(ndim)), dtype=float)
    affine = _square(attributes.get("affine"), ndim + 1)
    # Where the first pixel is before `affine` acts on it.
    physical = data_to_world({**attributes, "affine": np.eye(ndim + 1)}, ndim)
    first = physical @ np.array([*(start.get(axis, 0) for axis in axes), 1.0])
    units = attributes.get("units") or ("pixel",) * ndim
    labels = attributes.get("axis_labels") or axes.lower()
    return {
        "scale": scale[kept].tolist(),
        "translate": first[kept].tolist(),
        "rotate": _without_channels(rotate, kept, ndim).tolist(),
        "shear": _without_channels(shear, kept, ndim).tolist(),
        "affine": _without_channels(affine, [*kept, ndim], ndim).tolist(),
        "units": [str(units[number]) for number in kept],
        "axis_labels": [str(labels[number]) for number in kept],
    }


def _square(given: Any, size: int) -> NDArray[np.float64]:
    """A matrix, also of a shear's values above the diagonal, or of nothing."""
    matrix = np.eye(size)
    if given is None:
        return matrix
    values = np.asarray(given, dtype=float)
    if values.ndim == 2:
        return values
    matrix[np.triu_indices(size, k=1)] = values
    return matrix


def _without_channels(
    matrix: NDArray[np.float64], kept: list[int], ndim: int
) -> NDArray[np.float64]:
    """Rows and columns of the other axes; the identity if the channels are mixed in.

    `kept` holds the number of the last row too where a matrix has one more than `ndim`.
    """
    axes = [number for number in kept if number < ndim]
    rest = [number for number in range(ndim) if number not in kept]
    mixed = matrix[np.ix_(axes, rest)].any() or matrix[np.ix_(rest, axes)].any()
    return np.eye(len(kept)) if mixed else matrix[np.ix_(kept, kept)]
