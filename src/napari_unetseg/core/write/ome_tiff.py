"""Images and labels as OME-TIFF, plane by plane."""

from __future__ import annotations

import math
import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.units import PIXEL, unit_name
from napari_unetseg.core.write.atomic import atomic_path, check_writable
from napari_unetseg.core.write.dtypes import stored_dtype

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.image import Image

TILE = 256
TILED_ABOVE = 4096  # pixels along a side of a plane
BAND_BYTES = 64 * 2**20  # of a plane held in memory at a time
SLAB_BYTES = 64 * 2**20  # of planes that lie in the same chunks of a lazy array
BUFFER_BYTES = 32 * 2**20  # of tiles waiting for compression
BIG_ABOVE = 3.9e9  # bytes; classic TIFF ends at 4 GB

NAMESPACE = "napari-unetseg"
OME_UNITS = {"um": "µm", "angstrom": "Å", "inch": "in"}
NOT_IN_XML = re.compile(r"[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_ome_tiff(
    path: str | os.PathLike[str],
    image: Image,
    *,
    overwrite: bool = False,
    compress: bool = True,
    description: Mapping[str, str] | None = None,
    origin: Mapping[str, float] | None = None,
    colours: Sequence[str] = (),
    smallest: bool = False,
) -> None:
    """Write an image with its axes, pixel size and channel names.

    The array is read plane by plane, a large plane band by band, so that neither a
    stack nor a plane needs to fit into memory. Where a lazy array keeps several planes
    in one chunk they are read together, as many as fit into 64 MB.

    Parameters
    ----------
    path : str or path
        The file, ending in .tif or .tiff (best .ome.tif). Missing folders are made.
    image : Image
        Any array; Y and X are put last, the other axes keep their order. bool becomes
        uint8, float64 float32, 64-bit integers the smallest type that holds them.
    overwrite : bool
        Whether a file of this name may be replaced.
    compress : bool
        Whether integers are compressed (zlib without predictor, which suits labels).
        Real numbers never are: they hardly shrink, and uncompressed can be mapped.
    description : mapping of str to str, optional
        How the image was made; stored as an OME MapAnnotation.
    origin : mapping of axis to float, optional
        Where the first pixel lies along Z, Y and X, in the image's unit, which must be
        one of length; stored as the place of each plane.
    colours : sequence of str
        "#rrggbb" per channel; empty for none.
    smallest : bool
        Whether integers are stored in the smallest type that holds them, as befits
        labels; the image is then read twice.

    Raises
    ------
    WriteError
        If the file exists, cannot be written, or cannot hold the image.
    """
    import tifffile

    name = Path(path).name
    check_image(name, image)
    check_writable(path, overwrite)
    others = [axis for axis in image.axes if axis not in "YX"]
    dtype = stored_dtype(image.dtype, bands(image, others), name, smallest=smallest)
    height, width = image.plane_shape
    lengths = (image.shape[image.axes.index(axis)] for axis in others)
    shape = (*lengths, height, width)
    tiled = max(height, width) > TILED_ABOVE
    parts = _tiles(image, others) if tiled else _planes(image, others)
    size = math.prod(shape) * dtype.itemsize
    with (
        atomic_path(path, overwrite) as unfinished,
        tifffile.TiffWriter(unfinished, ome=True, bigtiff=size > BIG_ABOVE) as tif,
    ):
        tif.write(
            (np.ascontiguousarray(part, dtype) for part in parts),
            shape=shape,
            dtype=dtype,
            photometric="minisblack",
            tile=(TILE, TILE) if tiled else None,
            compression="zlib" if compress and dtype.kind != "f" else None,
            buffersize=BUFFER_BYTES,
            software=NAMESPACE,
            metadata=_metadata(
                name,
                image,
                "".join(others),
                _noted(image) | dict(description or {}),
                _looks(image, origin or {}, colours),
            ),
        )


def _noted(image: Image) -> dict[str, str]:
    """What 0 means in labels, if somebody has said it."""
    return {"unannotated": image.unannotated} if image.unannotated else {}


def check_image(name: str, image: Image) -> None:
    """Refuse another ending than a TIFF file's, and an empty image."""
    if Path(name).suffix.lower() not in {".tif", ".tiff"}:
        raise WriteError(f"'{name}' is no name for a TIFF file", "End it in .ome.tif")
    if 0 in image.shape:
        raise WriteError(f"'{name}' would hold an image of the shape {image.shape}")


def bands(
    image: Image, others: list[str], multiple: int = TILE
) -> Iterator[NDArray[Any]]:
    """All planes in the order of the other axes, each as bands of rows.

    Parameters
    ----------
    image : Image
        Any array.
    others : list of str
        Its axes other than Y and X.
    multiple : int
        Of so many rows a band has a multiple, if it is not the last of its plane.

    Yields
    ------
    array of shape (rows, X)
        The whole plane, or a multiple of rows of at most 64 MB.
    """
    height, width = image.plane_shape
    row_bytes = width * image.dtype.itemsize
    rows = max(1, BAND_BYTES // (row_bytes * multiple)) * multiple
    transposed = image.axes.index("X") < image.axes.index("Y")
    for array, axes, where in _planes_in(image, others):
        for start in range(0, height, rows):
            part = where | {"Y": slice(start, start + rows)}
            band = np.asarray(array[_index(axes, part)])
            yield band.T if transposed else band


def _planes_in(
    image: Image, others: list[str]
) -> Iterator[tuple[Any, str, dict[str, int | slice]]]:
    """All planes in the order of the other axes, each as a place in an array.

    Yields
    ------
    array
        The image's, or a slab of several planes of it that were read together.
    axes : str
        Letters of that array.
    where : dict of str to int
        Index along the axes other than Y and X.
    """
    counts = [image.shape[image.axes.index(axis)] for axis in others]
    depth = _slab_depth(image, others)
    if depth == 1:
        for position in np.ndindex(*counts):
            yield image.array, image.axes, dict(zip(others, position, strict=True))
        return
    *outer, last = others
    axes = "".join(axis for axis in image.axes if axis not in outer)
    for position in np.ndindex(*counts[:-1]):
        where: dict[str, int | slice] = dict(zip(outer, position, strict=True))
        for start in range(0, counts[-1], depth):
            where[last] = slice(start, min(start + depth, counts[-1]))
            slab = np.asarray(image.array[_index(image.axes, where)])
            for place in range(slab.shape[axes.index(last)]):
                yield slab, axes, {last: place}


def _slab_depth(image: Image, others: list[str]) -> int:
    """Number of planes to read together, so that no chunk is unpacked once for each.

    It is the size of the chunks along the last of the other axes, halved until the
    planes fit into 64 MB.
    """
    chunks = getattr(image.array, "chunks", None)
    if not chunks or not others:
        return 1
    # Of dask, the size of every chunk is given.
    depth = int(np.max(chunks[image.axes.index(others[-1])]))
    plane_bytes = math.prod(image.plane_shape) * image.dtype.itemsize
    while depth > 1 and depth * plane_bytes > SLAB_BYTES:
        depth //= 2
    return depth


def _index(axes: str, where: Mapping[str, int | slice]) -> tuple[int | slice, ...]:
    return tuple(where.get(axis, slice(None)) for axis in axes)


def _planes(image: Image, others: list[str]) -> Iterator[NDArray[Any]]:
    """All planes, whole, as (Y, X); they are below `TILED_ABOVE`."""
    yield from bands(image, others, multiple=TILED_ABOVE)


def _tiles(image: Image, others: list[str]) -> Iterator[NDArray[Any]]:
    """All tiles of all planes, row by row; those at the border may be smaller."""
    for band in bands(image, others):
        for y in range(0, band.shape[0], TILE):
            for x in range(0, band.shape[1], TILE):
                yield band[y : y + TILE, x : x + TILE]


def _metadata(
    name: str,
    image: Image,
    others: str,
    description: Mapping[str, str],
    looks: Mapping[str, Any],
) -> dict[str, Any]:
    """Metadata in the form that tifffile turns into OME-XML."""
    metadata: dict[str, Any] = {
        "axes": others + "YX",
        "Name": _legal(name),
        "Creator": NAMESPACE,
    }
    unit = unit_name(image.unit)
    if unit != PIXEL or any(size != 1 for size in image.spacing):
        for axis, size in zip(image.spatial_axes, image.spacing, strict=True):
            metadata[f"PhysicalSize{axis}"] = float(size)
            metadata[f"PhysicalSize{axis}Unit"] = OME_UNITS.get(unit, unit)
    metadata |= looks
    if description:
        pairs = {_legal(key): _legal(value) for key, value in description.items()}
        metadata["MapAnnotation"] = {"Namespace": NAMESPACE, "Value": pairs}
    # Equal questions give equal bytes; tifffile's own identifier holds the time and
    # the address of the network card.
    content = repr((metadata, image.shape, image.dtype.str))
    metadata["UUID"] = str(uuid.uuid5(uuid.NAMESPACE_URL, content))
    return metadata


def _looks(
    image: Image, origin: Mapping[str, float], colours: Sequence[str]
) -> dict[str, Any]:
    """Names and colours of the channels, and the place of every plane."""
    found: dict[str, Any] = {}
    channel: dict[str, Any] = {}
    if image.channels:
        channel["Name"] = [_legal(name) for name in image.channels]
    if colours and len(colours) == image.channel_count:
        # Red, green, blue and opacity as a signed number.
        numbers = (int(colour.lstrip("#"), 16) << 8 | 0xFF for colour in colours)
        channel["Color"] = [n - 2**32 if n >= 2**31 else n for n in numbers]
    if channel:
        found["Channel"] = channel
    unit = unit_name(image.unit)
    count = math.prod(image.plane_grid) * image.channel_count
    plane: dict[str, Any] = {}
    for axis, place in origin.items():
        if axis in image.spatial_axes and unit != PIXEL:
            plane[f"Position{axis}"] = [float(place)] * count
            plane[f"Position{axis}Unit"] = [OME_UNITS.get(unit, unit)] * count
    return found | ({"Plane": plane} if plane else {})


def _legal(text: str) -> str:
    """Replace what XML cannot hold, in an attribute too: control characters."""
    return NOT_IN_XML.sub(" ", text)
