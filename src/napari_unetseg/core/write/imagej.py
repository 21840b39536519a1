"""TIFF files as ImageJ and Fiji read them best: axes, pixel size, colours of labels."""

from __future__ import annotations

import colorsys
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.units import PIXEL, unit_name
from napari_unetseg.core.write.atomic import atomic_path, check_writable
from napari_unetseg.core.write.dtypes import stored_dtype
from napari_unetseg.core.write.ome_tiff import NAMESPACE, bands, check_image

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.image import Image

CHANNELS = "channels"
ORIGIN = "origin"
ENDINGS = (".imagej.tif", ".imagej.tiff")
AXES = "TZCYXS"
COLOR_MAP = 320
LARGEST = 2**32 - 2**20  # Bytes; offsets have 32 bits.
# Small integers with a sign are stored as real numbers, which hold them all.
_TYPES = {"u1": "u1", "u2": "u2", "f4": "f4", "i1": "f4", "i2": "f4"}
_GOLDEN = (math.sqrt(5) - 1) / 2


def write_imagej(
    path: str | os.PathLike[str],
    image: Image,
    *,
    overwrite: bool = False,
    classes: Mapping[int, str] | None = None,
    description: Mapping[str, str] | None = None,
    origin: Mapping[str, float] | None = None,
    colours: Sequence[str] = (),
) -> None:
    """Write an image as an ImageJ hyperstack.

    Parameters
    ----------
    path : str or path
        The file, ending in .tif or .tiff. Missing folders are made.
    image : Image
        Any array; it is read plane by plane, and its axes are stored in the order T, Z,
        C, Y, X. Labels become uint8 or uint16; of images uint8, uint16 and real numbers
        stay what they are, and all others become real numbers.
    overwrite : bool
        Whether a file of this name may be replaced.
    classes : mapping of int to str, optional
        Says that these are labels: each number has a colour of its own, "#rrggbb" as it
        is given here, or one that differs from its neighbours'.
    description : mapping of str to str, optional
        How the image was made; ImageJ shows it under *Image > Show Info*.
    origin : mapping of axis to float, optional
        Where the first pixel lies, in the image's unit. It is kept beside the
        description, since ImageJ itself has no place for it.
    colours : sequence of str
        "#rrggbb" per channel; empty for none.

    Raises
    ------
    WriteError
        If the file exists, cannot be written, or cannot hold the image: labels above
        65535, or more than 4 GB.
    """
    import tifffile

    name = Path(path).name
    check_image(name, image)
    check_writable(path, overwrite)
    others = [axis for axis in AXES[:3] if axis in image.axes]
    dtype = _dtype(name, image, others, labels=classes is not None)
    lengths = dict(zip(image.axes, image.shape, strict=True))
    # All six: of fewer, tifffile takes a last axis of length 1 for samples.
    shape = tuple(lengths.get(axis, 1) for axis in AXES)
    if math.prod(shape) * dtype.itemsize > LARGEST:
        raise WriteError(
            f"'{name}' would be larger than 4 GB, which ImageJ's format cannot hold",
            "Write an OME-TIFF, which Fiji opens too",
        )
    notes = dict(description or {})
    if origin:
        notes[ORIGIN] = json.dumps(dict(origin))
    metadata = _metadata(image, "".join(others), notes)
    sizes = {axis: image.spacing_of(axis) for axis in "YX"}
    tables = []
    if classes is not None:
        top = _largest(image, others) if dtype.itemsize > 1 else 255
        tables = [label_table(classes, max(top, 1))]
        metadata |= {"min": 0.0, "max": float(max(top, 1))}
    elif colours and len(colours) == image.channel_count:
        tables = [_ramp(colour) for colour in colours]
        if len(tables) > 1:
            metadata["mode"] = "composite"
    if tables:
        metadata["LUTs"] = tables
    with atomic_path(path, overwrite) as unfinished:
        tifffile.imwrite(
            unfinished,
            # Planes must come whole.
            (
                np.ascontiguousarray(plane, dtype)
                for plane in bands(image, others, multiple=image.plane_shape[0])
            ),
            shape=shape,
            dtype=dtype,
            imagej=True,
            resolution=(1 / sizes["X"], 1 / sizes["Y"]),
            photometric="minisblack",
            metadata=metadata,
            extratags=_colour_map(tables),
        )


def is_imagej_name(path: str | os.PathLike[str]) -> bool:
    """Whether a name asks for ImageJ's format: it ends in .imagej.tif."""
    return Path(path).name.lower().endswith(ENDINGS)


def label_table(colours: Mapping[int, str], largest: int) -> NDArray[np.uint8]:
    """Lookup table for labels: black for 0, and colours that differ from neighbours.

    Parameters
    ----------
    colours : mapping of int to str
        "#rrggbb" of some labels.
    largest : int
        Label that the last entry stands for; if it is more than 255, neighbouring
        labels share an entry, and given colours count for their entry only if it is
        their own.

    Returns
    -------
    ndarray of shape (3, 256), uint8
        Red, green, blue.
    """
    table = np.zeros((3, 256), np.uint8)
    for entry in range(1, 256):
        # Steps of the golden section: neighbours are far apart on the colour circle.
        hue = (entry * _GOLDEN) % 1
        value = 1.0 if entry % 2 else 0.75
        rgb = colorsys.hsv_to_rgb(hue, 0.75, value)
        table[:, entry] = [round(255 * part) for part in rgb]
    if largest <= 255:
        for label, colour in colours.items():
            entry = round(label * 255 / largest)
            if 0 < entry < 256:
                table[:, entry] = [*bytes.fromhex(colour.lstrip("#"))]
    return table


def _dtype(
    name: str, image: Image, others: list[str], *, labels: bool
) -> np.dtype[Any]:
    large = image.dtype.kind in "iu" and image.dtype.itemsize > 2
    parts = bands(image, others)
    dtype = stored_dtype(image.dtype, parts, name, smallest=labels or large)
    if not labels:
        stored = _TYPES.get(dtype.str[1:])
        if stored is None:
            raise WriteError(
                f"'{name}' cannot hold these numbers: ImageJ's integers have 16 bits",
                "Write an OME-TIFF",
            )
        return np.dtype(stored)
    if dtype.kind != "u" or dtype.itemsize > 2:
        why = "are negative" if dtype.kind == "i" else "go beyond 65535"
        raise WriteError(
            f"'{name}' cannot hold these labels: they {why}, and ImageJ's have 16 bits",
            "Number the labels anew from 1, or write an OME-TIFF",
        )
    return dtype


def _largest(image: Image, others: list[str]) -> int:
    return max((int(band.max()) for band in bands(image, others)), default=0)


def _ramp(colour: str) -> NDArray[np.uint8]:
    rgb = np.array([*bytes.fromhex(colour.lstrip("#"))])
    ramp: NDArray[Any] = np.arange(256) / 255 * rgb[:, None]
    return ramp.round().astype(np.uint8)


def _colour_map(tables: Sequence[NDArray[np.uint8]]) -> list[tuple[Any, ...]]:
    """The tag that ImageJ reads the table of a single channel from.

    ``LUTs`` in its own metadata count for composites only. Numbers stay numbers: the
    photometric interpretation is not that of a palette.
    """
    if len(tables) != 1:
        return []
    values = tuple(int(value) * 257 for value in tables[0].ravel())
    return [(COLOR_MAP, "H", len(values), values, True)]


def _metadata(image: Image, others: str, notes: dict[str, str]) -> dict[str, Any]:
    metadata: dict[str, Any] = {"axes": AXES}
    unit = unit_name(image.unit)
    if unit != PIXEL:
        # ImageJ's description is ASCII; it knows "um" and shows "µm".
        metadata["unit"] = unit
        if "Z" in image.axes:
            metadata["spacing"] = image.spacing_of("Z")
    elif "Z" in image.axes and image.spacing_of("Z") != 1:
        metadata["spacing"] = image.spacing_of("Z")
    if image.channels:
        metadata["Labels"] = _slice_labels(image, others)
        notes[CHANNELS] = json.dumps(image.channels)
    if notes:
        # One line, in ASCII, so that any program keeps it.
        metadata["Info"] = f"{NAMESPACE}: {json.dumps(notes)}\n"
    return metadata


def _slice_labels(image: Image, others: str) -> list[str]:
    """Names of the channels, slice by slice."""
    counts = [image.shape[image.axes.index(axis)] for axis in others]
    if "C" not in others:
        return [image.channels[0]] * math.prod(counts)
    at = others.index("C")
    return [image.channels[place[at]] for place in np.ndindex(*counts)]
