"""Where a segmentation is right and where it is wrong, pixel by pixel, as labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.evaluate.pixels import check_pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Ids of the map. 0 is what nobody needs to look at: true negatives, and pixels that are
# not compared.
NOTHING = 0
TRUE_POSITIVE = 1
FALSE_POSITIVE = 2
FALSE_NEGATIVE = 3
WRONG_CLASS = 4
BACKGROUND = 0

NAMES = {
    TRUE_POSITIVE: "true positive",
    FALSE_POSITIVE: "false positive",
    FALSE_NEGATIVE: "false negative",
    WRONG_CLASS: "wrong class",
}
# Sky blue, vermillion, yellow and reddish purple of Okabe and Ito (2008), "Color
# universal design", https://jfly.uni-koeln.de/color/. Of their colours these differ
# well under every kind of colour blindness, and from dark and grey images; bluish green
# and blue, for example, nearly agree without blue cones.
COLOURS = {
    TRUE_POSITIVE: "#56b4e9",
    FALSE_POSITIVE: "#d55e00",
    FALSE_NEGATIVE: "#f0e442",
    WRONG_CLASS: "#cc79a7",
}


def errors_map(
    prediction: NDArray[Any],
    truth: NDArray[Any],
    *,
    identity: int | None = None,
    ignore: Sequence[int] = (),
) -> NDArray[np.uint8]:
    """Say of every pixel how the prediction errs there.

    Parameters
    ----------
    prediction, truth : ndarray of equal shape and dtype int or bool
        Class ids.
    identity : int, optional
        The class that is judged against all others. Without one, all classes are
        judged at once, and 0 is background: what is predicted on it is a false
        positive, what is taken for it a false negative, and one class taken for
        another a wrong class.
    ignore : sequence of int
        Ids that mean "not annotated": where truth or prediction has one of them the
        map is 0, as a report leaves these pixels out of every count.

    Returns
    -------
    ndarray of the same shape and dtype uint8
        0 nothing, 1 true positive, 2 false positive, 3 false negative; without
        `identity` also 4, wrong class.

    Raises
    ------
    ValueError
        If the shapes differ or the arrays hold anything but integers.
    """
    predicted, true = np.asarray(prediction), np.asarray(truth)
    check_pair(predicted, true)
    if identity is None:
        found, wanted = predicted != BACKGROUND, true != BACKGROUND
    else:
        found, wanted = predicted == identity, true == identity
    errors = np.zeros(true.shape, np.uint8)
    errors[found & wanted] = TRUE_POSITIVE
    errors[found & ~wanted] = FALSE_POSITIVE
    errors[wanted & ~found] = FALSE_NEGATIVE
    if identity is None:
        errors[found & wanted & (predicted != true)] = WRONG_CLASS
    if len(ignore):
        errors[np.isin(predicted, ignore) | np.isin(true, ignore)] = NOTHING
    return errors
