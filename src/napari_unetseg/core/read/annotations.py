"""What this program has noted in a TIFF file that it wrote: how, and of what."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from napari_unetseg.core.errors import ReadError
from napari_unetseg.core.read.damage import noticing_damage

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

NAMESPACE = "napari-unetseg"
# What 0 means in labels.
UNANNOTATED = "unannotated"


def read_annotations(path: str | os.PathLike[str]) -> dict[str, str]:
    """Read the keys and values that a writer of ours was given as a description.

    Parameters
    ----------
    path : str or path
        Any TIFF file.

    Returns
    -------
    dict of str to str
        Empty for files of other programs, for damaged ones, and where there is no file.
    """
    file = Path(path)
    try:
        with noticing_damage(file.name):
            import tifffile

            with tifffile.TiffFile(file) as tif:
                xml, imagej = tif.ome_metadata or "", tif.imagej_metadata or {}
    except ReadError:
        return {}
    return annotations_of(xml) or noted_in(imagej)


def noted_in(imagej: Mapping[str, Any]) -> dict[str, str]:
    """Collect our keys and values from ImageJ's metadata.

    Parameters
    ----------
    imagej : mapping
        As tifffile reads it; "Info" is what ImageJ shows of an image, and in what we
        have written one of its lines is ours.
    """
    for line in str(imagej.get("Info", "")).splitlines():
        key, _, value = line.partition(":")
        if key.strip() != NAMESPACE:
            continue
        found: Any = None
        with suppress(ValueError, RecursionError):
            found = json.loads(value)
        if isinstance(found, dict):
            return {str(k): v for k, v in found.items() if isinstance(v, str)}
    return {}


def origin_in(notes: Mapping[str, str]) -> dict[str, float]:
    """Place of the first pixel by axis, in the image's unit, if our notes tell it."""
    try:
        found = json.loads(notes.get("origin", "{}"))
        pairs = {str(axis): float(place) for axis, place in found.items()}
    except (AttributeError, TypeError, ValueError, RecursionError):
        return {}
    return {axis: place for axis, place in pairs.items() if math.isfinite(place)}


def unannotated_in(notes: Mapping[str, Any]) -> str:
    """What 0 means in labels, "0" or "none", if our notes tell it; else empty."""
    found = notes.get(UNANNOTATED)
    return found if found in ("0", "none") else ""


def channels_in(notes: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the channels, where the format itself has no place for them."""
    try:
        found = json.loads(notes.get("channels", "[]"))
    except (ValueError, RecursionError):
        return ()
    is_list = isinstance(found, list) and all(isinstance(name, str) for name in found)
    return tuple(found) if is_list else ()


def notes_in(path: str | os.PathLike[str]) -> dict[str, str]:
    """Read what this program has noted in a file that it wrote, of whatever format.

    Parameters
    ----------
    path : str or path
        A TIFF file, or the folder of a zarr.

    Returns
    -------
    dict of str to str
        As `read_annotations`.
    """
    file = Path(path)
    if not file.is_dir():
        return read_annotations(file)
    import zarr

    try:
        found = zarr.open(file, mode="r").attrs.get(NAMESPACE, {})
    except (OSError, ValueError, KeyError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(key): text for key, text in found.items() if isinstance(text, str)}


def annotations_of(xml: str) -> dict[str, str]:
    """Collect our keys and values from OME-XML.

    Parameters
    ----------
    xml : str
        Any text.

    Returns
    -------
    dict of str to str
        Of all MapAnnotations in our namespace; of equal keys the last one.
    """
    try:
        root = ElementTree.fromstring(xml)
    except (ElementTree.ParseError, ValueError):
        return {}
    return {
        key: pair.text or ""
        for annotation in root.iter()
        if annotation.get("Namespace") == NAMESPACE
        for pair in annotation.iter()
        if pair.tag.rpartition("}")[2] == "M" and (key := pair.get("K"))
    }
