"""Which slices train and which validate: whole slices, never overlapping patches."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Place = tuple[int, tuple[int, ...]]

# What a volume must be left with if some of it validates: thinner ones are no volumes.
_THINNEST = 4
# Slices that are left to teach, at least, where neighbours of others are left out.
_LEFT = 2


@dataclass(frozen=True, slots=True)
class Split:
    """Numbers of the slices, counted from 0 through all images in their order.

    Attributes
    ----------
    train, validation : tuple of int
        Slices that teach, and slices that are only scored.
    note : str
        What the user should know about it; may be empty.
    gap : tuple of int
        Slices that are annotated and left out between the two.
    """

    train: tuple[int, ...]
    validation: tuple[int, ...]
    note: str = ""
    gap: tuple[int, ...] = ()


def split(
    wish: str,
    annotated: list[bool],
    image_of: list[int],
    *,
    volumes: bool = False,
    beside: Callable[[int, int], bool] | None = None,
) -> Split:
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
    volumes : bool
        Whether the network sees volumes; then `image_of` tells the volume of each
        slice. A fraction takes the last volumes as a whole, one at least, and the end
        of the only one.
    beside : callable, optional
        Whether two slices (or volumes, by their numbers) are neighbours in space or
        time; by default slices of one image that follow one another.

    Raises
    ------
    InputError
        If the wish cannot be read, or leaves nothing to train on, or nothing but
        volumes of less than 4 slices.
    """
    usable = [i for i, painted in enumerate(annotated) if painted]
    fraction = is_fraction(wish)
    if fraction is None:
        chosen = _numbers(wish, len(annotated))
        found = Split(
            tuple(i for i in usable if i not in chosen),
            tuple(i for i in usable if i in chosen),
        )
        if not found.validation:
            raise InputError(
                f"No validation slice of '{wish}' is annotated",
                f"Annotated slices are {ranges(usable)}",
            )
    else:
        whole = None
        if volumes:
            whole = _last_volumes(fraction, usable, image_of, beside or _apart)
        found = whole or _take_fraction(
            fraction, usable, _following(image_of) if volumes or not beside else beside
        )
    if not found.train:
        raise InputError(
            f"The validation slices '{wish}' leave no annotated slice to train on",
            "Validate on fewer slices",
        )
    if volumes and found.validation:
        _check_thickness(found, wish, image_of)
    return found


def follow(one: Place, other: Place) -> bool:
    """Whether a frame is the next of another along one axis, in space or time.

    Parameters
    ----------
    one, other : (int, tuple of int)
        Number of the image, and index of the frame.
    """
    steps = [abs(a - b) for a, b in zip(one[1], other[1], strict=False)]
    return one[0] == other[0] and sum(steps) == 1


def neighbours(places: Sequence[Place]) -> Callable[[int, int], bool]:
    """The same of frames by their numbers, as `split` asks."""
    return lambda one, other: follow(places[one], places[other])


def blocks(parts: Split, image_of: list[int]) -> tuple[list[range], list[range]]:
    """Cut volumes into blocks of neighbouring slices, each of one part.

    Slices that are not annotated go with those before them, or after them at the start
    of a volume: they are seen, and teach nothing. Those of the gap go nowhere, as do
    volumes of which nothing is annotated.

    Parameters
    ----------
    parts : Split
        Of the annotated slices.
    image_of : list of int
        The volume that each slice belongs to; those of a volume follow one another.

    Returns
    -------
    train, validation : list of range
        Numbers of slices, counted through all volumes.
    """
    marks = dict.fromkeys(parts.train, "train") | dict.fromkeys(parts.gap, "gap")
    marks |= dict.fromkeys(parts.validation, "validation")
    found: dict[str, list[range]] = {"train": [], "validation": [], "gap": []}
    for _, volume in groupby(range(len(image_of)), key=image_of.__getitem__):
        numbers = list(volume)
        known = [number for number in numbers if number in marks]
        if not known:
            continue
        later = [n for left, n in pairwise(known) if marks[n] != marks[left]]
        ends = pairwise([numbers[0], *later, numbers[-1] + 1])
        for first, (start, stop) in zip([known[0], *later], ends, strict=True):
            found[marks[first]].append(range(start, stop))
    return found["train"], found["validation"]


def _check_thickness(parts: Split, wish: str, volume_of: list[int]) -> None:
    thickest = max(map(len, blocks(parts, volume_of)[0]))
    if thickest < _THINNEST:
        raise InputError(
            f"Without the validation slices '{wish}' the volumes to train on are at "
            f"most {thickest} slices thick, too thin for three dimensions",
            "Validate on fewer slices, or use two dimensions",
        )


def _last_volumes(
    fraction: float,
    usable: list[int],
    volume_of: list[int],
    beside: Callable[[int, int], bool],
) -> Split | None:
    """Validate on whole volumes, if the fraction comes to one and leaves one."""
    volumes = sorted({volume_of[i] for i in usable})
    count = min(max(1, round(fraction * len(volumes))), len(volumes) - 1)
    if fraction == 0 or count < 1:
        return None
    scored, left = volumes[-count:], volumes[:-count]
    near = {v for v in left if any(beside(v, other) for other in scored)}
    near = near if len(left) - len(near) >= 1 else set()
    train = tuple(i for i in usable if volume_of[i] in set(left) - near)
    gap = tuple(i for i in usable if volume_of[i] in near)
    validation = tuple(i for i in usable if volume_of[i] in scored)
    last = "volume" if count == 1 else f"{count} volumes"
    note = f"Validation on the last {last}: slices {ranges(list(validation))}."
    if gap:
        note = f"{note} {_left_out(gap)}"
    return Split(train, validation, note, gap)


def _take_fraction(
    fraction: float, usable: list[int], beside: Callable[[int, int], bool]
) -> Split:
    if fraction == 0:
        note = "No slice is kept for validation: no score is reported."
        return Split(tuple(usable), (), note)
    if len(usable) < 2:
        note = (
            "Only one slice is annotated, too little to validate: no score is "
            "reported. Annotate a second slice to get one."
        )
        return Split(tuple(usable), (), note)
    count = min(max(1, round(fraction * len(usable))), len(usable) - 1)
    first = len(usable) - count
    train, validation = usable[:first], usable[first:]
    slices = "slice" if count == 1 else "slices"
    note = f"Validation on the {slices} {ranges(validation)}."
    near = [i for i in train if any(beside(i, other) for other in validation)]
    if not near:
        return Split(tuple(train), tuple(validation), note)
    if len(train) - len(near) < _LEFT:
        note = f"{note} They are neighbours of those that teach: expect less on others."
        return Split(tuple(train), tuple(validation), note)
    train = [i for i in train if i not in near]
    note = f"{note} {_left_out(near)}"
    return Split(tuple(train), tuple(validation), note, tuple(near))


def _left_out(gap: Sequence[int]) -> str:
    which = f"Slice {gap[0]} is" if len(gap) == 1 else f"Slices {ranges(gap)} are"
    return f"{which} left out, as a gap between both parts."


def _following(image_of: list[int]) -> Callable[[int, int], bool]:
    """Neighbours are slices of one image that follow one another."""
    return lambda one, other: abs(one - other) == 1 and image_of[one] == image_of[other]


def _apart(one: int, other: int) -> bool:
    """Nothing is known of neighbours."""
    return False


def is_fraction(wish: str) -> float | None:
    """Read a wish that is a fraction of the slices; None of one that names slices.

    Raises
    ------
    InputError
        If the fraction is not from 0 to below 1.
    """
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


def ranges(numbers: Iterable[int]) -> str:
    """Write whole numbers as "0-2, 5"."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{r[0]}-{r[-1]}" if len(r) > 1 else str(r[0]) for r in runs)
