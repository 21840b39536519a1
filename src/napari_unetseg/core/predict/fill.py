"""Give broken pixels a value from their surroundings, before a network sees them.

A network would spread one NaN over all that its receptive field reaches, and any fixed
value would be a hole in the image that nothing in the training looked like. What is
filled in depends on the image alone, never on the box that is read: two tiles that see
the same broken pixel see the same number there, to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RADIUS = 8
"""How far the surroundings of a pixel reach along each axis, in pixels."""

# Less than one over the window's length, so that sums of the largest numbers do not
# overflow; and a power of two, so that neither sums nor counts are rounded by it.
_WEIGHT = 2.0 ** -(2 * RADIUS + 1).bit_length()


def filled(frame: Any, fallback: Sequence[float], *, planewise: bool = False) -> Any:
    """Replace what is NaN or infinite by the mean of what is finite around it.

    Parameters
    ----------
    frame : array of shape (C, [Z,] Y, X)
        numpy or lazy, of any real number type.
    fallback : sequence of float
        One value per channel, the image's mean, for pixels that have no finite pixel of
        their channel within `RADIUS` pixels along each axis.
    planewise : bool
        Whether the surroundings of a pixel are those in its plane alone.

    Returns
    -------
    frame of shape (C, [Z,] Y, X)
        Of the same type, and lazy: it reads the box that it is indexed with, by slices
        without steps, and where something is broken in there also its surroundings.
        A frame of integers is returned as it is.
    """
    if frame.dtype.kind != "f":
        return frame
    reach = [RADIUS] * (len(frame.shape) - 1)
    if planewise:
        reach[:-2] = [0] * (len(reach) - 2)
    return _Filled(frame, tuple(float(value) for value in fallback), tuple(reach))


def finite_mask(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell where every channel holds a finite number.

    Parameters
    ----------
    values : ndarray of shape (C, [Z,] Y, X)
        A box of a frame as it was read, not filled.

    Returns
    -------
    ndarray of shape ([Z,] Y, X), bool
    """
    if values.dtype.kind != "f":
        return np.ones(values.shape[1:], np.bool_)
    mask: NDArray[np.bool_] = np.isfinite(values).all(axis=0)
    return mask


@dataclass(frozen=True, slots=True)
class _Filled:
    """A frame of floating point numbers whose broken pixels are filled when read."""

    frame: Any
    fallback: tuple[float, ...]
    reach: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.frame.shape)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        dtype: np.dtype[Any] = self.frame.dtype
        return dtype

    def __getitem__(self, box: Sequence[slice]) -> NDArray[Any]:
        values = np.asarray(self.frame[tuple(box)])
        broken = ~np.isfinite(values)
        if not broken.any():
            return values
        values = values.copy()
        spans = [s.indices(n)[:2] for s, n in zip(box, self.shape, strict=True)]
        starts = [start for start, _ in spans[1:]]
        for channel, part, holes in zip(range(*spans[0]), values, broken, strict=True):
            if holes.any():
                inside = _bounds(holes)
                place = [
                    (start + s.start, start + s.stop)
                    for start, s in zip(starts, inside, strict=True)
                ]
                # Basic slices, so these are views, and filling them fills `values`.
                seen, mend = part[inside], holes[inside]
                seen[mend] = self._means(channel, place)[mend]
        return values

    def _means(self, channel: int, place: list[tuple[int, int]]) -> NDArray[np.float64]:
        """Mean of the finite pixels around each pixel of a place in one channel."""
        sizes = self.shape[1:]
        grown = [
            slice(max(0, start - radius), min(size, stop + radius))
            for (start, stop), size, radius in zip(
                place, sizes, self.reach, strict=True
            )
        ]
        around = self.frame[(slice(channel, channel + 1), *grown)]
        values = np.asarray(around)[0].astype(np.float64)
        finite = np.isfinite(values)
        count = _window_sums(finite.astype(np.float64), self.reach)
        total = _window_sums(np.where(finite, values, 0.0), self.reach)
        means = np.full(total.shape, self.fallback[channel])
        # The mean of the largest numbers can be rounded to infinity.
        with np.errstate(over="ignore"):
            np.divide(total, count, out=means, where=count > 0)
        most = float(np.finfo(self.dtype).max)
        np.clip(means, -most, most, out=means)
        return means[
            tuple(
                slice(start - s.start, stop - s.start)
                for (start, stop), s in zip(place, grown, strict=True)
            )
        ]


def _bounds(holes: NDArray[np.bool_]) -> tuple[slice, ...]:
    """Smallest box around what is True; something must be."""
    bounds = []
    for axis in range(holes.ndim):
        others = tuple(a for a in range(holes.ndim) if a != axis)
        (places,) = np.nonzero(holes.any(axis=others))
        bounds.append(slice(int(places[0]), int(places[-1]) + 1))
    return tuple(bounds)


def _window_sums(
    values: NDArray[np.float64], reach: Sequence[int]
) -> NDArray[np.float64]:
    """Weighted sums over the window around each pixel, with zeros beyond the border.

    Every window is added up for itself, in an order of its own positions. Running sums
    would be quicker, and carry rounding errors from where the box begins.
    """
    for axis, radius in enumerate(reach):
        weights = np.full(2 * radius + 1, _WEIGHT)
        values = ndimage.correlate1d(values, weights, axis, mode="constant")
    return values
