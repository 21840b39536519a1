"""The views of a comparison as RGB arrays: image, painted labels, errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.evaluate.overlap import Overlap

Colour = tuple[int, int, int]

# Colours that people with any colour vision tell apart: Okabe and Ito (2008), "Color
# universal design", https://jfly.uni-koeln.de/color/. Light ones paint classes over
# the image; strong ones mark errors on its faded copy.
CLASS_COLOURS: tuple[Colour, ...] = (
    (86, 180, 233),  # sky blue
    (230, 159, 0),  # orange
    (0, 158, 115),  # bluish green
    (204, 121, 167),  # reddish purple
    (240, 228, 66),  # yellow
    (0, 114, 178),  # blue
    (213, 94, 0),  # vermillion
)
ERROR_COLOURS: tuple[Colour, ...] = (
    (213, 94, 0),  # vermillion
    (0, 114, 178),  # blue
    (0, 158, 115),  # bluish green
    (204, 121, 167),  # reddish purple
)
OTHER_ERRORS: Colour = (0, 0, 0)
# Of a painted pixel, the share of the colour; of the image behind the errors, the
# share that is left (the rest is white); the same where nothing is compared.
TINT, FADED, SKIPPED = 0.5, 0.35, 0.1


@dataclass(frozen=True, slots=True)
class Mistake:
    """One kind of error: a true class taken for another.

    Attributes
    ----------
    truth, prediction : int or None
        The two class ids; None for all kinds that have no colour of their own.
    share : float
        Pixels that are wrong in this way, as a share of all compared pixels.
    colour : tuple of 3 int
        Its colour in the errors panel.
    """

    truth: int | None
    prediction: int | None
    share: float
    colour: Colour


def stretch(image: NDArray[Any], tails: float = 0.5) -> NDArray[np.uint8]:
    """Use the full range of brightness.

    Parameters
    ----------
    image : ndarray of shape (Y, X) or (Y, X, 3)
        Intensities of any type; the channels of a colour image are stretched alike.
    tails : float
        Percentage of the pixels that may become black, and of those that may become
        white, so that single hot pixels do not darken all others.

    Returns
    -------
    ndarray of shape (Y, X, 3) and dtype uint8
        Black where the image is not finite; mid-grey where it is constant.
    """
    values = np.asarray(image, dtype=np.float64)
    finite = np.isfinite(values)
    low, high = 0.0, 0.0
    if finite.any():
        low, high = np.percentile(values[finite], [tails, 100 - tails])
    unit = np.full_like(values, 0.5)
    if high > low:
        np.clip((values - low) / (high - low), 0, 1, out=unit, where=finite)
    unit[~finite] = 0
    grey = np.rint(unit * 255).astype(np.uint8)
    return np.stack([grey] * 3, axis=-1) if grey.ndim == 2 else grey


def class_colours(
    ids: Iterable[int], given: Mapping[int, Colour | str] | None = None
) -> dict[int, Colour]:
    """Choose a colour for every class that is painted.

    Parameters
    ----------
    ids : iterable of int
        The classes. 0 is left unpainted, as in napari, unless a colour is given.
    given : mapping of int to colour, optional
        (red, green, blue) from 0 to 255, or as in "#56b4e9".

    Returns
    -------
    dict of int to (red, green, blue)
        In the order of the ids; the colours that are not given are `CLASS_COLOURS`.
    """
    from PIL import ImageColor

    table: dict[int, Colour] = {}
    given = given or {}
    for place, identity in enumerate(i for i in sorted(ids) if i or i in given):
        colour = given.get(identity, CLASS_COLOURS[place % len(CLASS_COLOURS)])
        rgb = ImageColor.getrgb(colour) if isinstance(colour, str) else colour
        table[identity] = (int(rgb[0]), int(rgb[1]), int(rgb[2]))
    return table


def paint(
    grey: NDArray[np.uint8], labels: NDArray[Any], colours: Mapping[int, Colour]
) -> NDArray[np.uint8]:
    """Lay translucent colours over an image.

    Parameters
    ----------
    grey : ndarray of shape (Y, X, 3) and dtype uint8
        The image, as from `stretch`.
    labels : ndarray of shape (Y, X) and dtype int
        Pixels whose id has no colour stay as they are.
    colours : mapping of int to (red, green, blue)
        0 to 255.
    """
    painted = grey.copy()
    for identity, colour in colours.items():
        here = labels == identity
        painted[here] = blend(grey[here], colour, TINT)
    return painted


def mistakes(agreement: Overlap) -> list[Mistake]:
    """The kinds of errors, the commonest first.

    Only as many as there are colours; all others are joined in a last one, black.
    """
    ids, matrix, total = agreement.ids, agreement.matrix, agreement.total
    counts = [
        (int(matrix[row, column]), ids[row], ids[column])
        for row, column in np.argwhere(matrix)
        if row != column
    ]
    counts.sort(key=lambda kind: (-kind[0], kind[1:]))
    kinds = [
        Mistake(truth, prediction, pixels / total, colour)
        for (pixels, truth, prediction), colour in zip(
            counts, ERROR_COLOURS, strict=False
        )
    ]
    rest = sum(pixels for pixels, *_ in counts[len(ERROR_COLOURS) :])
    return [*kinds, Mistake(None, None, rest / total, OTHER_ERRORS)] if rest else kinds


def errors(
    grey: NDArray[np.uint8],
    truth: NDArray[Any],
    prediction: NDArray[Any],
    kinds: Sequence[Mistake],
    ignore: Sequence[int] = (),
) -> NDArray[np.uint8]:
    """The faded image with every wrong pixel in the colour of its kind.

    Parameters
    ----------
    grey : ndarray of shape (Y, X, 3) and dtype uint8
        The image, as from `stretch`.
    truth, prediction : ndarray of shape (Y, X) and dtype int
        Class ids.
    kinds : sequence of Mistake
        As `mistakes` gives them.
    ignore : sequence of int
        Ids whose pixels are not compared; they are nearly white.
    """
    skipped = np.isin(truth, ignore) | np.isin(prediction, ignore)
    shown = blend(grey, (255, 255, 255), 1 - FADED)
    shown[skipped] = blend(grey[skipped], (255, 255, 255), 1 - SKIPPED)
    wrong = (truth != prediction) & ~skipped
    shown[wrong] = OTHER_ERRORS
    for kind in kinds:
        if kind.truth is not None:
            here = wrong & (truth == kind.truth) & (prediction == kind.prediction)
            shown[here] = kind.colour
    return shown


def blend(pixels: NDArray[np.uint8], colour: Colour, share: float) -> NDArray[np.uint8]:
    """Mix pixels (..., 3) with a share of one colour."""
    tint = np.asarray(colour, dtype=np.float32)
    mixed = (1 - share) * pixels.astype(np.float32) + share * tint
    return np.asarray(np.rint(mixed), dtype=np.uint8)
