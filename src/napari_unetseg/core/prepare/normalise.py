"""Bring an image's values to mean 0 and standard deviation 1, once per image.

The statistics are taken over all of an image (per channel and time point), never per
tile: a tile that knew only itself would leave seams.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.frames import Frames

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from napari_unetseg.core.frames import Index
    from napari_unetseg.core.image import Image

_BLOCK_PIXELS = 1 << 22


@dataclass(frozen=True, slots=True, eq=False)
class Normaliser:
    """Mean and standard deviation per channel, as arrays of shape (C,), float64."""

    mean: NDArray[np.float64]
    std: NDArray[np.float64]

    def __call__(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Normalise values of shape (C, [Z,] Y, X); what is no number becomes 0."""
        shape = (-1,) + (1,) * (values.ndim - 1)
        scale = np.where(self.std > 0, self.std, 1.0).reshape(shape)
        # In float64 first: 16- and 32-bit integers do not fit into float32's 24 bits.
        normal = ((values - self.mean.reshape(shape)) / scale).astype(np.float32)
        return np.nan_to_num(normal, copy=False, nan=0.0, posinf=0.0, neginf=0.0)


def normalisers(image: Image, dimensions: int = 2) -> dict[Index, Normaliser]:
    """Statistics of an image, one per frame; the planes of a volume share theirs.

    Parameters
    ----------
    image : Image
        numpy or lazy; it is read plane by plane.
    dimensions : int
        What a frame is: 2 for planes, 3 for volumes. The statistics are the same.

    Returns
    -------
    dict
        Index of a frame (as from `Frames`) to normaliser. Values that are not finite
        do not count; a constant image becomes 0.

    Raises
    ------
    InputError
        If volumes are asked of an image without Z.
    """
    frames = Frames(image, dimensions)
    planes = _by_time(image.plane_axes, image.planes())
    table = {}
    for time, indices in _by_time(frames.grid_axes, frames).items():
        shared = _statistics(image, planes[time])
        table.update(dict.fromkeys(indices, shared))
    return table


def _by_time(axes: str, indices: Iterable[Index]) -> dict[int, list[Index]]:
    """Group indices, one number per letter of `axes`, by their time point."""
    time = axes.find("T")
    groups: dict[int, list[Index]] = {}
    for index in indices:
        groups.setdefault(index[time] if time >= 0 else 0, []).append(index)
    return groups


def _statistics(image: Image, planes: list[Index]) -> Normaliser:
    """Mean and standard deviation per channel over some planes, in two passes."""
    count, total, square = np.zeros((3, image.channel_count))
    for values, finite in _blocks(image, planes):
        count += finite.sum(axis=(1, 2))
        total += values.sum(axis=(1, 2))
    mean = total / np.maximum(count, 1)
    for values, finite in _blocks(image, planes):
        deviation = np.where(finite, values - mean[:, None, None], 0.0)
        square += (deviation**2).sum(axis=(1, 2))
    return Normaliser(mean, np.sqrt(square / np.maximum(count, 1)))


def _blocks(
    image: Image, planes: list[Index]
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.bool_]]]:
    """Values and what is finite of them, a band of rows at a time to save memory."""
    for index in planes:
        plane = image.plane(index)
        channels, height, width = plane.shape
        rows = max(1, _BLOCK_PIXELS // max(1, channels * width))
        for top in range(0, height, rows):
            values = np.asarray(plane[:, top : top + rows]).astype(np.float64)
            finite = np.isfinite(values)
            yield np.where(finite, values, 0.0), finite
