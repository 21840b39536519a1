"""One picture that shows how good a segmentation is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.evaluate.layout import Entry, lay_out
from napari_unetseg.core.evaluate.overlap import overlap
from napari_unetseg.core.evaluate.panels import (
    Colour,
    Mistake,
    class_colours,
    errors,
    mistakes,
    paint,
    stretch,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

# Swatch of what is not painted: the image shows through.
BARE: Colour = (150, 150, 150)


def comparison(
    image: NDArray[Any],
    truth: NDArray[Any],
    prediction: NDArray[Any],
    *,
    colours: Mapping[int, Colour | str] | None = None,
    names: Mapping[int, str] | None = None,
    ignore: Sequence[int] = (),
) -> NDArray[np.uint8]:
    """Show image, truth, prediction and errors side by side, with a legend.

    Parameters
    ----------
    image : ndarray of shape (Y, X) or (Y, X, 3)
        Intensities of any type; stretched to the range of its percentiles.
    truth, prediction : ndarray of shape (Y, X) and dtype int
        Class ids.
    colours : mapping of int to colour, optional
        Of a class: (red, green, blue) from 0 to 255, or as in "#56b4e9".
    names : mapping of int to str, optional
        Names of the classes, for the legend.
    ignore : sequence of int
        Ids that mean "not annotated": neither painted nor compared.

    Returns
    -------
    ndarray of shape (height, width, 3) and dtype uint8
        Panels keep the plane's pixels if its longer side has 400 to 1024 of them.

    Raises
    ------
    InputError
        If the shapes differ.
    """
    if truth.shape != prediction.shape or truth.shape != image.shape[:2]:
        raise InputError(
            f"The image {image.shape}, the truth {truth.shape} and the prediction "
            f"{prediction.shape} differ in shape",
            "Give one plane (Y, X) of each",
        )
    agreement = overlap(prediction, truth, ignore=ignore)
    table = class_colours(agreement.ids, colours)
    kinds = mistakes(agreement)
    grey = stretch(image)
    views = (
        grey,
        paint(grey, truth, table),
        paint(grey, prediction, table),
        errors(grey, truth, prediction, kinds, ignore),
    )
    called = {i: f"class {i}" if i else "background" for i in agreement.ids}
    called |= dict(names or {})
    classes = [Entry(table.get(i, BARE), called[i]) for i in agreement.ids]
    if agreement.total < truth.size:
        classes.append(Entry(BARE, "not compared"))
    score, error = agreement.mean_iou, agreement.pixel_error
    captions = (
        ("Image", ""),
        ("Truth", ""),
        ("Prediction", "" if score is None else f"mean IoU {score:.3f}"),
        ("Errors", "" if error is None else f"{percent(error)} of pixels"),
    )
    return lay_out(views, captions, classes, [_describe(k, called) for k in kinds])


def write_png(path: Path, array: NDArray[np.uint8], overwrite: bool = False) -> None:
    """Write an RGB picture as PNG, atomically.

    Parameters
    ----------
    path : Path
        The file to write.
    array : ndarray of shape (height, width, 3) and dtype uint8
        As from `comparison`.
    overwrite : bool
        Whether an existing file may be replaced.

    Raises
    ------
    WriteError
        If the file exists and `overwrite` is not set, or cannot be written.
    """
    from PIL import Image

    from napari_unetseg.core.write.atomic import atomic_path, check_writable

    check_writable(path, overwrite)
    with atomic_path(path) as temporary:
        Image.fromarray(array).save(temporary, format="PNG")


def percent(share: float) -> str:
    """A share as "3.4 %"; what is not nothing never reads as 0."""
    return "< 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"


def _describe(kind: Mistake, names: Mapping[int, str]) -> Entry:
    """Colour, words and share of one kind of error."""
    text = "other errors"
    if kind.truth is not None and kind.prediction is not None:
        text = f"{names[kind.truth]} taken for {names[kind.prediction]}"
    return Entry(kind.colour, text, percent(kind.share))
