"""What this program has noted in a TIFF file that it wrote: how, and of what."""

from __future__ import annotations

import json
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
        if key.strip() == NAMESPACE:
            with suppress(ValueError):
                found = json.loads(value)
                if isinstance(found, dict):
                    return {str(k): v for k, v in found.items() if isinstance(v, str)}
    return {}


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
