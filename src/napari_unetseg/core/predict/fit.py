"""Whether an image fits a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError, ModelError
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.predict.rescale import model_shape
from napari_unetseg.core.prepare.channels import select_channels
from napari_unetseg.core.prepare.pixelsize import SAME
from napari_unetseg.core.units import unit_ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.card import ModelCard


def fit_each(
    image: Image, cards: Sequence[ModelCard]
) -> tuple[Image, list[tuple[int, ...]]]:
    """Take the channels that models see, each as if it were alone, or refuse the image.

    Parameters
    ----------
    image : Image
        What is predicted.
    cards : sequence of ModelCard
        One or more.

    Returns
    -------
    image : Image
        With all channels that any of them sees.
    channels : list of tuple of int
        For each of them which of these it sees, in its order.

    Raises
    ------
    InputError, ModelError
        As `fit` does for any of them.
    """
    if len(cards) == 1:
        found = fit(image, cards[0])
        return found, [tuple(range(found.channel_count))]
    for number, card in enumerate(cards, start=1):
        fit(image, card, f"Model {number} of {len(cards)}")
    if not image.channels:
        return image, [tuple(range(image.channel_count))] * len(cards)
    wanted = [card.channels or image.channels for card in cards]
    used = {name for names in wanted for name in names}
    names = tuple(name for name in dict.fromkeys(image.channels) if name in used)
    places = [tuple(names.index(name) for name in own) for own in wanted]
    return select_channels(image, names), places


def fit(image: Image, card: ModelCard, called: str = "The model") -> Image:
    """Take an image's channels as a model expects them, or refuse the image.

    Channels are taken by name where both know names, and as they stand otherwise.

    Parameters
    ----------
    image : Image
        What is predicted.
    card : ModelCard
        The model.
    called : str
        What to call it.

    Raises
    ------
    InputError, ModelError
        If its numbers are not real, its channels are not those of the model, or it is
        flatter than what the model sees.
    """
    if image.dtype.kind not in "buif":
        raise InputError(
            f"'{image.name}' holds {image.dtype} values", "Use real numbers"
        )
    if image.channels:
        image = select_channels(image, card.channels)
    expected = card.network.channels
    if image.channel_count != expected:
        names = f" ({', '.join(card.channels)})" if card.channels else ""
        raise ModelError(
            f"{called} expects {expected} channel{'s' * (expected != 1)}{names}, but "
            f"'{image.name}' has {image.channel_count}",
            "Choose an image with the same channels, or train on this one",
        )
    Frames(image, card.network.dimensions)
    return image


def model_grid(image: Image, card: ModelCard) -> tuple[int, ...]:
    """Size of a frame in pixels of a model, ([Z,] Y, X).

    Along axes on which the pixel sizes differ by less than a tenth, or cannot be
    compared, it is the image's own.
    """
    frames = Frames(image, card.network.dimensions)
    factor = unit_ratio(image.unit, card.unit)
    if factor is None:
        return frames.shape
    sizes = [size * factor for size in frames.spacing]
    wanted = [
        own if abs(own / size - 1) < SAME else size
        for own, size in zip(sizes, card.spacing, strict=True)
    ]
    return model_shape(frames.shape, sizes, wanted)


def pixel_ratios(image: Image, card: ModelCard) -> tuple[float, ...] | None:
    """How many times as large the pixels of an image are as those of a model.

    Returns
    -------
    tuple of float or None
        Along the axes of a frame, ([Z,] Y, X); None if one of the sizes is unknown.
    """
    frames = Frames(image, card.network.dimensions)
    factor = unit_ratio(image.unit, card.unit)
    if factor is None:
        return None
    pairs = zip(frames.spacing, card.spacing, strict=True)
    return tuple(size * factor / own for size, own in pairs)


def pixel_size_notes(
    image: Image, card: ModelCard, *, rescale: bool = True, called: str = "The model"
) -> list[str]:
    """A sentence if image and model know different pixel sizes.

    Parameters
    ----------
    image : Image
        What is predicted, or trained on.
    card : ModelCard
        The model.
    rescale : bool
        Whether the image is resampled to the model's pixel size.
    called : str
        What to call the model.
    """
    frames = Frames(image, card.network.dimensions)
    if model_grid(image, card) == frames.shape:
        return []
    both = (
        f"{called} was trained at {_sizes(card.spacing, card.unit)}, but "
        f"'{image.name}' has {_sizes(frames.spacing, image.unit)}: "
    )
    if rescale:
        return [both + "it is resampled to the model's, and the result back."]
    return [both + "expect a poorer result, or resample the image first."]


def _sizes(spacing: tuple[float, ...], unit: str) -> str:
    return " x ".join(f"{size:g}" for size in spacing) + f" {unit} per pixel"
