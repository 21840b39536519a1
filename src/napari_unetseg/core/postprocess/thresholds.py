"""The class of every pixel where some classes have a threshold of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.postprocess.classes import to_classes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

NEUTRAL = 0.5
"""The threshold of a class that has none."""

# The softmax of float32 logits can exceed 1 by a rounding error.
_ROUNDING = 1e-3


def to_classes_with_thresholds(
    scores: NDArray[Any],
    ids: Sequence[int],
    thresholds: Mapping[int, float],
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Give every pixel a class, some of them more easily or less easily than others.

    Parameters
    ----------
    scores : ndarray of shape (K, Y, X) or (K, Z, Y, X) and a floating dtype
        Probabilities, unless there are no thresholds.
    ids : sequence of K int
        The painted id of each class, in the order of the scores.
    thresholds : mapping of int to float
        For some of the ids a threshold between 0 and 1. 0.5 changes nothing; below, the
        class wins more pixels.
    out : ndarray of shape (Y, X) or (Z, Y, X), optional
        Where to write, of an integer type that holds all ids.

    Returns
    -------
    ndarray of the shape of one class
        As from `to_classes`, to which this is equal without thresholds.

    Raises
    ------
    ValueError
        As `to_classes`; if a threshold is not between 0 and 1 or its class is none of
        `ids`; or if there are thresholds and a score is no probability.

    Notes
    -----
    With p and t the probability and the threshold of a class, the class with the
    largest p (1 - t) / t wins, where t is 0.5 for a class that has none. Thus a class
    with a threshold wins over one without where it has more than a share t of what the
    two have together, p > t (p + q). Of two classes this is p > t. Of more than two, a
    class with p > t wins over all without a threshold, but it may win with a smaller p
    where the others share the rest. Where two are equal, classes without a threshold
    come first, then those that come first in `ids`.
    """
    if not thresholds:
        return to_classes(scores, ids, out)
    _check(scores, ids, thresholds)
    order = sorted(range(len(ids)), key=lambda index: ids[index] in thresholds)
    weighted = np.empty(scores.shape, dtype=np.float64)
    for place, index in zip(weighted, order, strict=True):
        threshold = thresholds.get(ids[index], NEUTRAL)
        # In this order a score that equals its threshold, both float32, is a tie.
        np.multiply(scores[index], 1 - threshold, out=place, dtype=np.float64)
        np.divide(place, threshold, out=place)
    return to_classes(weighted, [ids[index] for index in order], out)


def _check(
    scores: NDArray[Any], ids: Sequence[int], thresholds: Mapping[int, float]
) -> None:
    """Refuse what is not checked once the scores are weighted."""
    if scores.ndim < 2 or len(ids) != scores.shape[0]:
        raise ValueError(f"{len(ids)} ids do not fit scores of shape {scores.shape}")
    for identity, threshold in thresholds.items():
        if identity not in ids:
            raise ValueError(f"class {identity} has a threshold but is none of {ids}")
        if not 0 < threshold < 1:
            raise ValueError(
                f"the threshold {threshold} of class {identity} is not between 0 and 1"
            )
    low, high = scores.min(initial=0), scores.max(initial=0)
    if np.isfinite(low) and np.isfinite(high) and (low < 0 or high > 1 + _ROUNDING):
        raise ValueError(
            f"scores from {low} to {high} are no probabilities, which thresholds need"
        )
