"""Labels on the grid of others, pixel by pixel, in exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

HALF = Fraction(1, 2)


def on_grid_of_truth(
    prediction: NDArray[Any],
    prediction_grid: Sequence[tuple[Fraction, Fraction]],
    truth: NDArray[Any],
    truth_grid: Sequence[tuple[Fraction, Fraction]],
) -> list[tuple[int, int]]:
    """(predicted, true) id of every pixel of the truth that the prediction covers.

    A grid is (scale, translate) per axis, in one unit.
    """
    pairs = []
    for pixel in np.ndindex(*truth.shape):
        place = []
        for index, (scale, shift), (own_scale, own_shift), length in zip(
            pixel, truth_grid, prediction_grid, prediction.shape, strict=True
        ):
            centre = (scale * index + shift - own_shift) / own_scale
            if -HALF <= centre <= length - HALF:
                place.append(min(math.floor(centre + HALF), length - 1))
        if len(place) == truth.ndim:
            pairs.append((int(prediction[tuple(place)]), int(truth[pixel])))
    return pairs
