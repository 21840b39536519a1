"""Boxes in words, as in "z=3:5,y=0:100;z=9:10"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import AXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Drawn = Mapping[str, tuple[int, int]]

_EXAMPLE = "Write boxes as in y=0:100,x=200:300 or z=3:5,y=0:100;z=9:10"


def boxes_of(wish: str) -> list[dict[str, tuple[int, int]]] | None:
    """Read boxes, as in "y=0:100,x=200:300;z=3:5"; None of another wish.

    Parameters
    ----------
    wish : str
        Boxes are set apart by semicolons. Stops are exclusive; of axes that are not
        named all.

    Raises
    ------
    InputError
        If it makes no sense.
    """
    if not set("=:;") & set(wish):
        return None
    found = []
    for text in filter(None, map(str.strip, wish.split(";"))):
        box: dict[str, tuple[int, int]] = {}
        for side in text.split(","):
            name, _, ends = side.strip().partition("=")
            first, _, last = ends.partition(":")
            axis = name.strip().upper()
            numbers = first.isascii() and last.isascii()
            if not numbers or not first.isdecimal() or not last.isdecimal():
                raise InputError(f"'{side.strip()}' is no side of a box", _EXAMPLE)
            if axis not in AXES or axis == "C" or len(axis) != 1 or axis in box:
                raise InputError(f"'{text}' names no axes of a box", _EXAMPLE)
            box[axis] = int(first), int(last)
            if int(first) >= int(last):
                raise InputError(f"The side '{side.strip()}' is empty", _EXAMPLE)
        found.append(box)
    if not found:
        raise InputError(f"'{wish}' holds no box", _EXAMPLE)
    return found


def in_text(boxes: Iterable[Drawn]) -> str:
    """Write boxes as `boxes_of` reads them."""
    return ";".join(
        ",".join(f"{axis.lower()}={a}:{b}" for axis, (a, b) in box.items())
        for box in boxes
    )
