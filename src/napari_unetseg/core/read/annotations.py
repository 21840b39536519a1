"""What this program has noted in a TIFF file that it wrote: how, and of what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from napari_unetseg.core.errors import ReadError
from napari_unetseg.core.read.damage import noticing_damage

if TYPE_CHECKING:
    import os

NAMESPACE = "napari-unetseg"


def read_annotations(path: str | os.PathLike[str]) -> dict[str, str]:
    """Read the keys and values that `write_ome_tiff` was given as a description.

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
                xml = tif.ome_metadata or ""
    except ReadError:
        return {}
    return annotations_of(xml)


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
