"""The map of errors, pixel by pixel from the definitions: slow and plain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

WORDS = {
    "": 0,
    "true positive": 1,
    "false positive": 2,
    "false negative": 3,
    "wrong class": 4,
}


def errors_map(
    prediction: NDArray[Any],
    truth: NDArray[Any],
    identity: int | None,
    ignore: Sequence[int],
) -> NDArray[np.uint8]:
    """Ask of each pixel on its own what it is."""
    found = np.zeros(truth.shape, np.uint8)
    for pixel in np.ndindex(*truth.shape):
        predicted, true = int(prediction[pixel]), int(truth[pixel])
        if predicted in ignore or true in ignore:
            continue
        word = one_class(predicted, true, identity)
        if identity is None:
            word = all_classes(predicted, true)
        found[pixel] = WORDS[word]
    return found


def one_class(predicted: int, true: int, identity: int | None) -> str:
    """Judge a pixel by one class against the rest."""
    if predicted == identity and true == identity:
        return "true positive"
    if predicted == identity:
        return "false positive"
    if true == identity:
        return "false negative"
    return ""


def all_classes(predicted: int, true: int) -> str:
    """Judge a pixel by all classes; 0 is background."""
    if predicted == true:
        return "true positive" if true else ""
    if true == 0:
        return "false positive"
    if predicted == 0:
        return "false negative"
    return "wrong class"


# Full dichromacy as linear maps of linear RGB: Machado, Oliveira and Fernandes (2009),
# "A physiologically-based model for simulation of color vision deficiency", table 1,
# DOI 10.1109/TVCG.2009.113
DICHROMACY = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
}


def difference(first: str, second: str, deficiency: str) -> float:
    """CIE 1976 difference of two colours as in "#d55e00", as somebody sees them."""
    there, here = (_lab(colour, DICHROMACY[deficiency]) for colour in (first, second))
    return float(np.linalg.norm(there - here))


def _lab(colour: str, matrix: Any) -> NDArray[np.float64]:
    """CIE L*a*b* (D65) of an sRGB colour behind a matrix on linear RGB."""
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(matrix) @ linear, 0, 1)
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    ratio = to_xyz @ seen / np.array([0.95047, 1.0, 1.08883])
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])
