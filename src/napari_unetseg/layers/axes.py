"""What the dimensions of a layer mean, from the labels that its axes carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import AXES

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORDS = {
    "frame": "T",
    "time": "T",
    "plane": "Z",
    "slice": "Z",
    "channel": "C",
    "row": "Y",
    "column": "X",
}
_LETTERS = {letter.lower(): letter for letter in AXES} | _WORDS


def axes_of(labels: Sequence[str], name: str, *, rgb: bool = False) -> str:
    """Give every dimension of a layer its letter.

    Labels that name all axes, Y and X among them, are believed. Otherwise the last two
    dimensions are Y and X; of the others, those called t, z or c (or time, plane,
    channel and the like) are that, and the unknown ones are, from the back, Z and T.

    Parameters
    ----------
    labels : sequence of str
        One per dimension; napari's defaults such as "-3" or "axis 0" mean nothing. Of
        an RGB layer: without the colours.
    name : str
        Name of the layer, for the message.
    rgb : bool
        Whether there is one more dimension, of colours.

    Returns
    -------
    str
        Distinct letters out of "TZCYX", for RGB with C at the end.

    Raises
    ------
    InputError
        If dimensions remain unknown or the labels contradict one another.
    """
    colours = "C" if rgb else ""
    letters = [_LETTERS.get(label.strip().lower(), "") for label in labels]
    if not (all(letters) and _consistent("".join(letters) + colours)):
        letters = [*_guessed(letters[:-2], colours), *_plane(letters[-2:])]
    axes = "".join(letters) + colours
    if len(letters) < 2 or not all(letters) or not _consistent(axes):
        raise InputError(
            f"'{name}' has {len(labels)} dimensions of unclear meaning, labelled "
            f"{', '.join(labels)}",
            _remedy(len(labels), name, colours),
        )
    return axes


def _consistent(axes: str) -> bool:
    return len(set(axes)) == len(axes) and {"Y", "X"} <= set(axes)


def _guessed(letters: Sequence[str], colours: str) -> list[str]:
    """Fill in Z and T from the back; Y and X do not belong here."""
    free = [axis for axis in "ZT" if axis not in {*letters, *colours}]
    found = []
    for letter in reversed(letters):
        if letter:
            found.append(letter if letter not in "YX" else "")
        else:
            found.append(free.pop(0) if free else "")
    return found[::-1]


def _plane(letters: Sequence[str]) -> list[str]:
    """Letters of the last two dimensions; a plane cut along Z is a plane, too."""
    if [*letters] == ["X", "Y"]:
        return ["X", "Y"]
    if len(letters) < 2 or {"T", "C"} & set(letters):
        return [""]
    return ["Y", "X"]


def _remedy(count: int, name: str, colours: str) -> str:
    usual = "tzyx" if colours else "tczyx"
    if count > len(usual):
        return f"The possible axes are {', '.join(usual)}; take a part of it"
    labels = tuple(usual[-count:])
    return (
        "Name them in napari's console, for example "
        f"viewer.layers['{name}'].axis_labels = {labels}"
    )
