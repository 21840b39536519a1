"""Objects compared as sets of pixels, each with each: slow and plain."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = dict[int, set[tuple[int, ...]]]


def objects(ids: NDArray[Any], leave_out: set[tuple[int, ...]]) -> Pixels:
    """The set of pixels of every id but 0."""
    sets: Pixels = {}
    for pixel in np.ndindex(*ids.shape):
        if ids[pixel] != 0 and pixel not in leave_out:
            sets.setdefault(int(ids[pixel]), set()).add(pixel)
    return sets


def unknown(truth: NDArray[Any], ignore: int | None) -> set[tuple[int, ...]]:
    """The pixels that are not annotated."""
    return {p for p in np.ndindex(*truth.shape) if int(truth[p]) == ignore}


def overlaps(
    truth: NDArray[Any], prediction: NDArray[Any], ignore: int | None
) -> dict[str, dict[Any, int]]:
    """Areas of both sides, hidden areas, and pixels shared by each pair of objects."""
    hidden = unknown(truth, ignore)
    true = objects(truth, hidden)
    predicted = objects(prediction, set())
    return {
        "true": {r: len(a) for r, a in true.items()},
        "predicted": {s: len(b - hidden) for s, b in predicted.items()},
        "hidden": {s: len(b & hidden) for s, b in predicted.items()},
        "shared": {
            (r, s): len(a & b)
            for r, a in true.items()
            for s, b in predicted.items()
            if a & b
        },
    }


def scores(
    truth: NDArray[Any], prediction: NDArray[Any], ignore: int | None
) -> dict[str, Any]:
    """SEG, F1, precision, recall, AP and counts, in exact fractions."""
    hidden = unknown(truth, ignore)
    true = objects(truth, hidden)
    predicted = objects(prediction, set())
    iou_sum, matched, right = Fraction(0), 0, set()
    for a in true.values():
        for s, b in predicted.items():
            visible = b - hidden
            iou = Fraction(len(a & visible), len(a | visible))
            if Fraction(len(a & visible), len(a)) > Fraction(1, 2):
                iou_sum += iou
            if iou > Fraction(1, 2):
                matched += 1
                right.add(s)
    wrong = 0
    for s, b in predicted.items():
        if s not in right and Fraction(len(b - hidden), len(b)) > Fraction(1, 2):
            wrong += 1
    missed = len(true) - matched
    return {
        "references": len(true),
        "predictions": matched + wrong,
        "matched": matched,
        "seg": _ratio(iou_sum, len(true)),
        "precision": _ratio(matched, matched + wrong),
        "recall": _ratio(matched, matched + missed),
        "f1": _ratio(2 * matched, 2 * matched + wrong + missed),
        "ap": _ratio(matched, matched + wrong + missed),
    }


def _ratio(part: Fraction | int, whole: int) -> float | None:
    return float(Fraction(part) / whole) if whole else None
