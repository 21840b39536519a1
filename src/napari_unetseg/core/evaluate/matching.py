"""Which objects of a prediction lie on which objects of the truth, and how far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.evaluate.pixels import compared
from napari_unetseg.core.prepare.targets import IGNORE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Contingency:
    """The objects of a frame on both sides, and the pixels that they share.

    Only pairs that overlap are listed: of thousands of objects each meets a few others.

    Attributes
    ----------
    true_ids, true_areas : ndarray of shape (R,) and dtype int64
        Ids of the true objects, ascending, and their pixels.
    predicted_ids, predicted_areas : ndarray of shape (P,) and dtype int64
        Ids of the predicted objects, ascending, and their pixels that are annotated.
    hidden_areas : ndarray of shape (P,) and dtype int64
        Pixels of the predicted objects that are not annotated: nobody knows whether
        they are right.
    true, predicted : ndarray of shape (M,) and dtype int64
        For every pair that overlaps the places of its two objects in the arrays above;
        in ascending order of the true object, then of the predicted one.
    shared : ndarray of shape (M,) and dtype int64
        Pixels that the two have in common.
    """

    true_ids: Whole
    true_areas: Whole
    predicted_ids: Whole
    predicted_areas: Whole
    hidden_areas: Whole
    true: Whole
    predicted: Whole
    shared: Whole

    @property
    def iou(self) -> NDArray[np.float64]:
        """Intersection over union of every pair, of annotated pixels; shape (M,)."""
        areas = self.true_areas[self.true] + self.predicted_areas[self.predicted]
        return np.asarray(self.shared / (areas - self.shared))

    def matches(self, threshold: float = 0.5) -> NDArray[np.int64]:
        """Pairs whose IoU is larger than a threshold: one-to-one.

        Parameters
        ----------
        threshold : float
            From 0.5 to 1. From 0.5 on there is nothing to decide: no object can share
            more than half of the union with each of two others.

        Returns
        -------
        ndarray of dtype int64
            Places of the pairs in `true`, `predicted` and `shared`. No object occurs
            twice.

        Raises
        ------
        ValueError
            If the threshold is not between 0.5 and 1.
        """
        if not 0.5 <= threshold <= 1:
            raise ValueError(f"the threshold {threshold} is not between 0.5 and 1")
        return np.flatnonzero(self.iou > threshold)


def contingency(
    truth: Any, prediction: Any, *, ignore: int | None = IGNORE
) -> Contingency:
    """Find the objects of a frame that overlap.

    Parameters
    ----------
    truth, prediction : array of shape (Y, X) or (Z, Y, X) and dtype int or bool
        Ids of objects; any integers, 0 is background. Pixels of the same id are one
        object, connected or not. Lazy arrays are read a plane or less at a time.
    ignore : int, optional
        The true id of pixels that are not annotated: they are left out of both sides.

    Raises
    ------
    ValueError
        If the shapes differ, are not those of a plane or a volume, or the arrays hold
        anything but integers.

    Notes
    -----
    Neighbours mostly belong to the same two objects, so that runs of equal pairs are
    sorted, not pixels. Memory grows with the pairs and never with R times P.
    """
    if len(truth.shape) not in (2, 3):
        raise ValueError(
            f"a frame has the axes ([Z,] Y, X), not the shape {tuple(truth.shape)}"
        )
    blocks = [
        _pooled(*_runs(true, predicted))
        for predicted, true in compared(prediction, truth, ())
    ]
    blocks.append((np.zeros(0, np.int64),) * 3)
    true, predicted, pixels = _pooled(
        *(np.concatenate(column) for column in zip(*blocks, strict=True))
    )
    known = np.ones(len(true), bool) if ignore is None else true != ignore
    on_true, on_predicted = known & (true != 0), predicted != 0
    true_ids, true_areas = _areas(true[on_true], pixels[on_true])
    predicted_ids, sizes = _areas(predicted[on_predicted], pixels[on_predicted])
    hidden = np.zeros_like(sizes)
    out = on_predicted & ~known
    hidden[np.searchsorted(predicted_ids, predicted[out])] = pixels[out]
    both = on_true & on_predicted
    return Contingency(
        true_ids=true_ids,
        true_areas=true_areas,
        predicted_ids=predicted_ids,
        predicted_areas=sizes - hidden,
        hidden_areas=hidden,
        true=np.searchsorted(true_ids, true[both]),
        predicted=np.searchsorted(predicted_ids, predicted[both]),
        shared=pixels[both],
    )


def _runs(true: Whole, predicted: Whole) -> tuple[Whole, Whole, Whole]:
    """Both ids and the length of every run of pixels in which neither changes."""
    changes = (true[1:] != true[:-1]) | (predicted[1:] != predicted[:-1])
    starts = np.flatnonzero(np.concatenate(([True] * (true.size > 0), changes)))
    return true[starts], predicted[starts], np.diff(starts, append=true.size)


def _pooled(true: Whole, predicted: Whole, pixels: Whole) -> tuple[Whole, Whole, Whole]:
    """Every pair of ids once, ascending, with the sum of its pixels."""
    true_ids, row = np.unique(true, return_inverse=True)
    predicted_ids, column = np.unique(predicted, return_inverse=True)
    # Places, not ids, so that no product of two large ids overflows.
    keys, sums = _areas(row * len(predicted_ids) + column, pixels)
    row, column = np.divmod(keys, max(1, len(predicted_ids)))
    return true_ids[row], predicted_ids[column], sums


def _areas(ids: Whole, pixels: Whole) -> tuple[Whole, Whole]:
    """Every id once, ascending, with the sum of its pixels."""
    unique, place = np.unique(ids, return_inverse=True)
    # Sums of whole numbers in float64 are exact up to 2**53 pixels.
    sums = np.bincount(place, weights=pixels, minlength=len(unique))
    return unique, sums.astype(np.int64)
