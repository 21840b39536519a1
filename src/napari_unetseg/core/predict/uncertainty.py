"""The average of several predictions of the same pixels, and how sure it is.

Two numbers between 0 and 1 tell two things apart (Smith & Gal 2018, arXiv:1803.08533).
The *entropy* of a prediction p of K classes,

    H(p) = - sum_k p_k log p_k / log K,

is 1 where all classes are as likely. The *disagreement* of predictions p_1 ... p_n is
their mutual information with the class, the entropy of the mean less the mean of the
entropies,

    I = H(mean_i p_i) - mean_i H(p_i),

which is 0 where all say the same, however unsure, and 1 where each is sure of a class
of its own and all classes are named as often.
"""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def entropy(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shannon's entropy of each pixel's classes, divided by its largest value.

    Parameters
    ----------
    probabilities : ndarray of shape (K, [Z,] Y, X), float32
        Their sum over the classes is 1.

    Returns
    -------
    ndarray of shape ([Z,] Y, X), float32
        0 where one class is certain, also if there is no other; 1 where all are as
        likely.
    """
    total = np.zeros(probabilities.shape[1:], np.float32)
    if len(probabilities) == 1:
        return total
    tiny = np.finfo(np.float32).tiny
    # Class after class: the order of numpy's own sums depends on the box's shape.
    for probability in probabilities:
        total -= probability * np.log(np.maximum(probability, tiny))
    total /= np.float32(log(len(probabilities)))
    return np.clip(total, 0, 1, out=total)


class Average:
    """Predictions of the same pixels, added up one after the other.

    Parameters
    ----------
    views : int
        Number of predictions that are to be added. They are summed in float64 in the
        order in which they come: the same order gives the same bytes.
    """

    def __init__(self, views: int) -> None:
        self._missing = self._views = views
        self._sum: NDArray[np.float64] | None = None
        self._entropies: NDArray[np.float64] | None = None

    def add(self, probabilities: NDArray[np.float32]) -> None:
        """Add one prediction.

        Parameters
        ----------
        probabilities : ndarray of shape (K, [Z,] Y, X), float32
            Of the frame's pixels in the frame's order: a view is undone before. It is
            not kept.

        Raises
        ------
        ValueError
            If all predictions have been added already.
        """
        if not self._missing:
            raise ValueError(f"all {self._views} views have been added")
        self._missing -= 1
        entropies = entropy(probabilities)
        if self._sum is None or self._entropies is None:
            self._sum = probabilities.astype(np.float64)
            self._entropies = entropies.astype(np.float64)
        else:
            self._sum += probabilities
            self._entropies += entropies

    def mean(self) -> NDArray[np.float32]:
        """Mean of all predictions, (K, [Z,] Y, X) float32; of one, the one itself.

        Raises
        ------
        ValueError
            If predictions are missing.
        """
        return self._over_views(self._sum)

    def disagreement(self) -> NDArray[np.float32]:
        """How much the predictions contradict one another, ([Z,] Y, X) float32.

        Mutual information over log K, from 0 to 1; 0 where all are equal.

        Raises
        ------
        ValueError
            If predictions are missing.
        """
        difference = entropy(self.mean()) - self._over_views(self._entropies)
        # Rounding can make it less than 0 where predictions are almost equal.
        return np.clip(difference, 0, 1, out=difference)

    def _over_views(self, total: NDArray[np.float64] | None) -> NDArray[np.float32]:
        if total is None or self._missing:
            raise ValueError(f"{self._missing} of {self._views} views are missing")
        return (total / self._views).astype(np.float32)
