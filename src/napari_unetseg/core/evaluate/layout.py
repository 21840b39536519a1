"""Panels in a row, captions above, legends below."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.evaluate.panels import Colour

    Font = ImageFont.FreeTypeFont

PAPER: Colour = (255, 255, 255)
INK: Colour = (28, 30, 33)
FAINT: Colour = (100, 105, 112)
EDGE: Colour = (190, 193, 198)
# Longer side of a panel: smaller planes are magnified, larger ones averaged. In pixels.
SMALLEST, LARGEST = 400, 1024
# A caption and its note need this many letter heights, however narrow the panel.
NARROWEST = 16
# From a swatch's left edge to its words, in letter heights.
SWATCH = 1.4


class Entry(NamedTuple):
    """A line of a legend: a swatch, words, and perhaps a number at the right end."""

    colour: Colour
    text: str
    number: str = ""


def lay_out(
    views: Sequence[NDArray[np.uint8]],
    captions: Sequence[tuple[str, str]],
    classes: Sequence[Entry],
    wrong: Sequence[Entry],
) -> NDArray[np.uint8]:
    """Compose the picture.

    Parameters
    ----------
    views : sequence of 4 ndarrays of shape (Y, X, 3) and dtype uint8
        Image, truth, prediction, errors.
    captions : sequence of 4 (str, str)
        Title and note of each.
    classes : sequence of Entry
        Legend of truth and prediction, set below these two.
    wrong : sequence of Entry
        Legend of the errors, set below them.

    Returns
    -------
    ndarray of shape (height, width, 3) and dtype uint8
        On white, with equal margins.
    """
    panels = [fit(view) for view in views]
    size = min(max(round(max(panels[0].size) / 24), 15), 32)
    font = cast("Font", ImageFont.load_default(size=size))
    margin, gap, line = 2 * size, size, round(1.6 * size)
    column = max(panels[0].width, NARROWEST * size)
    top = margin + line
    below = top + panels[0].height + size // 2
    places = flow(classes, font, 2 * column + gap)
    lines = max(1, len(wrong), *(row + 1 for row, _ in places))
    wide = 2 * margin + 4 * column + 3 * gap
    high = below + lines * line + margin - size // 2
    canvas = Image.new("RGB", (wide, high), PAPER)
    draw = ImageDraw.Draw(canvas)
    lefts = [margin + place * (column + gap) for place in range(4)]
    for left, panel, (title, note) in zip(lefts, panels, captions, strict=True):
        canvas.paste(panel, (left, top))
        # Outside the panel, so that a white image has an end and no pixel is covered.
        box = (left - 1, top - 1, left + panel.width, top + panel.height)
        draw.rectangle(box, outline=EDGE)
        base = top - round(0.55 * size)
        draw.text((left, base), title, INK, font, anchor="ls")
        draw.text((left + column, base), note, FAINT, font, anchor="rs")
    for entry, (row, indent) in zip(classes, places, strict=True):
        width = 2 * column + gap - indent
        draw_entry(draw, lefts[1] + indent, below + row * line, entry, font, width)
    for row, entry in enumerate(wrong):
        draw_entry(draw, lefts[3], below + row * line, entry, font, column)
    return np.asarray(canvas)


def flow(entries: Sequence[Entry], font: Font, width: int) -> list[tuple[int, int]]:
    """Set entries one after the other and break lines as in a text.

    Returns
    -------
    list of (row, indent)
        One per entry; the indent is in pixels.
    """
    size = round(font.size)
    places = []
    row, indent = 0, 0
    for entry in entries:
        needed = round(SWATCH * size + font.getlength(entry.text))
        if indent and indent + needed > width:
            row, indent = row + 1, 0
        places.append((row, indent))
        indent += needed + round(1.2 * size)
    return places


def draw_entry(
    draw: ImageDraw.ImageDraw, left: int, top: int, entry: Entry, font: Font, width: int
) -> None:
    """Draw one entry into a line of the given width, its words cut to fit."""
    size = round(font.size)
    half = round(0.42 * size)
    middle = top + size
    box = (left, middle - half, left + 2 * half, middle + half)
    draw.rounded_rectangle(box, radius=half // 3, fill=entry.colour, outline=EDGE)
    start = left + round(SWATCH * size)
    number = font.getlength(entry.number) + size if entry.number else 0
    room = left + width - start - number
    draw.text((start, middle), shorten(entry.text, font, room), INK, font, anchor="lm")
    draw.text((left + width, middle), entry.number, FAINT, font, anchor="rm")


def shorten(text: str, font: Font, room: float) -> str:
    """Cut words so that they fit into the room, in pixels."""
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(text + "...") > room:
        text = text[:-1]
    return text.rstrip() + "..."


def fit(view: NDArray[np.uint8]) -> Image.Image:
    """Bring a panel to a readable size by whole factors.

    A large one is averaged: a single wrong pixel pales but does not vanish.
    """
    panel = Image.fromarray(view)
    longer = max(panel.size)
    if longer > LARGEST:
        return panel.reduce(-(-longer // LARGEST))
    times = -(-SMALLEST // longer)
    return panel.resize(
        (panel.width * times, panel.height * times), Image.Resampling.NEAREST
    )
