"""Frames that are worked out where they are indexed, so that none need be in memory.

Each has a shape, a number of axes and a dtype, and gives an array for a tuple of plain
slices: what `numpy.ndarray` does too, which takes their place where memory allows.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.prepare.normalise import Normaliser, normalised
from napari_unetseg.core.prepare.overlay import Overlay
from napari_unetseg.core.prepare.pixelsize import PREFILTERED
from napari_unetseg.core.prepare.targets import IGNORE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.frames import Box
    from napari_unetseg.core.prepare.normalise import OnDemand
    from napari_unetseg.core.prepare.teaching import Teaching


class View(ABC):
    """Base: an array that is asked for by boxes."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @abstractmethod
    def __getitem__(self, box: Box) -> NDArray[Any]:
        """The values in a box."""

    def __array__(
        self, dtype: np.dtype[Any] | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        return np.asarray(self[whole(self.shape)], dtype)


class Values(View):
    """Normalised grey values of a frame.

    Parameters
    ----------
    frame : array of shape (C, [Z,] Y, X)
        numpy or lazy.
    normalise : Normaliser or OnDemand
        Of this frame.
    zoom : sequence of float
        Pixels of the frame per pixel of the model along [Z,] Y, X. Axes that shrink by
        more than `PREFILTERED` are blurred by a triangle of that reach, as the
        prediction does, so that no pixel is passed over.
    """

    def __init__(
        self, frame: Any, normalise: Normaliser | OnDemand, zoom: Sequence[float] = ()
    ) -> None:
        self._frame, self._normalise = frame, normalise
        self.shape = tuple(int(n) for n in frame.shape)
        self.dtype = np.dtype(np.float32)
        self._kernels = [_triangle(factor) for factor in zoom]
        self._kernels = self._kernels or [np.ones(1)] * (len(self.shape) - 1)

    @property
    def normaliser(self) -> Normaliser:
        """The statistics of the frame, taken now if they were not yet."""
        known = self._normalise
        return known if isinstance(known, Normaliser) else known.settled

    @property
    def sharp(self) -> Values:
        """The same values, not blurred."""
        return Values(self._frame, self._normalise)

    def __getitem__(self, box: Box) -> NDArray[np.float32]:
        """The values in a box along all axes."""
        channels, *sides = box
        margins = [len(kernel) // 2 for kernel in self._kernels]
        read, part = _with_margin(tuple(sides), self.shape[1:], margins)
        # The statistics are those of all channels.
        values = normalised(self._frame, (slice(None), *read), self._normalise)
        values = values[channels]
        for axis, kernel in enumerate(self._kernels, start=1):
            values = _blurred(values, kernel, axis)
        return values[(slice(None), *part)]


class Painted(View):
    """What the labels of a frame teach; painted changes lie over them.

    Parameters
    ----------
    frame : array of shape (1, [Z,] Y, X)
        Painted ids, numpy or lazy.
    teaching : Teaching
        What they mean.
    unknown : sequence of bool
        For each plane of the frame whether 0 is "not annotated".
    inside : array of shape (1, [Z,] Y, X), optional
        Not 0 where everything counts.
    """

    def __init__(
        self,
        frame: Any,
        teaching: Teaching,
        unknown: Sequence[bool],
        inside: Any = None,
    ) -> None:
        self._frame, self._inside = frame, inside
        self.teaching = teaching
        self.shape = tuple(int(n) for n in frame.shape[1:])
        self.dtype = teaching.dtype
        column = (-1, *(1,) * 2) if len(self.shape) == 3 else (1, 1)
        self._unknown = np.asarray(unknown, bool).reshape(column)
        self._painted = Overlay(self.shape)

    def change(self, box: Box, values: NDArray[Any]) -> int:
        """Paint over a box of the frame; return how many pixels get another label."""
        read, part = self._painted.around(box)
        labels = self._labels(read)
        changed = int(np.count_nonzero(labels[part] != values))
        if changed:
            labels = labels.astype(np.result_type(labels, values))
            labels[part] = values
            self._painted.put(read, labels)
        return changed

    def __getitem__(self, box: Box) -> NDArray[Any]:
        """What is taught in a box."""
        margins = [self.teaching.margin] * self.ndim
        read, part = _with_margin(box, self.shape, margins)
        painted = self._labels(read)
        inside = None
        if self._inside is not None:
            inside = np.asarray(self._inside[(slice(0, 1), *read)])[0] != 0
        flags = self._unknown[read[0]] if self.ndim == 3 else self._unknown
        taught: NDArray[Any] = self.teaching.taught(painted, flags, inside)[part]
        return taught

    def _labels(self, box: Box) -> NDArray[Any]:
        frame: NDArray[Any] = np.asarray(self._frame[(slice(0, 1), *box)])[0]
        return self._painted.over(frame, box)


class Cut(View):
    """Some neighbouring planes of a volume, or of each channel of one.

    Parameters
    ----------
    array : array of shape ([C,] Z, Y, X)
        numpy or lazy.
    planes : slice
        With plain start and stop along Z.
    """

    def __init__(self, array: Any, planes: slice) -> None:
        self._array, self._start = array, planes.start
        before = len(array.shape) - 3
        self._axis = before
        self.dtype = np.dtype(array.dtype)
        length = planes.stop - planes.start
        self.shape = (*array.shape[:before], length, *array.shape[before + 1 :])

    def __getitem__(self, box: Box) -> NDArray[Any]:
        """The values in a box of the planes."""
        place = list(plain(box, self.shape))
        side = place[self._axis]
        place[self._axis] = slice(side.start + self._start, side.stop + self._start)
        return np.asarray(self._array[tuple(place)])


class Within(View):
    """A target that is known inside a box only, or outside of it only.

    Parameters
    ----------
    target : array of shape ([Z,] Y, X)
        numpy or lazy.
    box : tuple of slice
        With plain starts and stops.
    outside : bool
        Whether it is known outside.
    without : ndarray of bool and the box's shape, optional
        Which pixels are not known inside either.
    """

    def __init__(
        self,
        target: Any,
        box: Box,
        *,
        outside: bool = False,
        without: NDArray[np.bool_] | None = None,
    ) -> None:
        self._target, self._box, self._outside = target, box, outside
        self._without = without
        self.shape = tuple(target.shape)
        self.dtype = np.dtype(target.dtype)

    def __getitem__(self, box: Box) -> NDArray[Any]:
        """What is taught in a box."""
        read = plain(box, self.shape)
        here = common(read, self._box)
        values = np.array(self._target[read])
        if self._outside:
            if here is not None:
                values[here] = IGNORE
            return values
        kept = np.full_like(values, IGNORE)
        part = common(self._box, read)
        if here is None or part is None:
            return kept
        known = True if self._without is None else ~self._without[part]
        kept[here] = np.where(known, values[here], kept[here])
        return kept


def whole(shape: Sequence[int]) -> Box:
    """The box of a whole array."""
    return tuple(slice(0, size) for size in shape)


def plain(box: Box, shape: Sequence[int]) -> Box:
    """The same box with its starts and stops written out."""
    return tuple(
        slice(*side.indices(size)[:2]) for side, size in zip(box, shape, strict=True)
    )


def _with_margin(
    box: Box, shape: Sequence[int], margins: Sequence[int]
) -> tuple[Box, Box]:
    """A box that is larger where the array goes on, and where the box lies in it."""
    sides = list(zip(plain(box, shape), shape, margins, strict=True))
    read = tuple(
        slice(max(0, side.start - margin), min(size, side.stop + margin))
        for side, size, margin in sides
    )
    part = tuple(
        slice(side.start - larger.start, side.stop - larger.start)
        for (side, _, _), larger in zip(sides, read, strict=True)
    )
    return read, part


def common(box: Box, other: Box) -> Box | None:
    """Where another box lies in the array of a box; None if nowhere."""
    pairs = list(zip(box, other, strict=True))
    low = [max(a.start, b.start) - a.start for a, b in pairs]
    high = [min(a.stop, b.stop) - a.start for a, b in pairs]
    if any(a >= b for a, b in zip(low, high, strict=True)):
        return None
    return tuple(map(slice, low, high))


def _triangle(factor: float) -> NDArray[np.float64]:
    """Weights of neighbouring pixels by which an axis is blurred before it shrinks."""
    if factor <= PREFILTERED:
        return np.ones(1)
    reach = math.ceil(factor) - 1
    weights = factor - np.abs(np.arange(-reach, reach + 1))
    return np.asarray(weights / weights.sum())


def _blurred(
    values: NDArray[np.float32], kernel: NDArray[np.float64], axis: int
) -> NDArray[np.float32]:
    """Weighted sums along one axis; at the end the edge is repeated."""
    if len(kernel) == 1:
        return values
    from scipy.ndimage import correlate1d

    blurred: NDArray[np.float32] = correlate1d(values, kernel, axis, mode="nearest")
    return blurred
