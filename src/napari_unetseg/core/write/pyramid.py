"""Coarser levels of an OME-Zarr image, so that viewers can zoom out quickly.

The position of a level's pixels follows from how they are made. Coordinates are those
of pixel centres, as OME-Zarr and napari take them: pixel i of the finest level lies at
i times its size s.

- Labels cannot be averaged: pixel i of the next level is pixel 2i, and lies where that
  lies, at 2i s. The scale is 2s, and there is no translation.
- Real numbers are averaged: pixel i is the mean of the pixels 2i and 2i + 1, whose
  middle is at (2i + 0.5) s. The scale is 2s and the translation 0.5 s; after k levels,
  (2^k - 1) / 2 s. Where the finest level does not lie at 0, its place comes on top.

Where a length is odd the last pixel stands alone (its mean is itself), and an axis of
length 1 is left as it is, in its scale too.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.write.atomic import write_error
from napari_unetseg.core.write.ngff import dataset, read_group, write_group

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    import zarr
    from numpy.typing import NDArray

# Levels are added until the longer side of a plane has no more pixels than this.
SMALL = 1024


def add_pyramid(path: str | os.PathLike[str]) -> Iterator[None]:
    """Add levels of half the size in Y and X, until they are small.

    Real numbers become the mean of 2 x 2 pixels, integers every second pixel. The
    image's metadata name the levels once all of them are complete, so that it can be
    given up in between: the levels are then made anew by the next call. A pyramid that
    is named already is left as it is.

    Parameters
    ----------
    path : str or path
        An image that `create_ome_zarr` made and somebody has filled.

    Yields
    ------
    None
        After every chunk that is written; of the image no more than four chunks are
        in memory at a time.

    Raises
    ------
    WriteError
        If the system refuses to write.
    """
    import zarr

    folder = Path(path)
    try:
        attributes = read_group(folder)
        multiscale = attributes["ome"]["multiscales"][0]
        datasets = multiscale["datasets"]
        if len(datasets) > 1:
            return
        axes = "".join(axis["name"].upper() for axis in multiscale["axes"])
        source = zarr.open_array(folder / "0", mode="r")
        averaged = source.dtype.kind == "f"
        scale = np.array(datasets[0]["coordinateTransformations"][0]["scale"])
        shift = np.array(_place(datasets[0], len(axes)))
        while _longer_side(source.shape, axes) > SMALL:
            factors = _factors(source.shape, axes)
            number = str(len(datasets))
            target = _next_level(folder / number, source, factors, axes)
            yield from _fill(target, source, factors, averaged)
            if averaged:
                shift += scale * (np.array(factors) - 1) / 2
            scale = scale * factors
            datasets.append(dataset(number, scale.tolist(), shift.tolist()))
            source = target
        if len(datasets) > 1:
            multiscale["type"] = "mean" if averaged else "nearest"
            write_group(folder, attributes)
    except OSError as error:
        raise write_error(folder, error) from error


def _place(finest: dict[str, Any], dimensions: int) -> list[float]:
    """Where the finest level's first pixel lies."""
    steps = finest["coordinateTransformations"]
    found = (step["translation"] for step in steps if "translation" in step)
    return next(found, [0.0] * dimensions)


def create_level(
    folder: Path,
    shape: Sequence[int],
    dtype: np.dtype[Any],
    axes: str,
    chunks: Sequence[int],
) -> zarr.Array[Any]:
    """Make an array of zeros; one that is there already is replaced.

    Parameters
    ----------
    folder : path
        Of the array.
    shape, chunks : sequence of int
        One length per axis.
    dtype : dtype
        In native byte order.
    axes : str
        One letter per axis.

    Returns
    -------
    zarr.Array
        Open to read and write; compressed with zstd.
    """
    import zarr

    return zarr.create_array(
        folder,
        shape=tuple(shape),
        dtype=dtype,
        chunks=tuple(min(n, size) for n, size in zip(chunks, shape, strict=True)),
        fill_value=0,
        dimension_names=list(axes.lower()),
        overwrite=True,
    )


def _longer_side(shape: Sequence[int], axes: str) -> int:
    return max(shape[axes.index("Y")], shape[axes.index("X")])


def _factors(shape: Sequence[int], axes: str) -> list[int]:
    """How many pixels become one along each axis: 1 or 2."""
    return [
        2 if axis in "YX" and length > 1 else 1
        for axis, length in zip(axes, shape, strict=True)
    ]


def _next_level(
    folder: Path, source: zarr.Array[Any], factors: Sequence[int], axes: str
) -> zarr.Array[Any]:
    shape = [-(-n // factor) for n, factor in zip(source.shape, factors, strict=True)]
    return create_level(folder, shape, source.dtype, axes, source.chunks)


def _fill(
    target: zarr.Array[Any],
    source: zarr.Array[Any],
    factors: Sequence[int],
    averaged: bool,
) -> Iterator[None]:
    """Write a level chunk by chunk."""
    starts = (
        range(0, length, size)
        for length, size in zip(target.shape, target.chunks, strict=True)
    )
    for corner in product(*starts):
        ends = [start + size for start, size in zip(corner, target.chunks, strict=True)]
        place = tuple(map(slice, corner, ends))
        origin = tuple(
            slice(start * factor, end * factor)
            for start, end, factor in zip(corner, ends, factors, strict=True)
        )
        block = np.asarray(source[origin])
        target[place] = _mean(block, factors) if averaged else _every(block, factors)
        yield


def _every(block: NDArray[Any], factors: Sequence[int]) -> NDArray[Any]:
    return block[tuple(slice(None, None, factor) for factor in factors)]


def _mean(block: NDArray[Any], factors: Sequence[int]) -> NDArray[Any]:
    for axis, factor in enumerate(factors):
        if factor == 1:
            continue
        if block.shape[axis] % 2:
            last = block.take([-1], axis)
            block = np.concatenate([block, last], axis)
        pairs = block.reshape(*block.shape[:axis], -1, 2, *block.shape[axis + 1 :])
        block = pairs.mean(axis + 1)
    return block
