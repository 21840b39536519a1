"""OME-Zarr (version 0.5, zarr 3) that grows tile by tile.

`create_ome_zarr` makes an empty image for somebody to fill, `add_pyramid` adds coarser
levels once it is full, and `move_into_place` gives it its name when it is finished.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.image import Image, check_axes
from napari_unetseg.core.write.atomic import write_error
from napari_unetseg.core.write.ngff import (
    METADATA,
    LabelNotes,
    group_attributes,
    write_group,
)
from napari_unetseg.core.write.place import check_place, move_into_place
from napari_unetseg.core.write.pyramid import add_pyramid, create_level

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence

    import zarr
    from numpy.typing import DTypeLike

__all__ = [
    "LabelNotes",
    "add_pyramid",
    "check_place",
    "chunk_shape",
    "create_ome_zarr",
    "move_into_place",
]

# Pixels along the axes of a chunk, by the number of dimensions seen at once.
CHUNKS = {2: {"Y": 512, "X": 512}, 3: {"Z": 64, "Y": 128, "X": 128}}


def chunk_shape(
    shape: Sequence[int], axes: str, *, frame_dimensions: int = 2
) -> tuple[int, ...]:
    """Size of the chunks that suits the way an image is filled.

    Parameters
    ----------
    shape : sequence of int
        Of the array.
    axes : str
        One letter per dimension.
    frame_dimensions : int
        2 where it is filled plane by plane, 3 where volume by volume.

    Returns
    -------
    tuple of int
        (512, 512) along Y and X, or (64, 128, 128) along Z, Y and X, no larger than the
        shape; 1 along all other axes.
    """
    sizes = CHUNKS[frame_dimensions]
    return tuple(
        min(length, sizes.get(axis, 1))
        for axis, length in zip(axes, shape, strict=True)
    )


def create_ome_zarr(
    path: str | os.PathLike[str],
    *,
    shape: Sequence[int],
    dtype: DTypeLike,
    axes: str,
    spacing: Sequence[float],
    unit: str,
    channels: Sequence[str] = (),
    name: str,
    chunks: Sequence[int],
    labels: LabelNotes | None = None,
    description: Mapping[str, str] | None = None,
    origin: Mapping[str, float] | None = None,
    colours: Sequence[str] = (),
) -> zarr.Array[Any]:
    """Make an OME-Zarr image of zeros.

    What is kept on the disk of zeros is nothing but metadata. Where only the beginning
    of such an image is found, as after a crash, it is made anew.

    Parameters
    ----------
    path : str or path
        The folder to make; missing folders above it are made too.
    shape : sequence of int
        One length per axis.
    dtype : dtype
        Integers or real numbers; bool becomes uint8, and any byte order the native one.
    axes : str
        Distinct letters out of "TZCYX" with Y and X. OME-Zarr wants T first, then C,
        then the others.
    spacing : sequence of float
        Physical size of a pixel along each spatial axis, in their order; empty if
        unknown.
    unit : str
        Of `spacing`; "pixel" if unknown.
    channels : sequence of str
        One name per index of C; may be empty.
    name : str
        Of the image; it is written into the file.
    chunks : sequence of int
        One length per axis; see `chunk_shape`.
    labels : LabelNotes, optional
        Says that these are labels, and what they mean.
    description : mapping of str to str, optional
        How the image was made.
    origin, colours
        As for `ngff.group_attributes`.

    Returns
    -------
    zarr.Array
        The level at `path`/0, to be filled.

    Raises
    ------
    InputError
        If axes, spacing or channel names do not fit the shape.
    WriteError
        If the folder exists with something else in it, the format does not allow such
        an image, or the system refuses.
    """
    folder = Path(path)
    size = tuple(int(length) for length in shape)
    check_axes(axes, len(size), name)
    stored = np.dtype(dtype)
    stored = np.dtype(np.uint8) if stored.kind == "b" else stored.newbyteorder("=")
    attributes = group_attributes(
        Image(
            array=np.broadcast_to(np.zeros((), stored), size),
            axes=axes,
            spacing=tuple(spacing),
            unit=unit,
            channels=tuple(channels),
            name=name,
        ),
        labels,
        description or {},
        folder.name,
        origin=origin,
        colours=colours,
    )
    if 0 in size:
        raise WriteError(f"'{folder.name}' would hold an image of the shape {size}")
    with _saying_errors(folder):
        _refuse_existing(folder)
        folder.mkdir(parents=True, exist_ok=True)
        array = create_level(folder / "0", size, stored, axes, chunks)
        # Last: where they are, the image is whole.
        write_group(folder, attributes)
    return array


@contextmanager
def _saying_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise write_error(folder, error) from error


def _refuse_existing(folder: Path) -> None:
    """Allow nothing but the level of an image that was not made to its end."""
    if folder.is_dir():
        found = {entry.name for entry in folder.iterdir()}
        if METADATA not in found and found <= {"0"}:
            return
    if folder.exists():
        raise WriteError(f"'{folder.name}' exists", "Choose another name or remove it")
