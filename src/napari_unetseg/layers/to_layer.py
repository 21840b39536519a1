"""An `Image` as napari layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.units import unit_name
from napari_unetseg.layers.from_layer import COLOURS, channel_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_unetseg.core.image import Image

    LayerData = tuple[Any, dict[str, Any], str]


def placement(image: Image) -> dict[str, Any]:
    """Scale, units and axis labels, as a layer takes them.

    Parameters
    ----------
    image : Image
        Image or labels.

    Returns
    -------
    dict
        "scale", "units" and "axis_labels", one entry per axis other than C; axes other
        than Z, Y and X count in pixels, and so does a unit that is no length.
    """
    axes = image.axes.replace("C", "")
    spatial = [axis in image.spatial_axes for axis in axes]
    sizes, unit = iter(image.spacing), unit_name(image.unit)
    return {
        "scale": tuple(next(sizes) if known else 1.0 for known in spatial),
        "units": tuple(unit if known else "pixel" for known in spatial),
        "axis_labels": tuple(axes.lower()),
    }


def layers_of(image: Image) -> list[LayerData]:
    """Show an image; its channels become one layer in colour, or one layer each.

    Parameters
    ----------
    image : Image
        Any. uint8, uint16 and real numbers with the channels red, green, blue (and
        alpha) are shown in colour. Other channels become layers of their own, which
        napari makes of one tuple with a `channel_axis`.

    Returns
    -------
    list of (data, attributes, "image")
        The data are the image's array or a view of it, where it has views.
    """
    attributes = placement(image)
    if "C" not in image.axes:
        return [(image.array, attributes | {"name": image.name}, "image")]
    position = image.axes.index("C")
    if _is_colour(image):
        attributes |= {"name": image.name, "rgb": True}
        return [(_moved_last(image.array, position), attributes, "image")]
    attributes |= {"name": [*channel_names(image)], "channel_axis": position}
    return [(image.array, attributes, "image")]


def labels_layer(labels: Image, classes: Mapping[int, str]) -> LayerData:
    """Show labels; the pointer tells the class of what it points at.

    Parameters
    ----------
    labels : Image
        Integers without channels.
    classes : mapping of int to str
        Names by painted id; empty where they have none.

    Returns
    -------
    (data, attributes, "labels")
    """
    attributes = placement(labels) | {"name": labels.name}
    if classes:
        attributes["features"] = {"index": [*classes], "class": [*classes.values()]}
    return labels.array, attributes, "labels"


def _is_colour(image: Image) -> bool:
    count = len(image.channels)
    can_be_shown = image.dtype.kind == "f" or image.dtype in (np.uint8, np.uint16)
    return can_be_shown and count >= 3 and image.channels == COLOURS[:count]


def _moved_last(array: Any, position: int) -> Any:
    """Put one axis last, in a view where the array has views."""
    viewed = array if hasattr(array, "transpose") else np.asarray(array)
    order = [axis for axis in range(len(viewed.shape)) if axis != position]
    return viewed.transpose([*order, position])
