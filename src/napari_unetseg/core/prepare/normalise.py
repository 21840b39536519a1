"""Bring an image's values to mean 0 and standard deviation 1, once per image.

The statistics are taken over all of an image (per channel and time point), never per
tile: a tile that knew only itself would leave seams.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.frames import Frames
from napari_unetseg.core.prepare.blocks import blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from napari_unetseg.core.frames import Box, Index
    from napari_unetseg.core.image import Image

# Deviations that are smaller, relative to the mean, are what rounding makes of none.
_ROUNDED = 1e-12


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


class OnDemand:
    """A `Normaliser` whose statistics are taken when they are first needed.

    Parameters
    ----------
    statistics : callable
        Takes them.
    """

    def __init__(self, statistics: Callable[[], Normaliser]) -> None:
        self._statistics = statistics

    @cached_property
    def settled(self) -> Normaliser:
        """Mean and standard deviation."""
        return self._statistics()

    def __call__(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """As a `Normaliser` does."""
        return self.settled(values)


def normalisers(image: Image, dimensions: int = 2) -> dict[Index, Normaliser]:
    """Statistics of an image, one per frame; the planes of a volume share theirs.

    Of an image of more than 2**30 pixels per time point (or plane of a network of
    planes) they are those of a fixed sample, as `blocks` reads it.

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
    later = normalisers_on_demand(image, dimensions)
    return {index: one.settled for index, one in later.items()}


def normalisers_on_demand(image: Image, dimensions: int = 2) -> dict[Index, OnDemand]:
    """As `normalisers`, but a time point is read only when a frame of it is normalised.

    Of a series of which some frames are annotated, the others need not be read.
    """
    frames = Frames(image, dimensions)
    planes = _by_time(image.plane_axes, image.planes())
    table = {}
    for time, indices in _by_time(frames.grid_axes, frames).items():
        shared = OnDemand(partial(_statistics, image, planes[time]))
        table.update(dict.fromkeys(indices, shared))
    return table


def normalised(
    frame: Any, box: Box, normalise: Normaliser | OnDemand
) -> NDArray[np.float32]:
    """Read a box of a frame, and normalise it plane by plane: in 64 bits in between."""
    raw = frame[box]
    if len(raw.shape) == 3:
        return normalise(np.asarray(raw))
    values = np.empty(raw.shape, np.float32)
    for z in range(raw.shape[1]):
        values[:, z] = normalise(np.asarray(raw[:, z]))
    return values


def _by_time(axes: str, indices: Iterable[Index]) -> dict[int, list[Index]]:
    """Group indices, one number per letter of `axes`, by their time point."""
    time = axes.find("T")
    groups: dict[int, list[Index]] = {}
    for index in indices:
        groups.setdefault(index[time] if time >= 0 else 0, []).append(index)
    return groups


def _statistics(image: Image, planes: list[Index]) -> Normaliser:
    """Mean and standard deviation per channel over some planes, read once.

    The blocks' own are joined as Chan, Golub and LeVeque do (1983,
    doi:10.1080/00031305.1983.10483115), which loses no digits.
    """
    count, mean, square = np.zeros((3, image.channel_count))
    for block in blocks(image, planes):
        n, own, deviations = _moments(block)
        total = np.maximum(count + n, 1)
        difference = own - mean
        square += deviations + difference**2 * count * n / total
        mean += difference * n / total
        count += n
    std = np.sqrt(square / np.maximum(count, 1))
    return Normaliser(mean, np.where(std > _ROUNDED * np.abs(mean), std, 0.0))


def _moments(
    block: NDArray[Any],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Count, mean and summed squared deviation of what is finite, per channel."""
    # In one order, whatever the array's in memory: sums depend on it.
    values = block.reshape(len(block), -1).astype(np.float64, order="C")
    finite = np.isfinite(values) if block.dtype.kind == "f" else None
    if finite is None or finite.all():
        n = np.full(len(values), float(values.shape[1]))
        mean = values.mean(axis=1)
        values -= mean[:, None]
        return n, mean, np.einsum("cp,cp->c", values, values)
    n = finite.sum(axis=1).astype(np.float64)
    mean = np.where(finite, values, 0.0).sum(axis=1) / np.maximum(n, 1)
    values = np.where(finite, values - mean[:, None], 0.0)
    return n, mean, np.einsum("cp,cp->c", values, values)
