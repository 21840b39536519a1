"""Values of ``unetseg segment`` as they are typed: tiles, regions, sizes by class."""

from __future__ import annotations

import re

from napari_unetseg.core.config import Size
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import AXES
from napari_unetseg.core.units import PIXEL, unit_name

_SIZE = re.compile(r"([0-9.]+(?:[eE][-+]?[0-9]+)?)\s*([^\d\s.]*[23]?)")


def tile_size(text: str) -> int | str:
    """Read a tile size: a number of pixels, "auto" or "whole".

    Raises
    ------
    InputError
        If it is none of these.
    """
    if text in {"auto", "whole"}:
        return text
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise InputError(
        f"'{text}' is no tile size", "Give a number of pixels, auto, or whole"
    )


def region(text: str) -> dict[str, tuple[int, int]]:
    """Read a region, as in "z=3:5,y=0:512".

    Raises
    ------
    InputError
        If it makes no sense.
    """
    found = {}
    for name, value in _pairs(text, "region", "y=0:512,x=100:900"):
        first, colon, last = value.partition(":")
        axis = name.upper()
        if axis not in AXES or not (first.isdecimal() and last.isdecimal() and colon):
            raise InputError(
                f"'{name}={value}' is no part of a region",
                "Write an axis out of tzyx, start and stop, as in y=0:512",
            )
        found[axis] = (int(first), int(last))
    return found


def thresholds(text: str) -> dict[int, float]:
    """Read thresholds by class, as in "1=0.4,2=0.7".

    Raises
    ------
    InputError
        If they make no sense.
    """
    found = {}
    for name, value in _pairs(text, "threshold", "2=0.7"):
        try:
            found[int(name)] = float(value)
        except ValueError:
            raise InputError(
                f"'{name}={value}' is no threshold", "Write it as in 2=0.7"
            ) from None
    return found


def sizes(text: str) -> dict[int, Size]:
    """Read sizes by class, as in "1=50,2=0.5um" (or um2, um3).

    Raises
    ------
    InputError
        If they make no sense.
    """
    found = {}
    for name, value in _pairs(text, "size", "2=50 or 2=0.5um"):
        match = _SIZE.fullmatch(value)
        unit = unit_name(match[2].rstrip("23")) if match else PIXEL
        is_known = match and (
            not match[2] or unit != PIXEL or match[2] in ("px", PIXEL)
        )
        if not is_known or match is None or not name.isdecimal():
            raise InputError(
                f"'{name}={value}' is no size of a class",
                "Write it as in 2=50 (pixels) or 2=0.5um",
            )
        found[int(name)] = Size.check(value=match[1], unit=unit)
    return found


def _pairs(text: str, what: str, example: str) -> list[tuple[str, str]]:
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if not pairs or not all(equals and value for _, equals, value in pairs):
        raise InputError(f"'{text}' is no {what}", f"Write it as in {example}")
    return [(name.strip(), value.strip()) for name, _, value in pairs]
