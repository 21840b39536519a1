"""An `Image`, or all that a file says of one, as napari layers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.read.picked import without
from napari_unetseg.core.units import unit_name
from napari_unetseg.layers.from_layer import COLOURS, channel_names
from napari_unetseg.layers.notes import (
    are_labels,
    class_colors,
    class_names,
    with_notes,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_unetseg.core.image import Image
    from napari_unetseg.core.read.opened import Opened

    LayerData = tuple[Any, dict[str, Any], str]


# In a layer's metadata: numbers and names of the other images in its file.
OTHERS = "napari-unetseg: other images in the file"
# Labels of more bytes stay where they are, and cannot be painted on.
MOST_COPIED = 2 * 2**30


def layers_of_opened(opened: Opened) -> list[LayerData]:
    """Show an image of a file, with its pyramid, place, colours and notes.

    Parameters
    ----------
    opened : Opened
        As from `core.read.opening.open_images`.

    Returns
    -------
    list of (data, attributes, "image" or "labels")
        Labels that this program wrote, that their file calls so, and 32-bit integers
        without channels become labels. These are copied, so that they can be painted
        on, unless they are larger than 2 GiB.
    """
    image, notes = opened.image, opened.notes
    more: dict[str, Any] = {}
    if opened.origin:
        axes = image.axes.replace("C", "")
        more["translate"] = tuple(opened.origin.get(axis, 0.0) for axis in axes)
    if opened.labels or are_labels(image, notes):
        data, about, kind = labels_layer(image, class_names(notes), class_colors(notes))
        layers = [(*_for_labels(opened, data, about), kind)]
    elif len(opened.levels) > 1 or not isinstance(image.array, np.ndarray):
        layers = _lazy_layers(opened)
    else:
        layers = layers_of(image)
        if opened.colours and "channel_axis" in layers[0][1]:
            layers[0][1]["colormap"] = [*opened.colours]
        elif opened.colours and not layers[0][1].get("rgb"):
            layers[0][1]["colormap"] = opened.colours[0]
    found = []
    for number, (data, about, kind) in enumerate(layers):
        about = with_notes(about | more, notes)
        if opened.others and number == 0:
            about.setdefault("metadata", {})[OTHERS] = dict(opened.others)
        found.append((data, about, kind))
    return found


def _for_labels(
    opened: Opened, data: Any, about: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """Labels in memory, or, of large ones, all levels of them."""
    size = opened.image.dtype.itemsize * math.prod(opened.image.shape)
    writable = isinstance(data, np.ndarray) and data.flags.writeable
    if writable or size <= MOST_COPIED:
        # A mapped file cannot be painted on, and a zarr must not be.
        return (data if writable else np.array(data)), about
    if len(opened.levels) > 1:
        return list(opened.levels), about | {"multiscale": True}
    return data, about


def _lazy_layers(opened: Opened) -> list[LayerData]:
    """Layers whose data are not read: one for each channel, or one in colour."""
    image, levels = opened.image, opened.levels
    attributes = placement(image)
    several = len(levels) > 1
    if several:
        attributes["multiscale"] = True

    def shown(arrays: list[Any]) -> Any:
        return arrays if several else arrays[0]

    if "C" not in image.axes:
        colour = {"colormap": opened.colours[0]} if opened.colours else {}
        return [(shown([*levels]), attributes | {"name": image.name} | colour, "image")]
    axis = image.axes.index("C")
    if _is_colour(image):
        about = attributes | {"name": image.name, "rgb": True}
        if axis == len(image.axes) - 1:
            return [(shown([*levels]), about, "image")]
        moved = [_moved_last(level, axis) for level in levels]
        return [(shown(moved), about, "image")]
    colours = opened.colours or _usual_colours(image.channel_count)
    return [
        (
            shown([without(level, axis, number) for level in levels]),
            attributes
            | {
                "name": name,
                "colormap": colour,
                "blending": "additive" if number else "translucent_no_depth",
            },
            "image",
        )
        for number, (name, colour) in enumerate(
            zip(channel_names(image), colours, strict=True)
        )
    ]


def _usual_colours(count: int) -> tuple[str, ...]:
    """Colours that napari gives to the channels of an array in memory."""
    if count < 3:
        return ("gray",) if count == 1 else ("magenta", "green")
    cycle = ("cyan", "magenta", "yellow", "blue", "green", "red")
    return tuple(cycle[number % len(cycle)] for number in range(count))


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


def labels_layer(
    labels: Image, classes: Mapping[int, str], colours: Mapping[int, str] | None = None
) -> LayerData:
    """Show labels; the pointer tells the class of what it points at.

    Parameters
    ----------
    labels : Image
        Integers without channels.
    classes : mapping of int to str
        Names by painted id; empty where they have none.
    colours : mapping of int to str, optional
        "#rrggbb" by painted id, for some or none; where some have one, the others are
        gray.

    Returns
    -------
    (data, attributes, "labels")
    """
    attributes = placement(labels) | {"name": labels.name}
    if classes:
        attributes["features"] = {"index": [*classes], "class": [*classes.values()]}
    if colours:
        fallback: dict[int | None, str] = {None: "gray", 0: "transparent"}
        attributes["colormap"] = fallback | {i: c for i, c in colours.items() if i}
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
