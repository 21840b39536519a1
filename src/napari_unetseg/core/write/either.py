"""A TIFF file in the format that its name asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.write.imagej import is_imagej_name, write_imagej
from napari_unetseg.core.write.ome_tiff import write_ome_tiff

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari_unetseg.core.image import Image


def write_tiff(
    path: Path,
    image: Image,
    description: Mapping[str, str],
    classes: Mapping[int, str] | None,
) -> None:
    """Write or replace a TIFF file: for ImageJ if it ends in .imagej.tif, else OME.

    Parameters
    ----------
    path : Path
        The file.
    image : Image
        Labels or scores.
    description : mapping of str to str
        How it was made.
    classes : mapping of int to str, or None
        Colours of some labels; None for what is no labels.

    Raises
    ------
    WriteError
        As of the writers.
    """
    if is_imagej_name(path):
        write_imagej(
            path, image, overwrite=True, classes=classes, description=description
        )
    else:
        write_ome_tiff(path, image, overwrite=True, description=description)
