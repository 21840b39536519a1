"""Ids as a person writes them."""

from __future__ import annotations

import re

from napari_unetseg.core.errors import InputError


def ids_in(text: str) -> tuple[int, ...]:
    """Read labels as a person writes them: "0", "0, 255", or nothing at all.

    Raises
    ------
    InputError
        If there is anything else.
    """
    words = [word for word in re.split(r"[\s,;]+", text) if word]
    for word in words:
        if not (word.isascii() and word.isdigit()):
            raise InputError(
                f"'{word}' is no label",
                "Write whole numbers as in 0, 255 under Not annotated, or nothing",
            )
    return tuple(sorted({int(word) for word in words}))


def class_in(text: str) -> int | None:
    """Read the one class that a person writes, or nothing.

    Raises
    ------
    InputError
        If there is anything else.
    """
    words = text.split()
    if not words:
        return None
    if len(words) > 1 or not (words[0].isascii() and words[0].isdigit()):
        raise InputError(
            f"'{text.strip()}' is no class", "Write one whole number under Of class"
        )
    return int(words[0])
