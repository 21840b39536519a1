"""The metadata of an OME-Zarr group, version 0.5."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.image import SPATIAL
from napari_unetseg.core.units import unit_name
from napari_unetseg.core.write.atomic import write_text_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from napari_unetseg.core.image import Image

VERSION = "0.5"
NAMESPACE = "napari-unetseg"
METADATA = "zarr.json"

UNITS = {
    "pm": "picometer",
    "angstrom": "angstrom",
    "nm": "nanometer",
    "um": "micrometer",
    "mm": "millimeter",
    "cm": "centimeter",
    "inch": "inch",
    "m": "meter",
}

# Channels must have a colour: white for one, bright ones in turn for more.
_COLOURS = ("00FFFF", "FF00FF", "FFFF00", "FF0000", "00FF00", "0000FF")


@dataclass(frozen=True, slots=True)
class LabelNotes:
    """What the numbers in labels mean.

    Attributes
    ----------
    names : mapping of id to str
        Name of a class by its painted id (a number, or the number as text).
    colors : mapping of id to str
        Colour of a class as "#rrggbb", likewise.
    """

    names: Mapping[Any, str] = field(default_factory=dict)
    colors: Mapping[Any, str] = field(default_factory=dict)


def group_attributes(
    image: Image,
    labels: LabelNotes | None,
    description: Mapping[str, str],
    file: str,
    *,
    origin: Mapping[str, float] | None = None,
    colours: Sequence[str] = (),
) -> dict[str, Any]:
    """Describe an image of one level, in an array with the path "0".

    Parameters
    ----------
    image : Image
        Of its array only shape and dtype count.
    labels : LabelNotes or None
        None for what is no labels.
    description : mapping of str to str
        How the image was made; nothing is noted if it is empty.
    file : str
        Name of the group, for messages.
    origin : mapping of axis to float, optional
        Where the centre of the first pixel lies along Z, Y and X, in the image's unit.
    colours : sequence of str
        "#rrggbb" per channel; empty for colours that differ.

    Returns
    -------
    dict
        Attributes of the group.

    Raises
    ------
    WriteError
        If the format does not allow it: axes in an order other than time, channels,
        space; labels that are not integers.
    """
    ome: dict[str, Any] = {
        "version": VERSION,
        "multiscales": [
            {
                "name": image.name,
                "axes": [_axis(axis, image.unit) for axis in image.axes],
                "datasets": [dataset("0", _scale(image), _place(image, origin or {}))],
            }
        ],
    }
    if image.channels:
        ome["omero"] = {"channels": _channels(image, colours)}
    if labels is not None:
        if image.dtype.kind not in "iu":
            raise WriteError(
                f"'{file}' cannot hold labels of type {image.dtype}",
                "Labels are integers",
            )
        ome["image-label"] = _image_label(labels)
    attributes: dict[str, Any] = {"ome": ome}
    if description:
        attributes[NAMESPACE] = dict(description)
    _check(attributes, file)
    return attributes


def dataset(
    path: str, scale: Sequence[float], translation: Sequence[float] = ()
) -> dict[str, Any]:
    """Describe one level of resolution.

    Parameters
    ----------
    path : str
        Of its array in the group.
    scale : sequence of float
        Distance of its pixels along every axis.
    translation : sequence of float
        Where its first pixel's centre lies, measured from that of the finest level;
        empty where it is the same place.
    """
    steps = [{"type": "scale", "scale": [float(size) for size in scale]}]
    if any(translation):
        places = [float(place) for place in translation]
        steps.append({"type": "translation", "translation": places})
    return {"path": path, "coordinateTransformations": steps}


def write_group(folder: Path, attributes: Mapping[str, Any]) -> None:
    """Write or replace the metadata of a group, all at once.

    Parameters
    ----------
    folder : path
        The group; it exists.
    attributes : mapping
        What JSON can hold.

    Raises
    ------
    WriteError
        If the system refuses; the old metadata then stay.
    """
    node = {"zarr_format": 3, "node_type": "group", "attributes": attributes}
    write_text_atomic(folder / METADATA, json.dumps(node, indent=2) + "\n")


def read_group(folder: Path) -> dict[str, Any]:
    """Read the attributes that `write_group` wrote."""
    node = json.loads((folder / METADATA).read_bytes())
    attributes: dict[str, Any] = node["attributes"]
    return attributes


def _axis(axis: str, unit: str) -> dict[str, str]:
    kinds = {"T": "time", "C": "channel"}
    found = {"name": axis.lower(), "type": kinds.get(axis, "space")}
    word = UNITS.get(unit_name(unit))
    return found | {"unit": word} if word and axis in SPATIAL else found


def _scale(image: Image) -> list[float]:
    return [image.spacing_of(axis) if axis in SPATIAL else 1.0 for axis in image.axes]


def _place(image: Image, origin: Mapping[str, float]) -> list[float]:
    return [origin.get(axis, 0.0) if axis in SPATIAL else 0.0 for axis in image.axes]


def _channels(image: Image, colours: Sequence[str]) -> list[dict[str, Any]]:
    """Names, with the colours and limits that must not be missing."""
    top: float = 1.0
    bottom: float = 0.0
    if image.dtype.kind in "iu":
        limits = np.iinfo(image.dtype)
        bottom, top = float(limits.min), float(limits.max)
    window = {"min": bottom, "max": top, "start": bottom, "end": top}
    several = len(image.channels) > 1
    usual = _COLOURS if several else ("FFFFFF",)
    given = [colour.lstrip("#").upper() for colour in colours]
    shown = given if len(given) == len(image.channels) else usual
    return [
        {
            "label": name,
            "color": shown[i % len(shown)],
            "window": window,
        }
        for i, name in enumerate(image.channels)
    ]


def _image_label(labels: LabelNotes) -> dict[str, Any]:
    """Colours and names by id, in the order of the ids."""
    colors = [
        {"label-value": value, "rgba": [*bytes.fromhex(color.removeprefix("#")), 255]}
        for value, color in sorted((int(key), c) for key, c in labels.colors.items())
    ]
    properties = [
        {"label-value": value, "class": name}
        for value, name in sorted((int(key), n) for key, n in labels.names.items())
    ]
    # An empty list is not allowed.
    found = {"colors": colors, "properties": properties}
    return {key: entries for key, entries in found.items() if entries}


def _check(attributes: dict[str, Any], file: str) -> None:
    """Let the rules of the format judge what would be written."""
    from pydantic import ValidationError
    from yaozarrs import v05

    try:
        v05.OMEAttributes.model_validate(attributes)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise WriteError(
            f"'{file}' cannot be written as OME-Zarr: {reason}",
            "Write an OME-TIFF, or bring the image into that form first",
        ) from error
