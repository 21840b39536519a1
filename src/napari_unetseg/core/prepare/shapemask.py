"""Shapes as a mask of an image of any size: only what is read of it is filled."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.prepare.shapes import fill, outline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Shapes are filled in blocks that lie where they lie, whatever is read: a pixel whose
# centre is on an outline is inside or outside for every reader alike.
SIDE = 1024
_KEPT = 16


class ShapesMask:
    """Looks like an array of bool, True where a pixel's centre is inside a shape.

    Parameters
    ----------
    shapes : sequence of ndarray of shape (N, D)
        Corners in pixels, as for `shapes.mask_of_shapes`. Parts beyond the image are
        left out, and so are shapes in slices that it does not have.
    shape : sequence of int
        Of the image without its channels: (..., Y, X).
    kinds : sequence of str
        "polygon", "rectangle" or "ellipse" of each shape.

    Attributes
    ----------
    identity : str
        SHA-256 over all that the mask depends on.

    Raises
    ------
    InputError
        If there is no shape; or a shape encloses no area, has more axes than the image,
        or is drawn across slices.
    """

    dtype = np.dtype(bool)

    def __init__(
        self,
        shapes: Sequence[NDArray[Any]],
        shape: Sequence[int],
        kinds: Sequence[str],
    ) -> None:
        if not len(shapes):
            raise InputError(
                "There is no shape to segment inside of",
                "Draw around what is to be segmented",
            )
        self.shape = tuple(map(int, shape))
        self.ndim = len(self.shape)
        pairs = zip(shapes, kinds, strict=True)
        self._outlines = [
            outline(corners, kind, number, self.ndim, "image")
            for number, (corners, kind) in enumerate(pairs, start=1)
        ]
        digest = hashlib.sha256(repr(self.shape).encode())
        for index, plane in self._outlines:
            digest.update(repr(index).encode() + np.ascontiguousarray(plane).tobytes())
        self.identity = digest.hexdigest()
        self._block = lru_cache(_KEPT)(self._filled)

    def __getitem__(self, key: Any) -> NDArray[np.bool_]:
        """Read a part: a number, or a slice without a step, along each axis."""
        given = key if isinstance(key, tuple) else (key,)
        given = (*given, *(slice(None),) * (self.ndim - len(given)))
        spans = [
            range(*one.indices(size)) if isinstance(one, slice) else range(one, one + 1)
            for one, size in zip(given, self.shape, strict=True)
        ]
        found = np.zeros([len(span) for span in spans], bool)
        *grid, rows, columns = spans
        for place in product(*(enumerate(span) for span in grid)):
            at = tuple(position for position, _ in place)
            shown = self._in_slice(tuple(number for _, number in place))
            if shown:
                self._read(shown, rows, columns, found[at])
        numbers = (0 if isinstance(one, int) else slice(None) for one in given)
        part: NDArray[np.bool_] = found[tuple(numbers)]
        return part

    def _in_slice(self, index: tuple[int, ...]) -> tuple[int, ...]:
        """Numbers of the shapes that lie in a slice."""
        return tuple(
            number
            for number, (own, _) in enumerate(self._outlines)
            if own == index[len(index) - len(own) :]
        )

    def _read(
        self,
        shown: tuple[int, ...],
        rows: range,
        columns: range,
        into: NDArray[np.bool_],
    ) -> None:
        """Fill a part of a plane, block by block."""
        if not (rows and columns):
            return
        tops = range(rows.start // SIDE, rows[-1] // SIDE + 1)
        for top, left in product(
            tops, range(columns.start // SIDE, columns[-1] // SIDE + 1)
        ):
            block = self._block(shown, top, left)
            if block is None:
                continue
            y = _shared(rows, top * SIDE)
            x = _shared(columns, left * SIDE)
            into[y[0], x[0]] = block[y[1], x[1]]

    def _filled(
        self, shown: tuple[int, ...], top: int, left: int
    ) -> NDArray[np.bool_] | None:
        """One block of a plane with some shapes; None if there is none of them."""
        first = np.array([top, left]) * SIDE
        found: NDArray[np.bool_] | None = None
        for number in shown:
            plane = self._outlines[number][1] - first
            lowest, highest = plane.min(axis=0), plane.max(axis=0)
            if (highest < 0).any() or (lowest > SIDE - 1).any():
                continue
            one = fill((SIDE, SIDE), plane)
            found = one if found is None else found | one
        return found


def _shared(span: range, start: int) -> tuple[slice, slice]:
    """What a span and a block have in common, as a part of the one and of the other."""
    first, last = max(span.start, start), min(span.stop, start + SIDE)
    return (
        slice(first - span.start, last - span.start),
        slice(first - start, last - start),
    )
