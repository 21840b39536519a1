"""What differs between labels and a copy of them: boxes, plane by plane."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    Box = tuple[slice, ...]

# Boxes of neighbouring planes become one unless it holds this many times their pixels.
_LOOSE = 2


@dataclass(frozen=True, slots=True)
class Stored:
    """How a file holds the labels of a layer.

    Attributes
    ----------
    axes : str
        Letter of each dimension of the layer.
    stored : str
        Letters of the file's: the same ones in any order, without some that have only
        one pixel.
    """

    axes: str
    stored: str

    def place(
        self, box: Box, values: NDArray[Any]
    ) -> tuple[tuple[int, ...], NDArray[Any]]:
        """Where a box of the layer lies in the file, and its values there.

        Parameters
        ----------
        box : tuple of slice
            With plain start and stop along each dimension of the layer, in pixels.
        values : ndarray of the box's shape
            What is painted there.

        Returns
        -------
        start : tuple of int
            Along each axis of the file, in pixels.
        values : ndarray
            One axis per axis of the file.

        Raises
        ------
        InputError
            If the file has other axes than the layer, or lacks one that matters.
        """
        ends = dict(zip(self.axes, box, strict=True))
        missing = [axis for axis in self.axes if axis not in self.stored]
        if not {*self.stored} <= {*self.axes} or any(
            (ends[axis].start, ends[axis].stop) != (0, 1) for axis in missing
        ):
            raise InputError(
                f"The layer's axes {self.axes} are not those of the training's "
                f"labels, {self.stored}",
                "Begin a new training to learn from it",
            )
        order = [self.axes.index(axis) for axis in [*missing, *self.stored]]
        moved = values.transpose(order)
        start = tuple(ends[axis].start for axis in self.stored)
        return start, moved.reshape(moved.shape[len(missing) :])

    def back(
        self, start: Sequence[int], values: NDArray[Any]
    ) -> tuple[dict[str, int], NDArray[Any]]:
        """Inverse of `place`: where a box of the file lies in the layer.

        Parameters
        ----------
        start : sequence of int
            Along each axis of the file, in pixels.
        values : ndarray
            One axis per axis of the file.

        Returns
        -------
        start : dict of axis to int
            Along each dimension of the layer, in pixels.
        values : ndarray
            One axis per dimension of the layer.

        Raises
        ------
        InputError
            If the file has an axis that the layer has not.
        """
        if not {*self.stored} <= {*self.axes}:
            raise InputError(
                f"The layer's axes {self.axes} are not those of the run, {self.stored}",
                "Choose the layer that it was started from",
            )
        missing = [axis for axis in self.axes if axis not in self.stored]
        letters = [*missing, *self.stored]
        full = values.reshape((1,) * len(missing) + values.shape)
        moved = full.transpose([letters.index(axis) for axis in self.axes])
        place = dict.fromkeys(missing, 0) | dict(zip(self.stored, start, strict=True))
        return {axis: place[axis] for axis in self.axes}, moved


def whole(shape: Sequence[int]) -> Box:
    """The box of all pixels."""
    return tuple(slice(0, length) for length in shape)


def changed_boxes(now: Any, before: Any, box: Box) -> Generator[None, None, list[Box]]:
    """Find what differs between two arrays of the same shape, within a box.

    Parameters
    ----------
    now, before : array of integers
        numpy or lazy, of any number of dimensions from two on; read plane by plane.
    box : tuple of slice
        With plain start and stop along each dimension, in pixels.

    Yields
    ------
    None
        After each plane, so that it can be given up in between.

    Returns
    -------
    list of tuple of slice
        Boxes that hold all that differs: one around the changes of each plane, those of
        neighbouring planes in one where that adds little.
    """
    found: list[Box] = []
    planes = (range(side.start, side.stop) for side in box[:-2])
    for index in product(*planes):
        place = (*(slice(i, i + 1) for i in index), *box[-2:])
        inner = _around(np.asarray(now[place]) != np.asarray(before[place]))
        if inner is not None:
            outer = zip(place, inner, strict=True)
            _add(found, tuple(slice(o.start + a, o.start + b) for o, (a, b) in outer))
        yield
    return found


def _around(changed: NDArray[np.bool_]) -> list[tuple[int, int]] | None:
    """First and last but one place along each axis of what is true; None for nothing.

    Measured along the axes, not by `nonzero`, whose indices can be larger than a plane.
    """
    ends = []
    for axis in range(changed.ndim):
        others = tuple(a for a in range(changed.ndim) if a != axis)
        hit = np.flatnonzero(changed.any(axis=others))
        if not len(hit):
            return None
        ends.append((int(hit[0]), int(hit[-1]) + 1))
    return ends


def _add(found: list[Box], box: Box) -> None:
    """Add a box, or let the last one grow by it."""
    if found:
        last = found[-1]
        joined = tuple(
            slice(min(a.start, b.start), max(a.stop, b.stop))
            for a, b in zip(last, box, strict=True)
        )
        if _follows(last, box) and _size(joined) <= _LOOSE * (_size(last) + _size(box)):
            found[-1] = joined
            return
    found.append(box)


def _follows(last: Box, box: Box) -> bool:
    """Whether a plane is the next one along the axis that numbers the planes last."""
    return len(box) > 2 and last[:-3] == box[:-3] and last[-3].stop == box[-3].start


def _size(box: Box) -> int:
    return prod(side.stop - side.start for side in box)
