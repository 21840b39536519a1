"""Resample an image to a model's pixel size, and its scores back, box by box.

The image as a whole is resampled, and a box of it is a part of that: which pixels are
joined, with which weights and in which order, follows from their place in the image, so
that boxes which overlap agree to the bit. Both grids cover the same extent. Pixel i of
n_out lies at (i + 0.5) * n_in / n_out - 0.5 of n_in.

Between the pixels values are interpolated linearly, along one axis after the other; at
the border only the pixels inside count, which is the same as repeating the edge. Where
an axis shrinks by more than `PREFILTERED` times, the triangle of the linear
interpolation is widened by the factor, so that no pixel is passed over and nothing
finer than the new grid is folded into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.prepare.pixelsize import PREFILTERED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def model_shape(
    shape: Sequence[int], spacing: Sequence[float], model_spacing: Sequence[float]
) -> tuple[int, ...]:
    """Size of a frame in pixels of a model, rounded, and at least one.

    Parameters
    ----------
    shape : sequence of int
        ([Z,] Y, X) of the frame.
    spacing, model_spacing : sequence of float
        Pixel size of the frame and of the model along the same axes, in one unit.
    """
    axes = zip(shape, spacing, model_spacing, strict=True)
    return tuple(max(1, round(n * size / wanted)) for n, size, wanted in axes)


def resampled(frame: Any, shape: Sequence[int]) -> Any:
    """Show a frame as if it had another number of pixels.

    Parameters
    ----------
    frame : array of shape (C, [Z,] Y, X)
        numpy or lazy, of any real number type. What is not finite spreads to all that
        is made of it: see `filled`.
    shape : sequence of int
        ([Z,] Y, X) of the result.

    Returns
    -------
    frame of shape (C, *shape)
        Lazy: indexed by slices without steps, it reads what these need. Its type is
        float32, or float64 where the frame's numbers do not fit into that. If nothing
        changes the frame is returned as it is.
    """
    if tuple(frame.shape[1:]) == tuple(shape):
        return frame
    return _Resampled(frame, (int(frame.shape[0]), *shape))


def source_span(first: int, stop: int, n_model: int, n_image: int) -> tuple[int, int]:
    """Find the pixels of the model's grid that some pixels of the image are made of.

    Parameters
    ----------
    first, stop : int
        Pixels of the image, stop exclusive; at least one.
    n_model, n_image : int
        Length of the axis on both grids.

    Returns
    -------
    tuple of int
        Start and stop, within 0 .. n_model; not one more than is needed.
    """
    if n_model == n_image:
        return first, stop
    index, _ = _taps(first, stop, n_model, n_image)
    return int(index.min()), int(index.max()) + 1


def interpolate(
    scores: NDArray[Any],
    starts: Sequence[int],
    model_shape: Sequence[int],
    image_box: Sequence[tuple[int, int]],
    image_shape: Sequence[int],
) -> NDArray[Any]:
    """Compute a box of the image's grid from values on the model's grid.

    Parameters
    ----------
    scores : ndarray of shape (K, [Z,] Y, X)
        A box of the model's grid that holds at least what `source_span` tells.
    starts : sequence of int
        Where that box begins, along each axis.
    model_shape : sequence of int
        Size of the whole model's grid, along each axis.
    image_box : sequence of tuple of int
        Start and stop of what is wanted of the image's grid, along each axis.
    image_shape : sequence of int
        Size of the whole image's grid, along each axis.

    Returns
    -------
    ndarray of shape (K, *image_box)
        float32 for scores of float32. Probabilities remain probabilities: between 0
        and 1, and with a sum of 1.

    Raises
    ------
    IndexError
        If the scores do not hold what is needed.
    """
    dtype = np.result_type(scores.dtype, np.float32)
    axes = list(zip(starts, model_shape, image_box, image_shape, strict=True))
    # An axis that shrinks goes first, so that the others have less to do.
    for axis in sorted(range(len(axes)), key=lambda a: axes[a][3] / axes[a][1]):
        start, n_model, (first, stop), n_image = axes[axis]
        a, b = source_span(first, stop, n_model, n_image)
        held = scores.shape[axis + 1]
        if a < start or b > start + held:
            raise IndexError(
                f"axis {axis} needs {a} to {b}, scores hold {start} to {start + held}"
            )
        if n_model == n_image:
            part = (slice(None),) * (axis + 1) + (slice(a - start, b - start),)
            scores = scores[part]
        else:
            index, weights = _taps(first, stop, n_model, n_image)
            scores = _joined(scores, axis + 1, index - start, weights)
    return scores.astype(dtype, copy=False)


@dataclass(frozen=True, slots=True)
class _Resampled:
    """A frame on another grid, computed where it is indexed."""

    frame: Any
    shape: tuple[int, ...]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.result_type(self.frame.dtype, np.float32)

    def __getitem__(self, box: Sequence[slice]) -> NDArray[Any]:
        spans = [s.indices(n)[:2] for s, n in zip(box, self.shape, strict=True)][1:]
        sizes, wanted = self.frame.shape[1:], self.shape[1:]
        needed = [
            source_span(first, stop, int(size), n)
            for (first, stop), size, n in zip(spans, sizes, wanted, strict=True)
        ]
        values = np.asarray(self.frame[(box[0], *(slice(*span) for span in needed))])
        return interpolate(values, [a for a, _ in needed], sizes, spans, wanted)


def _taps(
    first: int, stop: int, n_in: int, n_out: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Which pixels of n_in make the pixels first .. stop of n_out, and their weights.

    Both of shape (stop - first, taps). Where a pixel needs less than the others its
    weights are 0, and these repeat a pixel that counts.
    """
    # Lengths are counted in 1 / (2 n_out) of a pixel of n_in: all are whole numbers,
    # and nothing is rounded before the last division. NumPy 1's integers are of 32 bits
    # on Windows.
    pixel = 2 * n_out
    centre = (2 * np.arange(first, stop, dtype=np.int64)[:, None] + 1) * n_in - n_out
    reach = 2 * n_in if n_in > PREFILTERED * n_out else pixel
    count = -(-2 * reach // pixel)
    taps = (centre - reach) // pixel + 1 + np.arange(count, dtype=np.int64)
    weights = np.maximum(reach - np.abs(taps * pixel - centre), 0)
    weights *= (taps >= 0) & (taps < n_in)
    nearest = np.clip(centre // pixel, 0, n_in - 1)
    index = np.where(weights > 0, taps, nearest)
    return index, weights / weights.sum(axis=1, keepdims=True)


def _joined(
    values: NDArray[Any],
    axis: int,
    index: NDArray[np.int64],
    weights: NDArray[np.float64],
) -> NDArray[Any]:
    """Weighted sums of pixels along one axis, in float64, tap after tap.

    A matrix product would do the same, in an order that depends on its size.
    """
    column = tuple(-1 if a == axis else 1 for a in range(values.ndim))
    total = values.take(index[:, 0], axis) * weights[:, 0].reshape(column)
    for tap in range(1, index.shape[1]):
        total += values.take(index[:, tap], axis) * weights[:, tap].reshape(column)
    return total
