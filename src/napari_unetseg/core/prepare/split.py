"""Which slices train and which validate: whole slices, never overlapping patches."""

from __future__ import annotations

from dataclasses import dataclass

from napari_unetseg.core.errors import InputError


@dataclass(frozen=True, slots=True)
class Split:
    """Numbers of the slices, counted from 0 through all images in their order.

    Attributes
    ----------
    train, validation : tuple of int
        Slices that teach, and slices that are only scored.
    note : str
        What the user should know about it; may be empty.
    """

    train: tuple[int, ...]
    validation: tuple[int, ...]
    note: str = ""


def split(wish: str, annotated: list[bool], image_of: list[int]) -> Split:
    """Divide the annotated slices.

    Parameters
    ----------
    wish : str
        Slices as in "15-19" or "3,7,9-11" (ends included), or a fraction between 0 and
        1 as in "0.2".
    annotated : list of bool
        Whether anything is painted, slice by slice.
    image_of : list of int
        The image that each slice belongs to. Neighbouring slices of one image look
        alike, so that a fraction leaves a gap of one slice between both parts.

    Raises
    ------
    InputError
        If the wish cannot be read, or leaves nothing to train on.
    """
    usable = [i for i, painted in enumerate(annotated) if painted]
    fraction = _fraction(wish)
    if fraction is None:
        chosen = _numbers(wish, len(annotated))
        validation = [i for i in usable if i in chosen]
        train = [i for i in usable if i not in chosen]
        if not validation:
            raise InputError(
                f"No validation slice of '{wish}' is annotated",
                f"Annotated slices are {_ranges(usable)}",
            )
        note = ""
    else:
        train, validation, note = _take_fraction(fraction, usable, image_of)
    if not train:
        raise InputError(
            f"The validation slices '{wish}' leave no annotated slice to train on",
            "Validate on fewer slices",
        )
    return Split(tuple(train), tuple(validation), note)


def _take_fraction(
    fraction: float, usable: list[int], image_of: list[int]
) -> tuple[list[int], list[int], str]:
    if fraction == 0:
        return usable, [], "No slice is kept for validation: no score is reported."
    if len(usable) < 2:
        note = (
            "Only one slice is annotated, too little to validate: no score is "
            "reported. Annotate a second slice to get one."
        )
        return usable, [], note
    count = min(max(1, round(fraction * len(usable))), len(usable) - 1)
    first = len(usable) - count
    train, validation = usable[:first], usable[first:]
    last, next_ = train[-1], validation[0]
    slices = "slice" if count == 1 else "slices"
    note = f"Validation on the {slices} {_ranges(validation)}."
    touching = next_ - last == 1 and image_of[last] == image_of[next_]
    if touching and len(train) > 2:
        train = train[:-1]
        note = f"{note} Slice {last} is left out, as a gap between both parts."
    return train, validation, note


def _fraction(wish: str) -> float | None:
    try:
        value = float(wish)
    except ValueError:
        return None
    if "." not in wish and value != 0:
        return None  # "3" is a slice
    if not 0 <= value < 1:
        raise InputError(
            f"The validation fraction is {wish}", "Give a fraction from 0 to below 1"
        )
    return value


def _numbers(wish: str, count: int) -> set[int]:
    chosen: set[int] = set()
    for part in wish.split(","):
        first, dash, last = part.strip().partition("-")
        if not _is_number(first) or (dash and not _is_number(last)):
            raise InputError(
                f"'{wish}' is no choice of validation slices",
                "Write slices as in 15-19 or 3,7, or a fraction as in 0.2",
            )
        start, stop = int(first), int(last or first)
        if stop >= count or start > stop:
            raise InputError(
                f"The validation slices '{wish}' do not exist: there are {count}",
                f"Slices are counted from 0 to {count - 1}",
            )
        chosen.update(range(start, stop + 1))
    return chosen


def _is_number(text: str) -> bool:
    """Whether a text is 0, 1, 2, …; `str.isdigit` would take "²" too."""
    return text.isascii() and text.isdecimal()


def _ranges(numbers: list[int]) -> str:
    """Write [0, 1, 2, 5] as "0-2, 5"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{r[0]}-{r[-1]}" if len(r) > 1 else str(r[0]) for r in runs)
