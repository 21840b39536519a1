"""Pixels of what a run has made, or is making, on the axes of the layer it belongs to.

What fits into memory is read; what does not is a lazy array, with the levels of its
pyramid, of which napari reads what it shows.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

from napari_unetseg.core.read import read_image

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_unetseg.core.image import Image

# Of the free memory, what one layer may take; and at most as many bytes.
_SHARE, _MOST = 0.25, 2 * 2**30


def pixels_of(
    path: Path, about: Mapping[str, Any], *, channel: int | None = None
) -> Any:
    """What a run has written, read or opened.

    Parameters
    ----------
    path : Path
        An OME-Zarr, or a TIFF.
    about : mapping
        As `result.about_of` returned it: "order", the axes of the layer, and "box",
        the part that was segmented.
    channel : int, optional
        Which one of several.

    Returns
    -------
    ndarray, or dask array, or list of dask arrays
        numpy if it fits into memory; levels of a pyramid if there are any.

    Raises
    ------
    ReadError
        If the file is gone or damaged.
    """
    image = read_image(path)
    whole = view(image, about, channel=channel)
    if fits(whole.shape, whole.dtype):
        return np.asarray(whole)
    levels = [whole]
    for number in range(1, 32):
        level = path / str(number)
        if not level.is_dir():
            break
        levels.append(view(read_image(level), about, channel=channel, of=image))
    return levels if len(levels) > 1 else whole


def view(
    image: Image,
    about: Mapping[str, Any],
    *,
    channel: int | None = None,
    of: Image | None = None,
) -> Any:
    """The part of an image that was segmented, lazily, with the axes of the layer.

    Parameters
    ----------
    image : Image
        As it is stored; axes of length 1 may be missing.
    about, channel
        As for `pixels_of`.
    of : Image, optional
        The finest level, if the image is a coarser one.

    Returns
    -------
    dask array
        One chunk for each that is stored.
    """
    from dask import array as da

    box: Mapping[str, tuple[int, int]] = about["box"]
    place: list[int | slice] = []
    for axis, size in zip(image.axes, image.shape, strict=True):
        if axis == "C":
            place.append(channel or 0)
            continue
        first, last = box[axis]
        finest = size if of is None else of.shape[of.axes.index(axis)]
        # A coarser pixel belongs to the part if any of its finer ones does.
        place.append(slice(first * size // finest, -(-last * size // finest)))
    # zarr's chunks as they are; numpy's arrays are one.
    chunks = getattr(image.array, "chunks", None) or image.shape
    part = da.from_array(image.array, chunks=chunks)[tuple(place)]
    axes = image.axes.replace("C", "")
    missing = [axis for axis in about["order"] if axis not in axes]
    part = part[(np.newaxis,) * len(missing)]
    axes = "".join(missing) + axes
    return part.transpose([axes.index(axis) for axis in about["order"]])


def fits(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bool:
    """Whether an array may be read into memory."""
    size = math.prod(shape) * dtype.itemsize
    return bool(size <= min(_SHARE * psutil.virtual_memory().available, _MOST))
