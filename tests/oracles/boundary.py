"""Borders and how far they are apart, pixel by pixel: slow and plain."""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Pixel = tuple[int, ...]


def compare(
    prediction: NDArray[Any],
    truth: NDArray[Any],
    identity: int,
    spacing: Sequence[float],
    ignore: Sequence[int],
    width: int,
) -> tuple[int, int, float | None]:
    """Pixels in both bands and in one, and the 95th percentile of the distance."""
    pixels = [*np.ndindex(*truth.shape)]
    unknown = {p for p in pixels if prediction[p] in ignore or truth[p] in ignore}
    sides = [
        {p for p in pixels if side[p] == identity} - unknown
        for side in (prediction, truth)
    ]
    steps = [*product(range(-width, width + 1), repeat=truth.ndim)]
    faces = [step for step in steps if sum(map(abs, step)) == 1]
    bands = [near(side, unknown, steps) for side in sides]
    edges = [near(side, unknown, faces) for side in sides]
    away = None
    if edges[0] and edges[1]:
        away = max(far(*edges, spacing), far(*reversed(edges), spacing))
    return len(bands[0] & bands[1]), len(bands[0] | bands[1]), away


def near(side: set[Pixel], unknown: set[Pixel], steps: list[Pixel]) -> set[Pixel]:
    """Pixels from which some step leads to where the class is known not to be."""
    inside = side | unknown
    return {
        p
        for p in side
        if any(
            tuple(a + b for a, b in zip(p, s, strict=True)) not in inside for s in steps
        )
    }


def far(edge: set[Pixel], other: set[Pixel], spacing: Sequence[float]) -> float:
    nearest = [
        min(math.dist(np.multiply(p, spacing), np.multiply(q, spacing)) for q in other)
        for p in edge
    ]
    return float(np.percentile(nearest, 95))
