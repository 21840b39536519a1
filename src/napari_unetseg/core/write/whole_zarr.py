"""Images and labels as OME-Zarr in one go."""

from __future__ import annotations

import secrets
import shutil
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.image import SPATIAL, Image
from napari_unetseg.core.write.atomic import write_error
from napari_unetseg.core.write.dtypes import smallest_unsigned
from napari_unetseg.core.write.ome_zarr import (
    add_pyramid,
    check_place,
    chunk_shape,
    create_ome_zarr,
    move_into_place,
)
from napari_unetseg.core.write.reordered import stored_axes

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.write.ngff import LabelNotes


def write_ome_zarr(
    path: str | os.PathLike[str],
    image: Image,
    *,
    overwrite: bool = False,
    labels: LabelNotes | None = None,
    description: Mapping[str, str] | None = None,
    origin: Mapping[str, float] | None = None,
    colours: Sequence[str] = (),
) -> None:
    """Write an image with its axes, pixel size and channel names, and its pyramid.

    It is filled under a hidden name, chunk by chunk, and then renamed.

    Parameters
    ----------
    path : str or path
        The folder, ending in .zarr. Missing folders above it are made.
    image : Image
        Any array; its axes are stored as OME-Zarr wants them: T, C, Z, Y, X. bool
        becomes uint8, and labels the smallest unsigned type that holds them.
    overwrite : bool
        Whether a zarr of this name may be replaced.
    labels : LabelNotes, optional
        Says that these are labels, and what they mean.
    description : mapping of str to str, optional
        How the image was made.
    origin : mapping of axis to float, optional
        Where the centre of the first pixel lies, in the image's unit.
    colours : sequence of str
        "#rrggbb" per channel; empty for colours that differ.

    Raises
    ------
    WriteError
        If the name is taken, the format cannot hold the image, or the system refuses.
        What was there before stays as it was.
    """
    target = Path(path)
    if target.suffix.lower() != ".zarr":
        raise WriteError(f"'{target.name}' is no name for a zarr", "End it in .zarr")
    if image.dtype.kind not in "biuf":
        raise WriteError(
            f"'{target.name}' cannot hold values of type {image.dtype}",
            "Convert them to integers or real numbers",
        )
    if 0 in image.shape:
        raise WriteError(f"'{target.name}' would hold an image of shape {image.shape}")
    check_place(target, overwrite=overwrite)
    hidden = target.with_name(f".unfinished-{secrets.token_hex(6)}.zarr")
    try:
        fill(hidden, image, labels, description, origin, colours)
        move_into_place(hidden, target, overwrite=overwrite)
    except OSError as error:
        raise write_error(target, error) from error
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def fill(
    folder: Path,
    image: Image,
    labels: LabelNotes | None,
    description: Mapping[str, str] | None,
    origin: Mapping[str, float] | None = None,
    colours: Sequence[str] = (),
) -> None:
    """Write an image and its pyramid into a folder that does not exist.

    Parameters
    ----------
    folder : Path
        To be renamed by the caller.
    image, labels, description, origin, colours
        As for `write_ome_zarr`.
    """
    axes = stored_axes(image.axes)
    order = [image.axes.index(axis) for axis in axes]
    shape = tuple(image.shape[axis] for axis in order)
    dtype = np.dtype(np.uint8) if image.dtype.kind == "b" else image.dtype
    if dtype == np.float16:
        dtype = np.dtype(np.float32)
    if labels is not None:
        dtype = _label_type(folder.name, image)
    chunks = chunk_shape(shape, axes)
    array = create_ome_zarr(
        folder,
        shape=shape,
        dtype=dtype,
        axes=axes,
        spacing=tuple(image.spacing_of(axis) for axis in axes if axis in SPATIAL),
        unit=image.unit,
        channels=image.channels,
        name=image.name,
        chunks=chunks,
        labels=labels,
        description=description,
        origin=origin,
        colours=colours,
    )
    for box in _boxes(shape, chunks):
        part = np.asarray(
            image.array[tuple(box[order.index(i)] for i in range(len(box)))]
        )
        array[box] = part.transpose(order).astype(dtype, copy=False)
    for _ in add_pyramid(folder):
        pass


def _boxes(shape: Sequence[int], chunks: Sequence[int]) -> Iterator[tuple[slice, ...]]:
    starts = (range(0, n, size) for n, size in zip(shape, chunks, strict=True))
    for corner in product(*starts):
        yield tuple(
            slice(start, min(start + size, n))
            for start, size, n in zip(corner, chunks, shape, strict=True)
        )


def _label_type(name: str, labels: Image) -> np.dtype[Any]:
    """Smallest unsigned type that holds all labels."""
    if labels.dtype.kind not in "biu" or "C" in labels.axes:
        raise WriteError(
            f"'{labels.name}' cannot be labels: it holds {labels.dtype} values with "
            f"the axes {labels.axes}",
            "Labels are integers without channels",
        )
    extremes: list[NDArray[Any]] = []
    for index in labels.planes():
        plane = np.asarray(labels.plane(index))
        extremes += [plane.min(), plane.max()]
    lowest = min(map(int, extremes), default=0)
    if lowest < 0:
        raise WriteError(
            f"'{labels.name}' holds the label {lowest}", "Labels are whole, from 0 on"
        )
    return smallest_unsigned(max(map(int, extremes), default=0))
