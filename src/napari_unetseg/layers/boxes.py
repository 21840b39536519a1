"""Boxes of pixels in a layer: around what is drawn, or what the viewer shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image
from napari_unetseg.layers.place import Placed, data_to_world
from napari_unetseg.layers.region import to_pixels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Box = dict[str, tuple[int, int]]
    """Start and stop in pixels by the letter of an axis; of the others all."""

# In pixels: a corner that lies this close to the border of a pixel lies on it, however
# the sums of the transforms were rounded.
_TIE = 1e-6


def placed(
    name: str, axes: str, shape: Sequence[int], attributes: Mapping[str, Any]
) -> Placed:
    """Say where a layer is, whatever it holds.

    Parameters
    ----------
    name : str
        Of the layer.
    axes : str
        Letter of each of its dimensions; of RGB without the colours.
    shape : sequence of int
        Its length along these, in pixels.
    attributes : mapping
        As from ``layer.as_layer_data_tuple()``.
    """
    empty = np.broadcast_to(np.zeros((), bool), tuple(shape))
    units = attributes.get("units") or ("pixel",) * len(axes)
    return Placed(
        image=Image(array=empty, axes=axes, name=name),
        matrix=data_to_world(attributes, len(axes)),
        units=tuple(map(str, units)),
    )


def box_of_shapes(
    shapes: Sequence[NDArray[Any]], attributes: Mapping[str, Any], layer: Placed
) -> Box:
    """The smallest box of a layer's pixels around all shapes of another layer.

    Parameters
    ----------
    shapes : sequence of ndarray of shape (N, D)
        Corners in the coordinates of their layer; of an ellipse those of the rectangle
        around it. With less axes than the other layer they lie in every slice of it.
    attributes : mapping
        Of their layer, as from ``layer.as_layer_data_tuple()``: name, scale and so on.
    layer : Placed
        Whose pixels are meant.

    Returns
    -------
    dict of axis to (start, stop)
        Of the axes that the shapes have, but C; every pixel that a shape touches, cut
        to the layer.

    Raises
    ------
    InputError
        If nothing is drawn, or nothing of it lies on the layer, or the two have axes
        that do not fit each other.
    """
    name, axes, corners = in_pixels(shapes, attributes, layer)
    found = _box(axes, np.concatenate(corners), layer)
    if found is None:
        raise InputError(
            f"Nothing that is drawn in '{name}' lies on {layer.name}",
            "Draw around a part of the image",
        )
    return found


def boxes_of_shapes(
    shapes: Sequence[NDArray[Any]], attributes: Mapping[str, Any], layer: Placed
) -> list[Box]:
    """As `box_of_shapes`, for each shape by itself; those beside the layer are none."""
    _, axes, corners = in_pixels(shapes, attributes, layer)
    found = (_box(axes, one, layer) for one in corners)
    return [box for box in found if box is not None]


def _box(axes: str, corners: NDArray[np.float64], layer: Placed) -> Box | None:
    """Pixels that corners (N, axes) enclose; None if they are not on the layer."""
    sizes = layer.image.shape[-len(axes) :]
    found: Box = {}
    for axis, size, places in zip(axes, sizes, corners.T, strict=True):
        span = _touched(float(places.min()), float(places.max()), size)
        if span[0] >= span[1]:
            return None
        if axis != "C":
            found[axis] = span
    return found


def in_pixels(
    shapes: Sequence[NDArray[Any]], attributes: Mapping[str, Any], layer: Placed
) -> tuple[str, str, list[NDArray[np.float64]]]:
    """Shapes of one layer in the pixels of another.

    Parameters
    ----------
    shapes, attributes, layer
        As for `box_of_shapes`.

    Returns
    -------
    name : str
        Of the layer of the shapes.
    axes : str
        Letters of the axes that the shapes have: the last ones of the other layer.
    corners : list of ndarray of shape (N, D)
        Of each shape.

    Raises
    ------
    InputError
        If nothing is drawn, or the two have axes that do not fit each other.
    """
    name = str(attributes.get("name") or "shapes")
    if not len(shapes):
        raise InputError(
            f"Nothing is drawn in '{name}'", "Draw around what is to be segmented"
        )
    corners = [np.asarray(one, dtype=float) for one in shapes]
    axes, count = layer.image.axes, corners[0].shape[1]
    if count > len(axes) or not {"Y", "X"} <= {*axes[-count:]}:
        raise InputError(
            f"'{name}' has {count} dimensions and {layer.name} has {len(axes)}, {axes}",
            "Draw in a layer with the dimensions of the image",
        )
    matrix = to_pixels(name, attributes, count, layer)
    moved = [one @ matrix[:-1, :-1].T + matrix[:-1, -1] for one in corners]
    return name, axes[-count:], moved


def box_in_view(
    axes: str,
    shape: Sequence[int],
    point: Sequence[float],
    displayed: Sequence[int],
    corners: NDArray[Any],
) -> Box | None:
    """The pixels of a layer that a viewer shows.

    Parameters
    ----------
    axes : str
        Letter of each dimension of the layer; of RGB without the colours.
    shape : sequence of int
        Its length along these, in pixels.
    point : sequence of float
        Where the viewer stands, in pixels of the layer.
    displayed : sequence of int
        Dimensions of the layer that are drawn; along two the part that `corners` tell,
        along three all of it.
    corners : ndarray of shape (2, len(axes))
        First and last pixel that is in sight along the dimensions that are drawn.

    Returns
    -------
    dict of axis to (start, stop) or None
        Of all axes but C; None if nothing of the layer is in sight.
    """
    found: Box = {}
    for number, (axis, size) in enumerate(zip(axes, shape, strict=True)):
        if axis == "C":
            continue
        if number not in displayed:
            place = round(point[number])
            span = (place, place + 1)
        elif len(displayed) > 2:
            span = (0, size)
        else:
            first, last = (int(end) for end in corners[:, number])
            # A layer that lies beside the view is cut to one pixel at its border.
            if first == last and size > 1:
                return None
            span = (first, last + 1)
        span = (max(span[0], 0), min(span[1], size))
        if span[0] >= span[1]:
            return None
        found[axis] = span
    return found


def _touched(first: float, last: float, size: int) -> tuple[int, int]:
    """Pixels between two places along an axis; pixel i reaches from i - 0.5 to + 0.5.

    A line along the border of two pixels belongs to the later one.
    """
    start = int(np.floor(first + 0.5 + _TIE))
    stop = max(int(np.ceil(last + 0.5 - _TIE)), start + 1)
    return max(start, 0), min(stop, size)
