"""Choose the reader that a file's ending asks for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import ReadError
from napari_unetseg.core.read.ome_zarr import is_zarr, read_zarr
from napari_unetseg.core.read.tiff import COMPANION, read_tiff

if TYPE_CHECKING:
    import os

    from napari_unetseg.core.image import Image

READERS = {".tif": read_tiff, ".tiff": read_tiff, ".zarr": read_zarr}


def read_image(path: str | os.PathLike[str], *, axes: str | None = None) -> Image:
    """Read an image or labels.

    Parameters
    ----------
    path : str or path
        A TIFF file: plain, ImageJ or OME (also the .companion.ome file of several); or
        the folder of a zarr or of a part of it: OME-Zarr, or a bare array, whatever its
        ending.
    axes : str, optional
        One letter out of "TZCYX" per dimension of the stored array, where the file
        does not say what its dimensions mean or says it wrongly.

    Returns
    -------
    Image
        With the axes, the pixel size and the channel names that the file gives. What
        lies in a zarr is read where it is asked for.

    Raises
    ------
    ReadError
        If the file is missing, damaged, or of a format that is not read.
    InputError
        If `axes` does not fit the array.
    """
    file = Path(path)
    reader = READERS.get(file.suffix.lower())
    if reader is None and file.name.lower().endswith(COMPANION):
        reader = read_tiff
    if reader is None and is_zarr(file):
        reader = read_zarr
    if reader is None:
        raise ReadError(
            f"'{file.name}' is of a format that is not read",
            f"These endings are read: {', '.join(READERS)}",
        )
    return reader(file, axes=axes)
