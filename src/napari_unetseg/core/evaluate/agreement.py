"""How far two partitions of the same pixels agree: V-Rand and V-Info.

Both are foreground-restricted: only pixels of true objects count.

References
----------
Arganda-Carreras et al. (2015), Crowdsourcing the creation of image segmentation
algorithms for connectomics, DOI 10.3389/fnana.2015.00142
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_unetseg.core.evaluate.matching import Contingency


class Agreement(NamedTuple):
    """How far two partitions of the same pixels agree, from 0 to 1.

    Attributes
    ----------
    score : float
        Harmonic mean of the two others.
    split : float
        1 if no true object is split.
    merge : float
        1 if no two true objects are joined.
    """

    score: float
    split: float
    merge: float


def v_rand(table: Contingency) -> Agreement | None:
    """V-Rand: the share of pairs of pixels that are together on both sides.

    Parameters
    ----------
    table : Contingency
        True and predicted objects. Only pixels of true objects count; those of them
        that no predicted object covers are objects of one pixel.

    Returns
    -------
    Agreement or None
        None without true objects.

    Notes
    -----
    With p_ij the share of the n true pixels that lie in true object i and predicted
    object j, and p_0 that of pixels in no predicted one: AB = sum p_ij^2 + p_0 / n,
    A = sum_i (sum_j p_ij)^2 with j over all, B = sum_j (sum_i p_ij)^2 + p_0 / n. Then
    split is AB / A, the recall of pairs, and merge is AB / B, their precision. The
    adapted Rand error is 1 - score, but for the pairs of a pixel with itself.
    """
    if not len(table.true_ids):
        return None
    inside, alone = _columns(table)
    both = _pairs(table.shared) + alone
    true = _pairs(table.true_areas)
    predicted = _pairs(inside) + alone
    return Agreement(2 * both / (true + predicted), both / true, both / predicted)


def v_info(table: Contingency) -> Agreement | None:
    """V-Info: the share of information that the two sides have in common.

    Parameters
    ----------
    table : Contingency
        As for `v_rand`.

    Returns
    -------
    Agreement or None
        None without true objects.

    Notes
    -----
    Mutual information divided by the entropy of the prediction is split, by that of the
    truth merge, and by their mean the score; 1 where the divisor is 0, since there is
    nothing to tell.
    """
    if not len(table.true_ids):
        return None
    inside, alone = _columns(table)
    n = int(table.true_areas.sum())
    singles = alone / n * math.log(n)
    true = _entropy(table.true_areas, n)
    predicted = _entropy(inside, n) + singles
    common = max(0.0, true + predicted - _entropy(table.shared, n) - singles)
    return Agreement(
        _part(2 * common, true + predicted),
        _part(common, predicted),
        _part(common, true),
    )


class Information(NamedTuple):
    """Variation of information, in bits.

    Attributes
    ----------
    split : float
        What the prediction tells of a pixel whose true object is known; 0 if no true
        object is split.
    merge : float
        What the truth tells of a pixel whose predicted object is known; 0 if no two
        true objects are joined.
    """

    split: float
    merge: float

    @property
    def total(self) -> float:
        """Both together."""
        return self.split + self.merge


def adapted_rand_error(table: Contingency) -> float | None:
    """1 less the F-score of pairs of pixels that are together, without own pairs.

    Parameters
    ----------
    table : Contingency
        As for `v_rand`: the conventions of ISBI 2012. scikit-image's function of this
        name takes predicted 0 for an object, unless its pixels are given ids of their
        own, and calls precision what is recall here.

    Returns
    -------
    float or None
        From 0 to 1, smaller is better; None without true objects. 0 where no two
        pixels are together on either side.
    """
    if not len(table.true_ids):
        return None
    inside, _ = _columns(table)
    both, true, predicted = (
        _pairs(pixels) - float(pixels.sum())
        for pixels in (table.shared, table.true_areas, inside)
    )
    return 1 - 2 * both / (true + predicted) if true + predicted else 0.0


def variation_of_information(table: Contingency) -> Information | None:
    """How much each side tells that the other does not.

    Parameters
    ----------
    table : Contingency
        As for `v_rand`.

    Returns
    -------
    Information or None
        None without true objects.
    """
    if not len(table.true_ids):
        return None
    inside, alone = _columns(table)
    n = int(table.true_areas.sum())
    singles = alone / n * math.log(n)
    joint = _entropy(table.shared, n) + singles
    true, predicted = _entropy(table.true_areas, n), _entropy(inside, n) + singles
    return Information(
        max(0.0, joint - true) / math.log(2), max(0.0, joint - predicted) / math.log(2)
    )


def rand_error(table: Contingency) -> float | None:
    """Share of pairs of pixels that are together on one side only.

    Parameters
    ----------
    table : Contingency
        Of ids of which none is background: the Rand error of ISBI 2012 counts what is
        between the objects as an object.

    Returns
    -------
    float or None
        From 0 to 1, smaller is better; None of less than two pixels.
    """
    n = float(table.true_areas.sum())
    if n < 2:
        return None
    true, predicted = _pairs(table.true_areas), _pairs(table.predicted_areas)
    return (true + predicted - 2 * _pairs(table.shared)) / (n * (n - 1))


def _columns(table: Contingency) -> tuple[NDArray[np.int64], int]:
    """Pixels of true objects in each predicted one, and the number in none."""
    inside = np.zeros(len(table.predicted_ids), np.int64)
    np.add.at(inside, table.predicted, table.shared)
    return inside, int(table.true_areas.sum() - table.shared.sum())


def _pairs(pixels: NDArray[np.int64]) -> float:
    """Ordered pairs of pixels in one group."""
    return float(np.square(pixels.astype(np.float64)).sum())


def _entropy(pixels: NDArray[np.int64], n: int) -> float:
    """Entropy of groups among n pixels, in nats; what is in none is left out."""
    shares = pixels[pixels > 0] / n
    return float(-(shares * np.log(shares)).sum())


def _part(common: float, whole: float) -> float:
    return min(1.0, common / whole) if whole > 0 else 1.0
