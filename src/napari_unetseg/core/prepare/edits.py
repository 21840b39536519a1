"""Changes of labels while they are learnt from: a box, and what is painted in it now.

What undoes a change is one more change. They are numbered, so that a training that is
resumed can take each of them at the very step at which it took effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """One change of one labels image.

    Attributes
    ----------
    number : int
        Which change it is, from 1, counted over all images.
    image : int
        Which of the labels images is changed, from 0.
    start : tuple of int
        Where the box begins, along each axis of the labels array, in pixels.
    values : ndarray of integers
        The painted ids in the box, one axis per axis of the labels array.
    step : int
        Number of steps that were done when it first took effect; a training that is
        resumed behind that step has already learnt from it. -1 if it is new.
    """

    number: int
    image: int
    start: tuple[int, ...]
    values: NDArray[Any]
    step: int = -1

    @property
    def box(self) -> tuple[slice, ...]:
        """Where the values lie in the labels array."""
        pairs = zip(self.start, self.values.shape, strict=True)
        return tuple(slice(first, first + size) for first, size in pairs)
