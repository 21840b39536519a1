"""A picture of image, truth and prediction, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from skimage.segmentation import find_boundaries

from napari_unetseg.core.evaluate.matching import contingency
from napari_unetseg.core.evaluate.panels import (
    CLASS_COLOURS,
    class_colours,
    paint,
    stretch,
)

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Colours = dict[int, tuple[int, int, int]]

PANEL, GAP, CAPTION = 288, 9, 24
PAPER, INK = (255, 255, 255), (28, 30, 33)


def write_triptych(
    path: Path,
    image: NDArray[Any],
    truth: NDArray[Any],
    prediction: NDArray[Any],
    *,
    objects: bool,
    drawn: str = "truth",
) -> None:
    """Draw one plane, at most 900 pixels wide.

    Parameters
    ----------
    path : Path
        A PNG file.
    image : ndarray of shape (Y, X) or (Y, X, 3)
        Grey values or colours.
    truth, prediction : ndarray of shape (Y, X)
        Ids; 0 stays as it is.
    objects : bool
        Whether ids are those of single objects. They are outlined, and an object has
        the colour of the true one that it covers.
    drawn : str
        What the truth is called.
    """
    grey = stretch(image)
    ids = np.union1d(truth, prediction)
    colours = object_colours(truth, prediction) if objects else [class_colours(ids)] * 2
    panels = [grey]
    for labels, table in zip((truth, prediction), colours, strict=True):
        panel = paint(grey, labels, table)
        if objects:
            lines = find_boundaries(labels, mode="inner")
            panel[lines] = np.clip(panel[lines].astype(int) + 90, 0, 255)
        panels.append(panel)
    views = [scaled(panel) for panel in panels]
    wide, high = views[0].size
    canvas = Image.new("RGB", (3 * wide + 4 * GAP, high + CAPTION + GAP), PAPER)
    draw, font = ImageDraw.Draw(canvas), ImageFont.load_default(size=14)
    names = ("image", drawn, "prediction")
    for number, (view, name) in enumerate(zip(views, names, strict=True)):
        left = GAP + number * (wide + GAP)
        draw.text((left, CAPTION - 6), name, INK, font, anchor="ls")
        canvas.paste(view, (left, CAPTION))
    if image.ndim == 2:  # Of grey images so few colours take a third of the room.
        canvas = canvas.quantize(256)
    canvas.save(path, optimize=True)


def object_colours(
    truth: NDArray[Any], prediction: NDArray[Any]
) -> tuple[Colours, Colours]:
    """Colours of true objects, and the same ones for what covers most of them."""
    table = contingency(truth, prediction, ignore=None)
    true = {
        int(number): CLASS_COLOURS[place % len(CLASS_COLOURS)]
        for place, number in enumerate(table.true_ids)
    }
    predicted = {
        int(number): CLASS_COLOURS[-1 - place % len(CLASS_COLOURS)]
        for place, number in enumerate(table.predicted_ids)
    }
    for pair in np.argsort(table.shared):  # The largest overlap has the last word.
        found = int(table.predicted_ids[table.predicted[pair]])
        predicted[found] = true[int(table.true_ids[table.true[pair]])]
    return true, predicted


def scaled(panel: NDArray[np.uint8]) -> Image.Image:
    """Bring a panel to its width; a small one by whole factors."""
    view = Image.fromarray(panel)
    times = PANEL / max(view.size)
    if times >= 1:
        size = (int(times) * view.width, int(times) * view.height)
        return view.resize(size, Image.Resampling.NEAREST)
    size = (round(times * view.width), round(times * view.height))
    return view.resize(size, Image.Resampling.LANCZOS)
