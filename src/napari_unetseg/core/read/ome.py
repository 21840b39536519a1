"""Pixel sizes and channel names in OME-XML."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from napari_unetseg.core.units import unit_name

if TYPE_CHECKING:
    from collections.abc import Iterator


def ome_metadata(
    xml: str, plane: tuple[int, int]
) -> tuple[dict[str, tuple[float, str]], tuple[str, ...]]:
    """Read what OME-XML says about the first image.

    Parameters
    ----------
    xml : str
        As it stands in the file's first page.
    plane : (int, int)
        (Y, X) size of the image that was opened. Metadata of another size belongs to
        another image and is left.

    Returns
    -------
    sizes : dict of axis to (size, unit)
        Without the axes whose size is not given.
    channels : tuple of str
        Names of the channels; empty when none has a name.
    """
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return {}, ()
    pixels = next(_elements(root, "Pixels"), None)
    if pixels is None or any(
        pixels.get(f"Size{axis}") != str(length)
        for axis, length in zip("YX", plane, strict=True)
    ):
        return {}, ()
    sizes = {}
    for axis in "XYZ":
        size = _number(pixels, f"PhysicalSize{axis}")
        if size is not None and size > 0:
            # The schema's default unit is the micrometre.
            unit = pixels.get(f"PhysicalSize{axis}Unit", "um")
            sizes[axis] = (size, unit_name(unit))
    names = [channel.get("Name") for channel in _elements(pixels, "Channel")]
    if not any(name is not None for name in names):
        return sizes, ()
    channels = (f"channel {i}" if n is None else n for i, n in enumerate(names, 1))
    return sizes, tuple(channels)


def _elements(root: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    """All elements of a name, whatever year's schema they belong to."""
    return (e for e in root.iter() if e.tag.rpartition("}")[2] == name)


def _number(element: ElementTree.Element, name: str) -> float | None:
    """Finite number in an attribute, else None."""
    try:
        value = float(element.get(name, ""))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
