"""What was painted over a frame, in pieces: however often, no more than the frame."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.frames import Box

# Pixels along a piece: little for a dab of paint, few pieces for a patch.
_SIDES = (8, 64, 64)


class Overlay:
    """Values that lie over an array, which itself stays as it is.

    Parameters
    ----------
    shape : sequence of int
        Of the array, along [Z,] Y, X.
    sides : sequence of int, optional
        Pixels along a piece.
    """

    def __init__(
        self, shape: Sequence[int], sides: Sequence[int] | None = None
    ) -> None:
        self._shape = tuple(shape)
        self._sides = tuple(sides or _SIDES[-len(self._shape) :])
        self._pieces: dict[tuple[int, ...], NDArray[Any]] = {}

    @property
    def nbytes(self) -> int:
        """How much memory the values take."""
        return sum(piece.nbytes for piece in self._pieces.values())

    def around(self, box: Box) -> tuple[Box, Box]:
        """The box of all pieces that a box touches, and where the box lies in it."""
        outer = tuple(
            slice(s.start // n * n, min(length, -(-s.stop // n) * n))
            for s, n, length in zip(box, self._sides, self._shape, strict=True)
        )
        return outer, _within(box, outer)

    def put(self, outer: Box, values: NDArray[Any]) -> None:
        """Lay values over a box of whole pieces, as `around` gives it."""
        for key, piece in self._touched(outer):
            self._pieces[key] = values[_within(piece, outer)].copy()

    def over(self, values: NDArray[Any], box: Box) -> NDArray[Any]:
        """What is seen in a box, of which the values below are given.

        Returns
        -------
        ndarray
            Of a type that holds both; the given one where nothing lies over it.
        """
        found = [
            (self._pieces[key], piece)
            for key, piece in self._touched(box)
            if key in self._pieces
        ]
        if not found:
            return values
        seen = values.astype(np.result_type(values, *(piece for piece, _ in found)))
        for piece, place in found:
            common = tuple(
                slice(max(a.start, b.start), min(a.stop, b.stop))
                for a, b in zip(box, place, strict=True)
            )
            seen[_within(common, box)] = piece[_within(common, place)]
        return seen

    def _touched(self, box: Box) -> Iterator[tuple[tuple[int, ...], Box]]:
        """Number along each axis, and box, of the pieces that a box touches."""
        pairs = list(zip(box, self._sides, strict=True))
        for key in product(*(range(s.start // n, -(-s.stop // n)) for s, n in pairs)):
            sides = zip(key, self._sides, self._shape, strict=True)
            yield key, tuple(slice(i * n, min(m, i * n + n)) for i, n, m in sides)


def _within(box: Box, outer: Box) -> Box:
    """Where a box lies in the array of a larger one."""
    return tuple(
        slice(a.start - b.start, a.stop - b.start)
        for a, b in zip(box, outer, strict=True)
    )
