"""Channels by name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError

if TYPE_CHECKING:
    from napari_unetseg.core.image import Image


def select_channels(image: Image, names: tuple[str, ...]) -> Image:
    """Take channels by name, or name those of an image that has no names.

    Parameters
    ----------
    image : Image
        With or without channel names.
    names : tuple of str
        Wanted channels, in order; empty for all.

    Raises
    ------
    InputError
        If a name is not there, or the numbers of names and channels differ.
    """
    if not names:
        return image
    if not image.channels:
        if "C" in image.axes or len(names) == 1:
            return replace(image, channels=names)
        raise InputError(
            f"'{image.name}' has one channel, but {len(names)} are named",
            "Name one channel",
        )
    missing = [name for name in names if name not in image.channels]
    if missing:
        raise InputError(
            f"'{image.name}' has no channel '{missing[0]}'",
            f"Its channels are {', '.join(image.channels)}",
        )
    wanted = [image.channels.index(name) for name in names]
    if "C" not in image.axes or wanted == list(range(len(image.channels))):
        return image
    position = image.axes.index("C")
    array = image.array[(slice(None),) * position + (wanted,)]
    return replace(image, array=array, channels=names)
