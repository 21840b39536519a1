"""Overlap scores as textbooks define them, with sets of pixels: slow and plain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Pixels = dict[int, set[tuple[int, ...]]]


def pixel_sets(labels: NDArray[Any], leave_out: set[tuple[int, ...]]) -> Pixels:
    """The set of pixels of every class."""
    sets: Pixels = {}
    for pixel in np.ndindex(*labels.shape):
        if pixel not in leave_out:
            sets.setdefault(int(labels[pixel]), set()).add(pixel)
    return sets


def scores(
    prediction: NDArray[Any], truth: NDArray[Any], ignore: Sequence[int] = ()
) -> dict[str, Any]:
    """IoU, Dice, precision, recall, pixels per class; their means; the pixel error."""
    leave_out = set()
    for pixel in np.ndindex(*truth.shape):
        if int(truth[pixel]) in ignore or int(prediction[pixel]) in ignore:
            leave_out.add(pixel)
    predicted = pixel_sets(prediction, leave_out)
    true = pixel_sets(truth, leave_out)
    found: dict[str, Any] = {
        "iou": {},
        "dice": {},
        "precision": {},
        "recall": {},
        "pixels": {},
    }
    for identity in sorted(set(predicted) | set(true)):
        a = predicted.get(identity, set())
        b = true.get(identity, set())
        found["iou"][identity] = len(a & b) / len(a | b)
        found["dice"][identity] = 2 * len(a & b) / (len(a) + len(b))
        found["precision"][identity] = len(a & b) / len(a) if a else None
        found["recall"][identity] = len(a & b) / len(b) if b else None
        found["pixels"][identity] = len(b)
    wrong = compared = 0
    for pixel in np.ndindex(*truth.shape):
        if pixel not in leave_out:
            compared += 1
            wrong += int(prediction[pixel]) != int(truth[pixel])
    found["pixel_error"] = wrong / compared if compared else None
    for name in ("iou", "dice"):
        values = list(found[name].values())
        found[f"mean_{name}"] = sum(values) / len(values) if values else None
    return found


def confusion(
    prediction: NDArray[Any], truth: NDArray[Any], ids: Sequence[int]
) -> list[list[int]]:
    """Rows truth, columns prediction, counted pixel by pixel."""
    matrix = [[0] * len(ids) for _ in ids]
    for pixel in np.ndindex(*truth.shape):
        row, column = ids.index(int(truth[pixel])), ids.index(int(prediction[pixel]))
        matrix[row][column] += 1
    return matrix
