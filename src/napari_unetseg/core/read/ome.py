"""What OME-XML says of an image: pixel sizes, channels, colours, place, name."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from napari_unetseg.core.units import PIXEL, unit_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Written by programs that had no colour to give: the smallest number there is.
_NO_COLOUR = -(2**31)


@dataclass(frozen=True, slots=True)
class OmeImage:
    """What OME-XML says of one image.

    Attributes
    ----------
    name : str
        Empty if it has none.
    sizes, origin : mapping of axis to (size, unit)
        Size of a pixel, and where the first plane lies on the stage, along X, Y and Z;
        without the axes of which nothing is said. Only places in a unit of length
        count.
    channels : tuple of str
        Names; empty when none has one.
    colours : tuple of str
        "#rrggbb" by channel; empty when not all have one.
    """

    name: str = ""
    sizes: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    origin: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    channels: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()


def ome_images(xml: str) -> list[tuple[tuple[str, str], OmeImage]]:
    """Read what OME-XML says of all images.

    Parameters
    ----------
    xml : str
        As it stands in the file's first page.

    Returns
    -------
    list of ((SizeY, SizeX), OmeImage)
        Empty for other text; the sizes as they are written.
    """
    root = _root(xml)
    found = []
    for image in _elements(root, "Image"):
        pixels = next(_elements(image, "Pixels"), None)
        if pixels is not None:
            plane = (pixels.get("SizeY", ""), pixels.get("SizeX", ""))
            found.append((plane, _image(image.get("Name", ""), pixels)))
    return found


def ome_metadata(xml: str, plane: tuple[int, int], number: int = 0) -> OmeImage:
    """Read what OME-XML says about the image that was opened.

    Parameters
    ----------
    xml : str
        As it stands in the file's first page.
    plane : (int, int)
        (Y, X) size of the image that was opened. Metadata of another size belong to
        another image and are left.
    number : int
        Which image it is.
    """
    images = ome_images(xml)
    if number >= len(images):
        return OmeImage()
    size, found = images[number]
    return found if size == tuple(map(str, plane)) else OmeImage()


def first_file(xml: str) -> str:
    """Name of the first TIFF file that OME-XML in a file of its own describes."""
    root = _root(xml)
    named = (element.get("FileName") for element in _elements(root, "UUID"))
    return next(filter(None, named), "")


def other_files(xml: str, own: str) -> set[str]:
    """Names of the files that hold further planes, as OME-XML has them.

    Parameters
    ----------
    xml : str
        Of whatever origin; so the names may be paths that lead anywhere.
    own : str
        Name of the file that it describes.
    """
    root = _root(xml)
    this = root.get("UUID")
    named = {
        element.get("FileName", "")
        for element in _elements(root, "UUID")
        if this is None or element.text != this
    }
    return {name for name in named if name and name.lower() != own.lower()}


def metadata_file(xml: str) -> str:
    """Name of the file that describes the set of files which this one is part of.

    Empty for the file that describes the set, and for one that is no part of any.
    """
    root = _root(xml)
    named = (part.get("MetadataFile") for part in _elements(root, "BinaryOnly"))
    return next(filter(None, named), "")


def _root(xml: str) -> ElementTree.Element:
    """Parse OME-XML; what is none says nothing."""
    try:
        return ElementTree.fromstring(xml)
    except (ElementTree.ParseError, ValueError):
        return ElementTree.Element("OME")


def _image(name: str, pixels: ElementTree.Element) -> OmeImage:
    sizes = {}
    for axis in "XYZ":
        size = _number(pixels, f"PhysicalSize{axis}")
        if size is not None and size > 0:
            # The schema's default unit is the micrometre.
            unit = pixels.get(f"PhysicalSize{axis}Unit", "um")
            sizes[axis] = (size, unit_name(unit))
    channels = list(_elements(pixels, "Channel"))
    names = [channel.get("Name") for channel in channels]
    named = any(name is not None for name in names)
    known = (f"channel {i}" if n is None else n for i, n in enumerate(names, 1))
    colours = [_colour(channel.get("Color")) for channel in channels]
    return OmeImage(
        name=name,
        sizes=sizes,
        origin=_origin(pixels),
        channels=tuple(known) if named else (),
        colours=tuple(filter(None, colours)) if all(colours) else (),
    )


def _origin(pixels: ElementTree.Element) -> dict[str, tuple[float, str]]:
    """Place of the first plane."""
    first = None
    for plane in _elements(pixels, "Plane"):
        if all(plane.get(key, "0") == "0" for key in ("TheC", "TheZ", "TheT")):
            first = plane
            break
    found = {}
    for axis in "XYZ":
        place = None if first is None else _number(first, f"Position{axis}")
        # Without a unit it counts from wherever the microscope likes.
        unit = unit_name(first.get(f"Position{axis}Unit")) if first is not None else ""
        if place is not None and unit not in {"", PIXEL}:
            found[axis] = (place, unit)
    return found


def _colour(text: str | None) -> str:
    """Colour of a channel: a signed number of red, green, blue and opacity."""
    try:
        number = int(text or "")
    except ValueError:
        return ""
    if number == _NO_COLOUR or not -(2**31) <= number < 2**32:
        return ""
    rgb = (number >> 8) & 0xFFFFFF
    # In black nothing would be seen.
    return f"#{rgb:06x}" if rgb else ""


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
