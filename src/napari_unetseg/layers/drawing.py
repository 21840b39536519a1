"""What is drawn around a part of a layer, as a table of shapes in its pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.prepare.shapemask import ShapesMask
from napari_unetseg.core.prepare.shapes import shapes_csv
from napari_unetseg.layers.boxes import in_pixels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.layers.place import Placed


def table_of_shapes(
    shapes: Sequence[NDArray[Any]],
    kinds: Sequence[str],
    attributes: Mapping[str, Any],
    layer: Placed,
    lengths: Mapping[str, int],
    starts: Mapping[str, int] | None = None,
) -> str:
    """Write down the shapes of a layer in the pixels of an image made of another.

    Parameters
    ----------
    shapes : sequence of ndarray of shape (N, D)
        Corners in the coordinates of their layer; of an ellipse those of the rectangle
        around it. With less axes than the other layer they lie in every slice of it.
    kinds : sequence of str
        "polygon", "rectangle" or "ellipse" of each.
    attributes : mapping
        Of their layer, as from ``layer.as_layer_data_tuple()``: name, scale and so on.
    layer : Placed
        Whose pixels are meant.
    lengths : mapping of axis to int
        The image's axes but C, in its order with Y and X last, in pixels. It may lack
        axes of the layer of which only one pixel is left.
    starts : mapping of axis to int, optional
        Where the image begins in the layer; 0 along axes that are not named.

    Returns
    -------
    str
        CSV as napari saves it; see `core.prepare.shapes.shapes_in`.

    Raises
    ------
    InputError
        If nothing is drawn, or nothing in a slice of the image; if a shape encloses no
        area or is drawn across slices; or the layers do not fit each other.
    """
    name, own, moved = in_pixels(shapes, attributes, layer)
    first = np.array([(starts or {}).get(axis, 0) for axis in own], float)
    columns = [own.index(axis) for axis in lengths if axis in own]
    gone = [own.index(axis) for axis in own if axis not in lengths and axis != "C"]
    found, named = [], []
    for one, kind in zip(moved, kinds, strict=True):
        corners = one - first
        # Of an axis that is not there any more, one slice is left.
        if not np.rint(corners[:, gone]).any():
            found.append(corners[:, columns])
            named.append(kind)
    if not found:
        raise InputError(
            f"Nothing that is drawn in '{name}' lies on {layer.name}",
            "Draw around a part of the image",
        )
    ShapesMask(found, list(lengths.values()), named)  # Refuses what is no area.
    return shapes_csv(found, named)
