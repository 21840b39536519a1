"""A region drawn in another layer, as a mask on the pixels of some labels."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.prepare.shapes import mask_of_shapes
from napari_unetseg.core.units import unit_name, unit_ratio
from napari_unetseg.layers.align import aligned
from napari_unetseg.layers.place import data_to_world

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.image import Image
    from napari_unetseg.layers.place import Matrix, Placed

_REMEDY = "Draw the region on the labels; scale, translate and units decide where it is"


class Filled:
    """A mask that is worked out when it is first read, and only once.

    Parameters
    ----------
    shape : tuple of int
        Of the mask.
    fill : callable
        Makes it, as an array of this shape and bool.
    """

    dtype = np.dtype(bool)

    def __init__(
        self, shape: tuple[int, ...], fill: Callable[[], NDArray[np.bool_]]
    ) -> None:
        self.shape = shape
        self._fill = fill

    def __getitem__(self, key: Any) -> Any:
        """Read a part."""
        return self._mask[key]

    def __array__(
        self, dtype: np.dtype[Any] | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        """Read all of it."""
        return np.asarray(self._mask, dtype)

    @cached_property
    def _mask(self) -> NDArray[np.bool_]:
        return self._fill()


def region_of_labels(region: Placed, labels: Placed) -> Image:
    """Bring a mask to the pixels of labels.

    Parameters
    ----------
    region, labels : Placed
        Layers of labels; non-zero is inside the region.

    Returns
    -------
    Image
        The region, with the shape and the axes of the labels; read where it lies.

    Raises
    ------
    InputError
        If it does not cover the labels, or is turned against them.
    """
    found = aligned(region, labels)
    if found.left_out:
        raise InputError(
            f"The region {region.name} does not cover all of the labels {labels.name}",
            "Make it as large as the labels; 0 is outside the region",
        )
    return replace(found.prediction, name=region.image.name)


def region_of_shapes(
    shapes: Sequence[NDArray[Any]],
    kinds: Sequence[str],
    attributes: Mapping[str, Any],
    labels: Placed,
) -> Image:
    """Fill shapes on the pixels of labels.

    Parameters
    ----------
    shapes : sequence of ndarray of shape (N, D)
        Corners in the coordinates of their layer. With less axes than the labels they
        lie in every slice, as napari shows them.
    kinds : sequence of str
        "rectangle", "polygon" or "ellipse" of each.
    attributes : mapping
        Of the layer, as from ``layer.as_layer_data_tuple()``: name, scale and the like.
    labels : Placed
        That the region is for.

    Returns
    -------
    Image
        bool, with the shape and the axes of the labels. It is filled when it is first
        read, and then refused in a sentence if nothing of it lies on the labels, or if
        `mask_of_shapes` refuses it.

    Raises
    ------
    InputError
        If nothing is drawn, or the layer has more axes than the labels or is turned
        against them out of the plane.
    """
    name = str(attributes.get("name") or "region")
    if not len(shapes):
        raise InputError(
            f"Nothing is drawn in '{name}'",
            "Draw around the part in which everything is annotated",
        )
    corners = [np.asarray(one, dtype=float) for one in shapes]
    count = corners[0].shape[-1]
    axes = labels.image.axes
    if count > len(axes) or not {"Y", "X"} <= {*axes[-count:]}:
        raise InputError(
            f"'{name}' has {count} dimensions and {labels.name} has {len(axes)}, "
            f"{axes}",
            "Draw the region in a layer with the dimensions of the labels",
        )
    to_labels = to_pixels(name, attributes, count, labels)
    moved = [one @ to_labels[:-1, :-1].T + to_labels[:-1, -1] for one in corners]
    return replace(
        labels.image,
        array=Filled(
            labels.image.shape, lambda: _filled(name, moved, list(kinds), labels)
        ),
        name=name,
    )


def _filled(
    name: str, corners: list[NDArray[Any]], kinds: list[str], labels: Placed
) -> NDArray[np.bool_]:
    """Fill shapes in pixels of the labels, whose axes may have any order."""
    axes = labels.image.axes
    last = axes[-corners[0].shape[-1] :]
    given = "".join(axis for axis in axes if axis not in "YX") + "YX"
    order = [last.index(axis) for axis in given if axis in last]
    shape = [labels.image.shape[axes.index(axis)] for axis in given]
    mask = mask_of_shapes([one[:, order] for one in corners], shape, kinds)
    if not mask.any():
        raise InputError(
            f"Nothing of the region '{name}' lies on the labels {labels.name}", _REMEDY
        )
    return mask.transpose([given.index(axis) for axis in axes])


def to_pixels(
    name: str, attributes: Mapping[str, Any], count: int, labels: Placed
) -> Matrix:
    """From coordinates of a layer to pixels of another.

    napari puts the axes of the two layers upon each other from the last one on.

    Parameters
    ----------
    name : str
        Of the layer that is drawn in.
    attributes : mapping
        Of it, as from ``layer.as_layer_data_tuple()``.
    count : int
        How many axes it has, not more than the other.
    labels : Placed
        The other layer.

    Returns
    -------
    ndarray of shape (count + 1, count + 1)
        For columns (coordinate..., 1).

    Raises
    ------
    InputError
        If they are turned against each other out of the plane, or cannot be compared.
    """
    ndim = len(labels.image.axes)
    first = ndim - count
    whole = labels.matrix
    kept = [*range(first, ndim), ndim]
    beside = [*range(first)]
    if whole[np.ix_(kept, beside)].any() or whole[np.ix_(beside, kept[:-1])].any():
        raise InputError(
            f"{labels.name} is turned against the plane of '{name}'",
            "Draw the region in a layer with the dimensions of the labels",
        )
    drawn = data_to_world(attributes, count)
    units = attributes.get("units") or ("pixel",) * count
    pairs = zip(units, labels.units[first:], strict=True)
    # What cannot be converted is drawn as if it were the same.
    ratios = [unit_ratio(unit_name(str(a)), unit_name(b)) or 1.0 for a, b in pairs]
    own = whole[np.ix_(kept, kept)]
    if not np.isfinite(drawn).all() or np.linalg.det(own) == 0:
        raise InputError(
            f"The transforms of '{name}' and {labels.name} put different points at one "
            "place",
            _REMEDY,
        )
    return np.asarray(np.linalg.solve(own, np.diag([*ratios, 1.0]) @ drawn))
