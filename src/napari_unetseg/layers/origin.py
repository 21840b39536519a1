"""Where a layer lies, as far as a file can hold it; and the colour of its channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.image import SPATIAL
from napari_unetseg.core.units import PIXEL, unit_name, unit_ratio
from napari_unetseg.layers.place import data_to_world

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_unetseg.core.image import Image


def origin_of(attributes: Mapping[str, Any], image: Image) -> dict[str, float]:
    """Place of a layer's first pixel along Z, Y and X, in the image's unit.

    Parameters
    ----------
    attributes : mapping
        Of the layer, as from `layer.as_layer_data_tuple()`.
    image : Image
        Made of the layer; RGB has its colours last.

    Returns
    -------
    dict of axis to float
        Empty for a layer at the origin, and where the unit of an axis is not that of
        the image.
    """
    axes = image.axes.replace("C", "") if attributes.get("rgb") else image.axes
    place = data_to_world(attributes, len(axes))[:-1, -1]
    units = attributes.get("units") or (PIXEL,) * len(axes)
    found = {}
    for axis, value, unit in zip(axes, place, units, strict=True):
        if axis not in SPATIAL or unit_name(image.unit) == PIXEL:
            continue
        ratio = unit_ratio(unit_name(str(unit)), image.unit)
        if ratio is not None:
            found[axis] = float(value) * ratio
    return found if any(found.values()) else {}


def what_is_lost(attributes: Mapping[str, Any], image: Image) -> str:
    """What of a layer's place a file does not hold.

    Parameters
    ----------
    attributes, image
        As for `origin_of`.

    Returns
    -------
    str
        "turned, sheared or mirrored", "shifted", or empty.
    """
    scale = np.abs(attributes.get("scale", ()))
    here = data_to_world(attributes, len(scale))
    if not np.allclose(here[:-1, :-1], np.diag(scale)):
        return "turned, sheared or mirrored"
    axes = image.axes.replace("C", "") if attributes.get("rgb") else image.axes
    kept = origin_of(attributes, image)
    shifts = zip(axes, here[:-1, -1], strict=False)
    lost = any(axis not in kept and not np.isclose(by, 0) for axis, by in shifts)
    return "shifted" if lost else ""


def colour_of(attributes: Mapping[str, Any]) -> str:
    """Colour of an image layer as "#rrggbb": that of its brightest value.

    Parameters
    ----------
    attributes : mapping
        Of the layer; "colormap" has the colours.

    Returns
    -------
    str
        White where there is none, or it is no ramp from black to one colour.
    """
    colormap = attributes.get("colormap")
    known = colormap.get("colors", ()) if isinstance(colormap, dict) else None
    if known is None:
        known = getattr(colormap, "colors", ())
    colours = np.asarray(known)
    if colours.ndim != 2 or len(colours) < 2 or colours.shape[1] < 3:
        return "#ffffff"
    last = colours[-1, :3]
    ramp = np.linspace(0, 1, len(colours))[:, None] * last
    if not last.any() or np.abs(colours[:, :3] - ramp).max() > 0.02:
        return "#ffffff"
    return "#" + bytes(np.round(255 * last).clip(0, 255).astype(np.uint8)).hex()
