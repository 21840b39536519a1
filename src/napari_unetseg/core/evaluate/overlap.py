"""How far two label arrays agree, class by class, from one pooled confusion matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.evaluate.pixels import compared, distinct, positions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Scores = dict[int, float | None]


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """The pixels of every pair (true class, predicted class), and what follows.

    Attributes
    ----------
    ids : tuple of int
        The K class ids, in the order of the matrix.
    matrix : ndarray of shape (K, K) and dtype int64
        Number of pixels: rows are the true class, columns the predicted one.

    Notes
    -----
    With TP, FP, FN the pixels of a class that are right, wrongly given to it, and
    missed, and TN all others: IoU (Jaccard index) is TP / (TP + FP + FN), Dice is
    2 TP / (2 TP + FP + FN), hence Dice = 2 IoU / (1 + IoU), and accuracy is
    (TP + TN) / (TP + FP + FN + TN). All are shares from 0 to 1. A class that occurs in
    neither array has no score: None, not 0 and not 1.

    Add two of these to pool their pixels. The mean of per-image scores is another
    number; the pooled one is what [1]_ and the PASCAL VOC challenge report.

    References
    ----------
    .. [1] Long, Shelhamer, Darrell (2015), Fully convolutional networks for semantic
       segmentation, DOI 10.1109/CVPR.2015.7298965
    """

    ids: tuple[int, ...]
    matrix: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Check that ids and matrix belong together."""
        if self.matrix.shape != (len(self.ids), len(self.ids)):
            raise ValueError(
                f"matrix (shape {self.matrix.shape}) must have one row and one column "
                f"for each of the {len(self.ids)} ids"
            )

    @property
    def iou(self) -> Scores:
        """Intersection over union per class."""
        return self._ratio(self._right, self._true + self._predicted - self._right)

    @property
    def dice(self) -> Scores:
        """Dice coefficient (F1 of the pixels) per class."""
        return self._ratio(2 * self._right, self._true + self._predicted)

    @property
    def precision(self) -> Scores:
        """Share of a class's predicted pixels that are right; None if it has none."""
        return self._ratio(self._right, self._predicted)

    @property
    def recall(self) -> Scores:
        """Share of a class's true pixels that are found; None if it has none."""
        return self._ratio(self._right, self._true)

    @property
    def accuracy(self) -> Scores:
        """Share of all pixels that are rightly of a class or not; None if absent."""
        wrong = self._true + self._predicted - 2 * self._right
        there = (self._true + self._predicted > 0) * self.total
        return self._ratio(there - wrong, there)

    @property
    def pixels(self) -> dict[int, int]:
        """Number of true pixels per class."""
        return dict(zip(self.ids, self._true.tolist(), strict=True))

    @property
    def total(self) -> int:
        """Number of compared pixels, that is of all that are not ignored."""
        return int(self.matrix.sum())

    @property
    def mean_iou(self) -> float | None:
        """Mean IoU of the classes that occur in truth or prediction."""
        return _mean(self.iou.values())

    @property
    def mean_dice(self) -> float | None:
        """Mean Dice of the classes that occur in truth or prediction."""
        return _mean(self.dice.values())

    @property
    def means(self) -> dict[str, float | None]:
        """Mean of each score over the classes that have it, by name."""
        names = ("iou", "dice", "precision", "recall", "accuracy")
        return {name: _mean(getattr(self, name).values()) for name in names}

    @property
    def pixel_error(self) -> float | None:
        """Share of the compared pixels whose class is wrong; None without any."""
        if not self.total:
            return None
        return (self.total - int(self._right.sum())) / self.total

    def __add__(self, other: Overlap) -> Overlap:
        """Pool the pixels of two; a class that only one of them knows stays."""
        return pool((self, other))

    @property
    def _right(self) -> NDArray[np.int64]:
        return np.diagonal(self.matrix)

    @property
    def _true(self) -> NDArray[np.int64]:
        return np.asarray(self.matrix.sum(axis=1))

    @property
    def _predicted(self) -> NDArray[np.int64]:
        return np.asarray(self.matrix.sum(axis=0))

    def _ratio(self, part: NDArray[np.int64], whole: NDArray[np.int64]) -> Scores:
        pairs = zip(part.tolist(), whole.tolist(), strict=True)
        ratios = (p / w if w else None for p, w in pairs)
        return dict(zip(self.ids, ratios, strict=True))


def overlap(
    prediction: NDArray[Any], truth: NDArray[Any], *, ignore: Sequence[int] = ()
) -> Overlap:
    """Compare two label arrays.

    Parameters
    ----------
    prediction, truth : array of shape (..., Y, X) and dtype int or bool
        Class ids. Lazy arrays are read a plane or less at a time.
    ignore : sequence of int
        Ids that mean "not annotated": a pixel is left out of every count where truth
        or prediction has one of them.

    Raises
    ------
    ValueError
        If the shapes differ or the arrays hold anything but integers.
    """
    ids = class_ids(prediction, truth, ignore)
    return Overlap(ids, confusion(prediction, truth, ids, ignore=ignore))


def class_ids(
    prediction: NDArray[Any], truth: NDArray[Any], ignore: Sequence[int] = ()
) -> tuple[int, ...]:
    """The ids, ascending, that occur in either array outside the ignored pixels.

    Parameters and errors are those of `overlap`.
    """
    found: set[int] = set()
    for pair in compared(prediction, truth, ignore):
        for values in pair:
            found.update(distinct(values))
    return tuple(sorted(found))


def confusion(
    prediction: NDArray[Any],
    truth: NDArray[Any],
    ids: Sequence[int],
    *,
    ignore: Sequence[int] = (),
) -> NDArray[np.int64]:
    """Count the pixels of every pair (true class, predicted class).

    Parameters
    ----------
    prediction, truth, ignore
        As in `overlap`.
    ids : sequence of K distinct int
        The classes, in the order of the rows and columns.

    Returns
    -------
    ndarray of shape (K, K) and dtype int64
        Rows are the true class, columns the predicted one.

    Raises
    ------
    ValueError
        As in `overlap`, or if a pixel that is not ignored has a class outside `ids`:
        leaving it out would flatter the scores.
    """
    k = len(ids)
    order = np.argsort(np.asarray(ids, dtype=np.int64))
    ascending = np.asarray(ids, dtype=np.int64)[order]
    # One more row and column collect the classes that are not in `ids`.
    counts = np.zeros((k + 1) ** 2, dtype=np.int64)
    for predicted, true in compared(prediction, truth, ignore):
        code = positions(true, ascending) * (k + 1) + positions(predicted, ascending)
        counts += np.bincount(code, minlength=counts.size)
    square = counts.reshape(k + 1, k + 1)
    strangers = int(square[k].sum() + square[:, k].sum() - square[k, k])
    if strangers:
        raise ValueError(
            f"{strangers} pixels have a class that is none of {tuple(ids)}"
        )
    matrix = np.empty((k, k), dtype=np.int64)
    matrix[np.ix_(order, order)] = square[:k, :k]
    return matrix


def pool(overlaps: Iterable[Overlap], ids: Iterable[int] = ()) -> Overlap:
    """Sum the pixels of many comparisons, for example of all slices.

    Parameters
    ----------
    overlaps : iterable of Overlap
        They may know different classes.
    ids : iterable of int
        Classes to list even where they occur in none of them.

    Returns
    -------
    Overlap
        Over the union of the ids, ascending.
    """
    parts = list(overlaps)
    union = tuple(sorted(set(ids).union(*(part.ids for part in parts))))
    place = {identity: index for index, identity in enumerate(union)}
    matrix = np.zeros((len(union), len(union)), dtype=np.int64)
    for part in parts:
        rows = [place[identity] for identity in part.ids]
        matrix[np.ix_(rows, rows)] += part.matrix
    return Overlap(union, matrix)


def _mean(values: Iterable[float | None]) -> float | None:
    """Mean of the numbers among the values; None if there is none."""
    numbers = [value for value in values if value is not None]
    return sum(numbers) / len(numbers) if numbers else None
