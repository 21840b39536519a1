"""Pixel sizes in ImageJ's metadata and in the resolution of plain TIFF files."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.units import LENGTHS, PIXEL, unit_name

if TYPE_CHECKING:
    from collections.abc import Mapping

CENTIMETER = 3


def imagej_sizes(
    metadata: Mapping[str, Any], tags: Mapping[str, Any]
) -> dict[str, tuple[float, str]]:
    """Pixel sizes as ImageJ writes them.

    Parameters
    ----------
    metadata : mapping
        ImageJ's description: "unit" holds for all axes unless "yunit" or "zunit" is
        there too; "spacing" is the distance of the slices.
    tags : mapping of tag name to value
        "XResolution" and "YResolution": fractions, in pixels per unit.

    Returns
    -------
    dict of axis to (size, unit)
        Without the axes whose size is not given.
    """
    unit = str(metadata.get("unit") or PIXEL)
    sizes = {}
    for axis in "XY":
        size = _pixel_size(tags.get(f"{axis}Resolution"))
        if size is not None:
            sizes[axis] = (size, unit_name(metadata.get(f"{axis.lower()}unit", unit)))
    depth = metadata.get("spacing")
    if isinstance(depth, int | float) and math.isfinite(depth) and depth != 0:
        # Negative where the stack was recorded from below.
        sizes["Z"] = (abs(float(depth)), unit_name(metadata.get("zunit", unit)))
    return sizes


def lut_colours(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """Colours of the channels, from ImageJ's lookup tables.

    Parameters
    ----------
    metadata : mapping
        ImageJ's description; "LUTs" has an array (3, 256) of red, green and blue for
        each channel.

    Returns
    -------
    tuple of str
        "#rrggbb" of each table's brightest value. Empty if there is none, if all are
        gray, or if one is no even ramp from black.
    """
    found = []
    tables = metadata.get("LUTs")
    if isinstance(tables, np.ndarray) and tables.ndim == 2:
        tables = [tables]  # A single one.
    for lut in () if tables is None else tables:
        table = np.asarray(lut)
        if table.shape != (3, 256):
            return ()
        ramp = np.arange(256) / 255 * table[:, -1:]
        if np.abs(table - ramp).max() > 2 or not table[:, -1].any():
            return ()
        found.append("#" + bytes(table[:, -1].astype(np.uint8)).hex())
    return () if set(found) <= {"#ffffff"} else tuple(found)


def resolution_sizes(tags: Mapping[str, Any]) -> dict[str, tuple[float, str]]:
    """Pixel sizes in micrometres from a plain TIFF file's resolution.

    Only a resolution finer than 10 µm, given in centimetres, is a microscope's;
    others, such as 72 dots per inch, say how to print. ImageJ decides alike.

    Parameters
    ----------
    tags : mapping of tag name to value
        "XResolution" and "YResolution" as fractions, "ResolutionUnit".

    Returns
    -------
    dict of axis to (size, unit)
        For X and Y, or empty.
    """
    if tags.get("ResolutionUnit") != CENTIMETER:
        return {}
    sizes = {}
    for axis in "XY":
        size = _pixel_size(tags.get(f"{axis}Resolution"))
        if size is None or size * LENGTHS["cm"] > 10:
            return {}
        sizes[axis] = (size * LENGTHS["cm"], "um")
    return sizes


def _pixel_size(resolution: Any) -> float | None:
    """Size of a pixel from a fraction in pixels per unit; None for 0/1000 and such."""
    try:
        numerator, denominator = resolution
    except (TypeError, ValueError):
        return None
    return denominator / numerator if numerator > 0 and denominator > 0 else None
