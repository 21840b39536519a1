"""TIFF files: plain, ImageJ and OME, with their axes and pixel sizes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import ReadError
from napari_unetseg.core.image import AXES, SPATIAL, Image, check_axes
from napari_unetseg.core.read.damage import (
    AGAIN,
    check_data,
    check_planes,
    noticing_damage,
)
from napari_unetseg.core.read.imagej import imagej_sizes, resolution_sizes
from napari_unetseg.core.read.ome import ome_metadata
from napari_unetseg.core.units import same_unit

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray
    from tifffile import TiffPageSeries

# Uncompressed images above this many bytes are mapped, not read.
MAP_ABOVE = 64 * 2**20

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

COLOURS = {
    "RGB": ("red", "green", "blue", "alpha"),
    "YCBCR": ("red", "green", "blue", "alpha"),
    "SEPARATED": ("cyan", "magenta", "yellow", "black"),
}


@dataclass(frozen=True)
class _Stored:
    """What a file holds, before it is judged."""

    array: NDArray[Any]
    axes: str
    colours: tuple[str, ...]
    ome: str
    imagej: dict[str, Any] | None
    tags: dict[str, Any]


def read_tiff(path: str | os.PathLike[str], *, axes: str | None = None) -> Image:
    """Read the first image of a TIFF file.

    Samples of a pixel (RGB) become channels; a stack whose axis the file does not name
    becomes Z; axes of length 1 are dropped from OME and ImageJ files, as tifffile does.

    Parameters
    ----------
    path : str or path
        The file. Of a multi-file OME-TIFF: the file with the metadata.
    axes : str, optional
        One letter out of "TZCYX" per dimension of the stored array.

    Returns
    -------
    Image
        In native byte order; bool becomes uint8. An uncompressed image of more than
        64 MB is a read-only memory map.

    Raises
    ------
    ReadError
        If the file is missing, damaged, no TIFF, of complex numbers, or if the meaning
        of its axes is unknown and `axes` is not given.
    InputError
        If `axes` does not fit the array.
    """
    file = Path(path)
    name = file.name or str(file)
    _check_signature(file, name)
    stored = _load(file, name)
    array = stored.array
    if axes is None:
        array, axes = _known_axes(stored, name)
    else:
        check_axes(axes, array.ndim, name)
    height, width = array.shape[axes.index("Y")], array.shape[axes.index("X")]
    sizes, channels = ome_metadata(stored.ome, (height, width))
    if not sizes:
        # Micro-Manager writes centimetres into ImageJ files that say "um".
        sizes = imagej_sizes(stored.imagej, stored.tags) if stored.imagej else {}
        sizes |= resolution_sizes(stored.tags)
    spacing, unit = same_unit(sizes, "".join(a for a in axes if a in SPATIAL))
    count = array.shape[axes.index("C")] if "C" in axes else 1
    names = next((n for n in (stored.colours, channels) if len(n) == count), ())
    return Image(
        array=array, axes=axes, spacing=spacing, unit=unit, channels=names, name=name
    )


def _check_signature(file: Path, name: str) -> None:
    """Refuse what is no TIFF file by its first bytes."""
    if file.is_dir():
        raise ReadError(f"'{name}' is a folder", "Give a TIFF file")
    try:
        with file.open("rb") as stream:
            start = stream.read(4)
    except FileNotFoundError:
        raise ReadError(
            f"'{name}' does not exist", "Check the name and the folder"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is invalid"
        raise ReadError(f"'{name}' cannot be opened: {reason}") from error
    if not start:
        raise ReadError(f"'{name}' is empty (0 bytes)", "Save or copy it again")
    if start not in SIGNATURES:
        raise ReadError(
            f"'{name}' is not a TIFF file, whatever its ending says",
            "Open it in the program that made it and save it as TIFF",
        )


def _load(file: Path, name: str) -> _Stored:
    """Take from the file what tifffile knows of it."""
    with noticing_damage(name) as damage:
        import tifffile

        with tifffile.TiffFile(file) as tif:
            if not len(tif.pages):
                raise ReadError(
                    f"'{name}' holds no image; it was not written to its end",
                    "Save it again",
                )
            check_planes(tif, name)
            series = tif.series[0]
            _check_dtype(series.dtype, name)
            check_data(series, name)
            # Before memory is taken for an image of a size that may be a lie.
            damage.check()
            page = series.keyframe
            return _Stored(
                array=_array(file, series),
                axes=series.axes,
                colours=_colours(series),
                ome=tif.ome_metadata or "",
                imagej=tif.imagej_metadata,
                tags={
                    tag: page.tags.valueof(tag)
                    for tag in ("XResolution", "YResolution", "ResolutionUnit")
                },
            )


def _check_dtype(dtype: np.dtype[Any] | None, name: str) -> None:
    if dtype is None or dtype.kind not in "biuf":
        is_complex = dtype is not None and dtype.kind == "c"
        raise ReadError(
            f"'{name}' holds values of type {dtype}, which are not supported",
            "Take their absolute value first"
            if is_complex
            else "Save it with integers or real numbers",
        )


def _array(file: Path, series: TiffPageSeries) -> NDArray[Any]:
    """Map a large uncompressed image, read any other."""
    order = series.keyframe.parent.byteorder
    dtype = np.dtype(series.dtype).newbyteorder(order)
    offset = series.dataoffset
    if offset is not None and dtype.isnative and series.nbytes > MAP_ABOVE:
        return np.memmap(file, dtype, "r", offset, series.shape)
    array = np.asarray(series.asarray())
    if array.dtype == bool:
        return array.view(np.uint8)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _colours(series: TiffPageSeries) -> tuple[str, ...]:
    """Names of the samples of a pixel, if there are several."""
    if "S" not in series.axes:
        return ()
    photometric = getattr(series.keyframe.photometric, "name", "")
    names = COLOURS.get(photometric, ())
    count = series.shape[series.axes.index("S")]
    return names[:count] if 3 <= count <= len(names) else ()


def _known_axes(stored: _Stored, name: str) -> tuple[NDArray[Any], str]:
    """Translate tifffile's letters into ours.

    Returns
    -------
    array
        The stored one, without unknown axes of length 1.
    axes : str
        Distinct letters out of "TZCYX".
    """
    array, axes = stored.array, stored.axes
    if len(axes) != array.ndim:
        raise ReadError(
            f"'{name}' is damaged (of shape {array.shape} it has the axes {axes})",
            AGAIN,
        )
    if "C" not in axes:
        axes = axes.replace("S", "C")
    idle = [i for i, a in enumerate(axes) if a not in AXES and array.shape[i] == 1]
    array = array.squeeze(tuple(idle))
    axes = "".join(a for i, a in enumerate(axes) if i not in idle)
    unknown = [a for a in axes if a not in AXES]
    if len(unknown) == 1 and unknown[0] in "QI" and "Z" not in axes:
        axes = axes.replace(unknown[0], "Z")
        unknown = []
    if unknown or len(set(axes)) < len(axes) or not {"Y", "X"} <= set(axes):
        raise ReadError(
            f"'{name}' of shape {stored.array.shape} has dimensions of unknown or "
            f"unusual meaning (TIFF axes {stored.axes})",
            "Give one letter out of TZCYX per dimension with --axes (in Python: axes=)",
        )
    return array, axes
