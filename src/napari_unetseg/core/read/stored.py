"""What tifffile knows of one image in a TIFF file, taken out of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import ReadError
from napari_unetseg.core.read.damage import check_data, check_planes, noticing_damage
from napari_unetseg.core.read.lazy_tiff import lazy_array
from napari_unetseg.core.read.ome import ome_images, other_files
from napari_unetseg.core.read.picked import without

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPageSeries

# Uncompressed images above this many bytes are mapped, not read; of others, above that
# many, only what is asked for is read.
MAP_ABOVE = 64 * 2**20
LAZY_ABOVE = 256 * 2**20

COLOURS = {
    "RGB": ("red", "green", "blue", "alpha"),
    "YCBCR": ("red", "green", "blue", "alpha"),
    "SEPARATED": ("cyan", "magenta", "yellow", "black"),
}

_TAGS = ("XResolution", "YResolution", "ResolutionUnit")
# What Micro-Manager calls an axis: where on the stage an image was taken.
POSITION = "R"


@dataclass(frozen=True)
class Stored:
    """What a file holds, before it is judged.

    Attributes
    ----------
    levels : tuple of arrays
        The image and its smaller copies.
    axes : str
        tifffile's letters.
    samples : tuple of str
        Names of the samples of a pixel, if they are colours.
    ome : str
        OME-XML, or empty.
    imagej : dict or None
        ImageJ's metadata.
    tags : dict
        Resolutions.
    number : int
        Which image of the file it is, positions counted one by one.
    names : tuple of str
        Names of all images in the file.
    """

    levels: tuple[Any, ...]
    axes: str
    samples: tuple[str, ...]
    ome: str
    imagej: dict[str, Any] | None
    tags: dict[str, Any]
    number: int
    names: tuple[str, ...]


def load(file: Path, name: str, number: int | None, xml: str | None = None) -> Stored:
    """Take an image from a file.

    Parameters
    ----------
    file : Path
        A TIFF file.
    name : str
        Its name, for messages.
    number : int or None
        Which image. None for the first one, with all of its positions.
    xml : str, optional
        OME-XML of another file that describes this one.

    Raises
    ------
    ReadError
        If it is damaged, holds no image, not this one, or no real numbers.
    """
    with noticing_damage(name) as damage:
        import tifffile

        with tifffile.TiffFile(file, omexml=xml) as tif:
            if not len(tif.pages):
                raise ReadError(
                    f"'{name}' holds no image; it was not written to its end",
                    "Save it again",
                )
            _check_others(file, name, xml or tif.ome_metadata or "")
            check_planes(tif, name)
            scenes = _scenes(tif)
            if number is not None and number not in range(len(scenes)):
                raise ReadError(
                    f"'{name}' has no image {number + 1}: it holds {len(scenes)}"
                )
            index, position = scenes[number or 0]
            series = tif.series[index]
            _check_dtype(series.dtype, name)
            if 0 in series.shape:
                raise ReadError(
                    f"'{name}' holds no pixels: its shape is {series.shape}"
                )
            check_data(series, name)
            # Before memory is taken for an image of a size that may be a lie.
            damage.check()
            levels, axes = _levels(file, name, series), series.axes
            if number is not None and position is not None:
                at = axes.index(POSITION)
                levels = tuple(without(level, at, position) for level in levels)
                axes = axes.replace(POSITION, "")
            ome = tif.ome_metadata or ""
            return Stored(
                levels=levels,
                axes=axes,
                samples=_samples(series),
                ome=ome,
                imagej=tif.imagej_metadata,
                tags={tag: series.keyframe.tags.valueof(tag) for tag in _TAGS},
                number=number or 0,
                names=_names(ome, len(scenes)),
            )


def _check_others(file: Path, name: str, xml: str) -> None:
    """Refuse an image of which planes are said to lie elsewhere, or in no file.

    They would be opened: a share of somebody's server, or a pipe that nobody fills.
    """
    for other in other_files(xml, file.name):
        part, place = Path(other), file.parent / other
        is_outside = bool(part.anchor) or ".." in part.parts
        if is_outside or (place.exists() and not place.is_file()):
            gist = " ".join(other.split())[:100]
            raise ReadError(
                f"'{name}' names '{gist}' as a part of it, which is no file beside it",
                "Put all files of the image into one folder, and save it again",
            )


def _scenes(tif: TiffFile) -> list[tuple[int, int | None]]:
    """Series of each image, and its position in it if there are several."""
    found: list[tuple[int, int | None]] = []
    for index, series in enumerate(tif.series):
        if POSITION in series.axes:
            count = series.shape[series.axes.index(POSITION)]
            found += [(index, position) for position in range(count)]
        else:
            found.append((index, None))
    return found


def _names(ome: str, count: int) -> tuple[str, ...]:
    """Names of the images, numbered where the file does not give them."""
    named = [image.name for _, image in ome_images(ome)] if count > 1 else []
    if len(named) != count or len(set(named)) < count:
        named = [""] * count
    return tuple(name or f"image {i}" for i, name in enumerate(named, start=1))


def _check_dtype(dtype: np.dtype[Any] | None, name: str) -> None:
    if dtype is None or dtype.kind not in "biuf":
        is_complex = dtype is not None and dtype.kind == "c"
        raise ReadError(
            f"'{name}' holds values of type {dtype}, which are not supported",
            "Take their absolute value first"
            if is_complex
            else "Save it with integers or real numbers",
        )


def _levels(file: Path, name: str, series: TiffPageSeries) -> tuple[Any, ...]:
    """Read or describe an image and its smaller copies, as far as they are alike."""
    found = [_array(file, name, series)]
    for level in series.levels[1:]:
        if level.axes != series.axes or level.dtype != series.dtype:
            break
        check_data(level, name)
        found.append(_array(file, name, level))
    return tuple(found)


def _array(file: Path, name: str, series: TiffPageSeries) -> Any:
    """Map a large uncompressed image, describe a large other one, read any smaller."""
    order = series.keyframe.parent.byteorder
    dtype = np.dtype(series.dtype).newbyteorder(order)
    offset = series.dataoffset
    if offset is not None and dtype.isnative and series.nbytes > MAP_ABOVE:
        return np.memmap(file, dtype, "r", offset, series.shape)
    if series.nbytes > LAZY_ABOVE:
        lazy = lazy_array(series, name)
        if lazy is not None:
            return lazy
    array = np.asarray(series.asarray())
    if array.dtype == bool:
        return array.view(np.uint8)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _samples(series: TiffPageSeries) -> tuple[str, ...]:
    """Names of the samples of a pixel, if there are several."""
    if "S" not in series.axes:
        return ()
    photometric = getattr(series.keyframe.photometric, "name", "")
    names = COLOURS.get(photometric, ())
    count = series.shape[series.axes.index("S")]
    return names[:count] if 3 <= count <= len(names) else ()
