"""Edges and bands of classes in a frame that need not fit into memory.

A frame is gone through along its first axis: rows of a plane, planes of a volume. Of a
band that is wider than what is read at a time it is only counted for how many slices in
a row a pixel, with all that is near it in its slice, is inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.evaluate.hausdorff import Points

    Mask = NDArray[np.bool_]

# Pixels that are looked at a time, if a slice has not more.
BLOCK = 1 << 22


class _Slices(NamedTuple):
    """Some slices of both sides, and where one of them is not annotated."""

    start: int
    sides: tuple[NDArray[Any], NDArray[Any]]
    unknown: Mask


@dataclass(frozen=True, slots=True)
class Pair:
    """The frames of a prediction and of the truth, read by slices.

    Attributes
    ----------
    prediction, truth : array of shape (Y, X) or (Z, Y, X) and dtype int
        Class ids; numpy, or anything with a shape that gives an array for a slice.
    ignore : tuple of int
        Ids that mean "not annotated".
    """

    prediction: Any
    truth: Any
    ignore: tuple[int, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Of both frames."""
        return tuple(self.truth.shape)

    def read(self, start: int, stop: int) -> _Slices:
        """The slices from start to stop that there are."""
        start, stop = max(0, start), min(stop, self.shape[0])
        if start >= stop:
            nothing = np.zeros((0, *self.shape[1:]), bool)
            return _Slices(start, (nothing, nothing), nothing)
        sides = (
            np.asarray(self.prediction[start:stop]),
            np.asarray(self.truth[start:stop]),
        )
        unknown = np.isin(sides[0], self.ignore) | np.isin(sides[1], self.ignore)
        return _Slices(start, sides, unknown)


class ClassBorders:
    """What is gathered of the borders of a class.

    Parameters
    ----------
    identity : int
        The class.
    edges : tuple of Points
        None yet; see below.
    width : int
        Of the band, in pixels.

    Attributes
    ----------
    edges : tuple of Points
        Pixels of the prediction, and of the truth, of which a face is turned to what is
        not of the class.
    there : list of bool
        Whether the prediction, and the truth, have the class at all.
    shared, joined : int
        Pixels in both bands, and in at least one of them.
    """

    def __init__(self, identity: int, edges: tuple[Points, Points], width: int) -> None:
        self.edges = edges
        self.there = [False, False]
        self.shared = self.joined = 0
        self._identity, self._width = identity, width
        self._runs: list[Any] = [0, 0]

    def ahead(self, slices: _Slices) -> tuple[Mask, Mask]:
        """Go on to some slices that are one width ahead of those that are taken.

        Returns
        -------
        pair of ndarray of bool
            For each side and each slice: which pixels of the slice one width before are
            farther than the width from all that is not of the class.
        """
        found = [
            self._deep(number, (side == self._identity) | slices.unknown)
            for number, side in enumerate(slices.sides)
        ]
        return found[0], found[1]

    def take(self, slices: _Slices, own: slice, inside: tuple[Mask, Mask]) -> None:
        """Take the borders of some slices.

        Parameters
        ----------
        slices : _Slices
            With one more on each side, where there is one.
        own : slice
            Those that are taken.
        inside : pair of ndarray of bool
            As `ahead` told of those that are taken, for each side.
        """
        bands = []
        for number, side in enumerate(slices.sides):
            mask = (side == self._identity) & ~slices.unknown
            edge = mask & ~_surrounded(mask | slices.unknown)
            self.there[number] |= bool(mask[own].any())
            self.edges[number].add(edge[own], slices.start + own.start)
            bands.append(mask[own] & ~inside[number])
        self.shared += int(np.count_nonzero(bands[0] & bands[1]))
        self.joined += int(np.count_nonzero(bands[0] | bands[1]))

    def _deep(self, side: int, solid: Mask) -> Mask:
        deep = np.zeros_like(solid)
        size = 2 * self._width + 1
        if not solid.any():
            self._runs[side] = 0
            return deep
        near = solid.view(np.uint8)
        for axis in range(1, solid.ndim):
            near = ndimage.minimum_filter1d(near, size, axis, mode="constant", cval=0)
        run, kind = self._runs[side], np.min_scalar_type(size + 1)
        for number, one in enumerate(near):
            # Never more than is asked for, so that few bits are enough.
            run = np.minimum(run + one.astype(kind), kind.type(size)) * one
            deep[number] = run == size
        self._runs[side] = run
        return deep


def walk(
    pair: Pair, classes: Sequence[ClassBorders], width: int
) -> Generator[float, None, None]:
    """Gather the borders of classes, in one go through a frame.

    Parameters
    ----------
    pair : Pair
        Both frames.
    classes : sequence of ClassBorders
        What is gathered, of as many axes and the same width.
    width : int
        Of the band, in pixels.

    Yields
    ------
    float
        The share that is done, up to 1.
    """
    length = pair.shape[0]
    step = max(1, BLOCK // max(1, prod(pair.shape[1:])))
    for start in range(0, length + width, step):
        front = pair.read(start, start + step)
        first = max(0, start - width)
        stop = min(length, start + step - width)
        back = pair.read(first - 1, stop + 1) if stop > first else None
        for one in classes:
            deep = one.ahead(front)
            if back is not None:
                own = slice(first - back.start, stop - back.start)
                told = slice(first + width - start, stop + width - start)
                inside = tuple(_padded(side[told], stop - first) for side in deep)
                one.take(back, own, (inside[0], inside[1]))
        yield min(1.0, (start + step) / (length + width))


def _padded(slices: Mask, count: int) -> Mask:
    """So many slices; beyond the end of a frame nothing is inside."""
    more = count - len(slices)
    return np.pad(slices, [(0, more), *[(0, 0)] * (slices.ndim - 1)])


def _surrounded(solid: Mask) -> Mask:
    """Pixels of a mask all of whose faces are turned to it."""
    inner = solid.copy()
    for axis in range(solid.ndim):
        along, own = np.moveaxis(solid, axis, 0), np.moveaxis(inner, axis, 0)
        own[1:] &= along[:-1]
        own[:-1] &= along[1:]
        own[[0, -1]] = False
    return inner
