"""What a forecast says to a person: what it takes, whether it fits, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.predict.fit import model_grid, pixel_ratios
from napari_unetseg.core.units import PIXEL
from napari_unetseg.runs.story import duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.events import Forecast
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.card import ModelCard

# Below this share pixel sizes are said to be the same; see `fit.model_grid`.
_ONE = 0.05


def takes(told: Forecast) -> str:
    """Say what a segmentation will take: tiles, memory, time, room.

    Parameters
    ----------
    told : Forecast
        As the engine tells it.
    """
    count = "1 tile" if told.tiles == 1 else f"{told.tiles:,} tiles"
    parts = [
        f"{count} of {_sides(told.tile)} pixels",
        f"{size_text(told.memory)} of memory",
        f"about {duration(told.seconds)}" if told.seconds >= 1 else "about a second",
        f"result up to {size_text(told.size)}",
    ]
    if not told.seconds:
        del parts[2]  # Not even a small tile fitted, so that no time was taken.
    return ", ".join(parts) + "."


def doubts(told: Forecast, *, copied: int = 0) -> str:
    """Say in a sentence what will not fit, and what to do; "" if all does.

    Parameters
    ----------
    told : Forecast
        As the engine tells it.
    copied : int
        Bytes of the image that are copied to the same disk before.
    """
    found = []
    if 0 <= told.free < told.memory:
        found.append(
            f"A tile needs {size_text(told.memory)} of memory, and "
            f"{size_text(told.free)} are free: choose a smaller tile, or auto."
        )
    needed = told.size + copied
    if 0 <= told.disk < needed:
        found.append(
            f"It takes up to {size_text(needed)} on the disk, where "
            f"{size_text(told.disk)} are free: free some, or choose a part of the "
            "image."
        )
    return " ".join(found)


def pixels_text(image: Image, card: ModelCard) -> str:
    """Say whether the pixels of an image have the size that a model was trained at.

    Parameters
    ----------
    image : Image
        With or without a known pixel size.
    card : ModelCard
        The model.

    Returns
    -------
    str
        One sentence; empty if the model knows no pixel size, or does not fit at all.
    """
    if card.unit == PIXEL:
        return ""
    try:
        ratios = pixel_ratios(image, card)
        grid = model_grid(image, card)
    except UnetsegError:
        return ""
    if ratios is None:
        return "Its pixel size is unknown: it is taken for the model's."
    shape = [image.shape[image.axes.index(a)] for a in "ZYX"[-len(grid) :]]
    if [*grid] == shape:
        return "Its pixel size is the model's."
    return (
        f"{_ratio_text(ratios)} than the model's: the image is resampled to them, and "
        "the result back."
    )


def size_text(count: int) -> str:
    """Write a number of bytes as in "1.4 GB", "380 MB" or "12 kB"."""
    for unit, size in (("TB", 1e12), ("GB", 1e9)):
        if count >= 0.9995 * size:
            return f"{count / size:.1f} {unit}"
    if count >= 0.9995e6:
        return f"{count / 1e6:.0f} MB"
    return f"{max(1, round(count / 1e3))} kB"


def _ratio_text(ratios: Sequence[float]) -> str:
    """Compare pixels: along all axes at once if the ratio is one, else along each."""
    first = ratios[0]
    if all(abs(one / first - 1) < _ONE for one in ratios):
        return f"Your pixels are {_times(first)}"
    names = "ZYX"[-len(ratios) :]
    each = [
        f"{_times(one)} along {axis}"
        for axis, one in zip(names, ratios, strict=True)
        if abs(one - 1) >= _ONE
    ]
    return f"Your pixels are {', '.join(each)}"


def _times(ratio: float) -> str:
    if ratio >= 1:
        return f"{_number(ratio)}x larger"
    return f"{_number(1 / ratio)}x smaller"


def _number(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def _sides(numbers: Sequence[int]) -> str:
    return " x ".join(map(str, numbers))
