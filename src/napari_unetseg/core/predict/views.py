"""The ways to look at an image that should not change what is seen in it.

To predict an image in several views and to average what is found is test-time
augmentation (Wang et al. 2019, doi:10.1016/j.neucom.2019.01.103). Only those views are
used here that move pixels onto pixels, so that nothing is interpolated and each can be
undone exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from napari_unetseg.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ViewKind = Literal["none", "flips", "rotations"]
Interval = tuple[int, int]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class View:
    """One symmetry of a frame: Y and X change places or not, then axes are mirrored.

    Attributes
    ----------
    swapped : bool
        Whether Y and X, the last two axes, change places.
    flipped : tuple of bool
        Whether each axis of the view, ([Z,] Y, X) after the swap, runs backwards.
    """

    swapped: bool
    flipped: tuple[bool, ...]

    def shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Size of the view of a frame of size ([Z,] Y, X)."""
        return self._swap(shape)

    def box(
        self, box: Sequence[Interval], shape: Sequence[int]
    ) -> tuple[Interval, ...]:
        """Find the pixels of a frame's box in the view.

        Parameters
        ----------
        box : sequence of tuple of int
            Start and stop along each axis ([Z,] Y, X) of the frame. They may lie beyond
            the frame: mirroring about its borders commutes with all views.
        shape : sequence of int
            ([Z,] Y, X) of the frame, not of the view.

        Returns
        -------
        tuple of tuple of int
            Start and stop along each axis of the view.
        """
        return self._flip(self._swap(box), self.shape(shape))

    def unbox(
        self, box: Sequence[Interval], shape: Sequence[int]
    ) -> tuple[Interval, ...]:
        """Find the pixels of a view's box in the frame: the inverse of `box`.

        Parameters
        ----------
        box : sequence of tuple of int
            Start and stop along each axis of the view.
        shape : sequence of int
            ([Z,] Y, X) of the frame, not of the view.

        Returns
        -------
        tuple of tuple of int
            Start and stop along each axis ([Z,] Y, X) of the frame.
        """
        return self._swap(self._flip(box, self.shape(shape)))

    def apply(self, array: NDArray[Any]) -> NDArray[Any]:
        """Turn an array (C, [Z,] Y, X) of a frame into the view's.

        Returns
        -------
        ndarray
            Of the same memory: its strides may be negative.
        """
        swapped = array.swapaxes(-1, -2) if self.swapped else array
        return swapped[self._steps]

    def undo(self, array: NDArray[Any]) -> NDArray[Any]:
        """Turn an array (C, [Z,] Y, X) of the view into the frame's, as in `apply`."""
        straight = array[self._steps]
        return straight.swapaxes(-1, -2) if self.swapped else straight

    @property
    def _steps(self) -> tuple[slice, ...]:
        steps = (slice(None, None, -1 if flip else None) for flip in self.flipped)
        return (slice(None), *steps)

    def _swap(self, axes: Sequence[T]) -> tuple[T, ...]:
        *first, y, x = axes
        return (*first, x, y) if self.swapped else (*first, y, x)

    def _flip(
        self, box: Sequence[Interval], shape: Sequence[int]
    ) -> tuple[Interval, ...]:
        return tuple(
            (size - stop, size - start) if flip else (start, stop)
            for (start, stop), size, flip in zip(box, shape, self.flipped, strict=True)
        )


def views(kind: ViewKind, dimensions: int, swappable: bool) -> tuple[View, ...]:
    """List the views of a frame, the frame as it is first.

    Parameters
    ----------
    kind : "none", "flips" or "rotations"
        The frame as it is; mirrored along its axes in all ways (4 of a plane, 8 of a
        volume); or also turned by quarters in the plane of Y and X (8 and 16).
    dimensions : int
        2 for planes, 3 for volumes.
    swappable : bool
        Whether Y and X can change places: whether their pixels are of one size, and the
        network treats both axes alike.

    Raises
    ------
    InputError
        If rotations are asked of axes that cannot change places.
    """
    if kind == "none":
        return (View(False, (False,) * dimensions),)
    if kind == "rotations" and not swappable:
        raise InputError(
            "Rotations need pixels of the same size along Y and X, and a network that "
            "treats both axes alike",
            "Average over flips instead",
        )
    swaps = (False, True) if kind == "rotations" else (False,)
    flips = list(product((False, True), repeat=dimensions))
    return tuple(View(swapped, flipped) for swapped in swaps for flipped in flips)
