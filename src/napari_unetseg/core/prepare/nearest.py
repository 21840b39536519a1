"""How far each pixel is from the nearest objects, up to some reach.

Distances are Euclidean, from pixel centre to pixel centre, in pixels of the finest
axis. They are found along one axis after the other: the nearest object of a pixel is
the nearest of its own row, column or line too, for some pixel that lies in line with
it. The same holds for the two nearest objects, since what is nearer than the second in
its row can only be the first. So the time does not depend on how many objects there
are or how they are shaped, only on pixels times reach.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

# Pixels that are worked on at a time, so that they stay in the processor's cache.
_STRIP = 1 << 15
# Squared distances are whole numbers; where pixels are no cubes, of this part.
_FRACTION = 4096


def spacing(rank: int, coarse: Sequence[float]) -> tuple[float, ...]:
    """Length of a pixel along each axis, in pixels of the finest axis.

    Parameters
    ----------
    rank : int
        Number of spatial axes.
    coarse : sequence of float
        The lengths; empty for squares and cubes.

    Raises
    ------
    ValueError
        If there is not one length per axis.
    """
    if coarse and len(coarse) != rank:
        raise ValueError(f"{len(coarse)} lengths of a pixel for {rank} axes")
    return tuple(map(float, coarse)) or (1.0,) * rank


def nearest(
    found: NDArray[np.bool_], reach: float, coarse: Sequence[float] = ()
) -> NDArray[np.float32]:
    """Distance to the nearest pixel that is marked.

    Parameters
    ----------
    found : ndarray of shape ([Z,] Y, X), bool
        What the distance is measured to.
    reach : float
        Beyond this distance it is not looked for, in pixels of the finest axis.
    coarse : sequence of float
        As for `spacing`.

    Returns
    -------
    ndarray of the same shape, float32
        Infinite where there is none within reach.
    """
    squared = np.full(found.shape, np.inf, np.float32)
    squared[found] = 0
    for axis, step in enumerate(spacing(found.ndim, coarse)):
        shifts = _shifts(reach, step, found.shape[axis])
        for place in _strips(found.shape, axis):
            line = place.of(squared)
            around = _padded(line, shifts, np.inf)
            least = line.ravel()
            other = np.empty_like(least)
            for shift in range(1, shifts + 1):
                before, after = _shifted(around, shift, shifts, line)
                np.minimum(before, after, out=other)
                other += np.float32((shift * step) ** 2)
                np.minimum(least, other, out=least)
            line[...] = least.reshape(line.shape)
    squared[squared > np.float32(reach**2 * (1 + 1e-6))] = np.inf
    return np.sqrt(squared, out=squared)


def two_nearest(
    ids: NDArray[Any], reach: float, coarse: Sequence[float] = ()
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Distances to the nearest and to the second nearest object.

    Parameters
    ----------
    ids : ndarray of shape ([Z,] Y, X), integer
        One positive id per object; 0 and less are none.
    reach : float
        Largest sum of both distances that is looked for, in pixels of the finest axis.
    coarse : sequence of float
        As for `spacing`. If the lengths are no whole numbers, squared distances are
        rounded to a few parts in 4096.

    Returns
    -------
    first, second : ndarray of the same shape, float32
        0 inside the own object. Both are infinite where their sum is beyond the reach.
    """
    steps = spacing(ids.ndim, coarse)
    code = _Code.of(ids, reach, steps)
    first = code.pack(ids)
    second = np.full_like(first, code.beyond)
    last = ids.ndim - 1
    for axis, step in enumerate(steps):
        shifts = _shifts(reach, step, ids.shape[axis])
        # If the sum is within reach, the first is within half of it.
        close = _shifts(reach / 2, step, ids.shape[axis]) if axis == last else shifts
        costs = [code.squared(shift * step) for shift in range(shifts + 1)]
        for place in _strips(ids.shape, axis):
            one, two = place.of(first), place.of(second)
            if (one < code.none).any():
                _two_along(one, two, code, costs, close)
    return code.distances(first, second)


@dataclass(frozen=True, slots=True)
class _Code:
    """How distances are written as whole numbers.

    Of the nearest object: squared distance and id in one number, ordered by distance,
    and `none` for no object within reach. Of the second: how much its squared distance
    falls short of `most`, which is twice `beyond`; at least `beyond`, for none.
    """

    dtype: np.dtype[Any]
    bits: int
    fraction: int
    reach: float

    @classmethod
    def of(cls, ids: NDArray[Any], reach: float, steps: tuple[float, ...]) -> _Code:
        """The smallest code that holds all ids, and sums of two distances."""
        whole = all(step == round(step) for step in steps)
        fraction = 1 if whole else _FRACTION
        bits = max(int(ids.max(initial=0)), 1).bit_length()
        code = cls(np.dtype(np.uint64), bits, fraction, reach)
        dtype = np.min_scalar_type(((code.most + 1) << bits) - 1)
        return replace(code, dtype=dtype)

    @property
    def beyond(self) -> int:
        """A squared distance beyond the reach, and beyond all that `_shifts` allows."""
        return int((self.reach * (1 + 2e-6)) ** 2 * self.fraction) + 1

    @property
    def most(self) -> int:
        return 2 * self.beyond

    @property
    def none(self) -> Any:
        return self.dtype.type(self.beyond << self.bits)

    def squared(self, length: float) -> Any:
        return self.dtype.type(round(length**2 * self.fraction))

    def pack(self, ids: NDArray[Any]) -> NDArray[Any]:
        """The nearest object, where only those are known that a pixel belongs to."""
        # Strips are written to, so the memory order has to be known.
        packed = np.full(ids.shape, self.none, self.dtype)
        np.copyto(packed, ids, casting="unsafe", where=ids > 0)
        return packed

    def id_above(self, code: NDArray[Any]) -> NDArray[Any]:
        """The id in the upper bits, where it exceeds every distance."""
        above = self.dtype.type(8 * self.dtype.itemsize - self.bits)
        shifted: NDArray[Any] = code << above
        return shifted

    def distances(
        self, first: NDArray[Any], second: NDArray[Any]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        first = first >> self.dtype.type(self.bits)
        second = self.dtype.type(self.most) - second
        one, two = (
            np.sqrt(squared.astype(np.float32) / np.float32(self.fraction))
            for squared in (first, second)
        )
        far = one + two > np.float32(self.reach * (1 + 1e-6))
        one[far] = two[far] = np.inf
        return one, two


def _two_along(
    first: NDArray[Any],
    second: NDArray[Any],
    code: _Code,
    costs: list[Any],
    close: int,
) -> None:
    """Spread the two nearest objects along the first of two axes, in place.

    Parameters
    ----------
    first, second : ndarray of shape (length, width)
        Of each pixel, as far as known from the axes before.
    code : _Code
        How they are written.
    costs : list of int
        Squared distance of each number of steps within reach.
    close : int
        Up to how many steps away the first is looked for.
    """
    shifts = len(costs) - 1
    one = _padded(first, shifts, code.none)
    best = first.ravel()
    other, another = np.empty_like(best), np.empty_like(best)
    for shift in range(1, close + 1):
        before, after = _shifted(one, shift, shifts, first)
        np.minimum(before, after, out=other)
        other += costs[shift] << code.dtype.type(code.bits)
        np.minimum(best, other, out=best)
    np.minimum(best, code.none, out=best)

    ids, best_id = code.id_above(one), code.id_above(best)
    one >>= code.dtype.type(code.bits)
    np.subtract(code.dtype.type(code.most), one, out=one)
    two = _padded(second, shifts, code.beyond)
    next_best = np.full_like(best, code.beyond)
    for shift, cost in enumerate(costs):
        sides = zip(
            *(_shifted(padded, shift, shifts, first) for padded in (ids, two, one)),
            (other, another),
            strict=True,
        )
        for its_id, its_second, its_first, candidate in sides:
            # 0 where its first object is our best, and then its second counts;
            # otherwise more than any distance, and then its first counts.
            np.bitwise_xor(its_id, best_id, out=candidate)
            np.maximum(candidate, its_second, out=candidate)
            np.minimum(candidate, its_first, out=candidate)
        np.maximum(other, another, out=other)
        other -= cost
        np.maximum(next_best, other, out=next_best)
    first[...] = best.reshape(first.shape)
    second[...] = next_best.reshape(first.shape)


@dataclass(frozen=True, slots=True)
class _Place:
    """A part of an array in memory order, whose lines along one axis are whole."""

    view: tuple[int, ...]
    index: tuple[int | slice, ...]
    turned: bool

    def of(self, array: NDArray[Any]) -> NDArray[Any]:
        """Give its pixels, of shape (length, width), to be changed in place."""
        part = array.reshape(self.view)[self.index]
        return part.T if self.turned else part


def _strips(shape: tuple[int, ...], axis: int) -> Iterator[_Place]:
    """Divide an array; each part has two axes, the lines run along the first."""
    length = shape[axis]
    outer = int(np.prod(shape[:axis]))
    inner = int(np.prod(shape[axis + 1 :]))
    width = max(1, _STRIP // length)
    if inner == 1:
        for start in range(0, outer, width):
            yield _Place((outer, length), (slice(start, start + width),), True)
        return
    for number in range(outer):
        for start in range(0, inner, width):
            index = (number, slice(None), slice(start, start + width))
            yield _Place((outer, length, inner), index, False)


def _shifts(reach: float, step: float, length: int) -> int:
    """How many steps along an axis are within reach and within the array."""
    return min(int(reach * (1 + 1e-6) / step), length - 1)


def _padded(line: NDArray[Any], shifts: int, value: Any) -> NDArray[Any]:
    """Copy a strip, with `shifts` more pixels at both ends, as one long line."""
    length, width = line.shape
    padded = np.full((length + 2 * shifts, width), value, line.dtype)
    padded[shifts : shifts + length] = line
    return padded.ravel()


def _shifted(
    padded: NDArray[Any], shift: int, shifts: int, line: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """What lies so many pixels before and after each pixel of a strip."""
    before, after = ((shifts + sign * shift) * line.shape[1] for sign in (-1, 1))
    return padded[before : before + line.size], padded[after : after + line.size]
