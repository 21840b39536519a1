"""Whether all objects of a plane are painted, or only some of them.

A person who paints a few cells of a slice leaves the others as 0, which then is no
background. What is painted in the neighbouring slices tells one from the other. This is
a proposal: it is told in a sentence per kind of slice, and the person decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.prepare.split import ranges

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_unetseg.core.frames import Index

# A plane is partly painted if it has less than half of the objects, and of their area,
# that its neighbours have: near the tips of cells in a volume only one of them falls.
_PARTLY = 0.5
# Fewer objects too few are chance: one cell of three has left the view.
_MISSING = 3
# Neighbours on either side, and how many painted planes a series has at least: of two
# planes nobody knows which is the usual one.
_BESIDE, _FEWEST = 2, 3
# A series is steady if its middle plane has at most 1.3 times as many objects as its
# neighbours, or as many times fewer. Collected images are not, and tell nothing of one
# another: in the Data Science Bowl 2018, 7 nuclei follow on 313 in a stack.
_STEADY = 1.3


@dataclass(frozen=True, slots=True)
class ObjectCounts:
    """What is painted in a plane.

    Attributes
    ----------
    objects : int
        Number of ids other than 0.
    area : int
        Painted pixels.
    pixels : int
        All pixels of the plane.
    """

    objects: int
    area: int
    pixels: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How the zeros of labels with single objects are understood.

    Attributes
    ----------
    zero_unknown : tuple of dict
        Per labels image: plane index to whether its zeros are "not annotated".
    expected : tuple of dict
        Per labels image: plane index to the number of objects that there may be, for
        planes of which some are judged to be unpainted.
    verdict : tuple of str
        A sentence for each kind of plane, for the user. Slices are counted from 0
        through all images, as `split` counts them.
    """

    zero_unknown: tuple[dict[Index, bool], ...]
    expected: tuple[dict[Index, float], ...]
    verdict: tuple[str, ...]


def judge_instances(
    counts: Sequence[Mapping[Index, ObjectCounts]],
    wishes: Sequence[str] = (),
    noted: str = "",
) -> Coverage:
    """Judge of every plane whether its zeros are background.

    Parameters
    ----------
    counts : sequence of mapping
        Per labels image, plane index to what is painted, in the order of the planes.
    wishes : sequence of {"auto", "0", "none"}
        Per labels image; without them "auto" for all. "0": zeros are not annotated;
        "none": zeros are background. "auto": zeros are not annotated in planes without
        objects, and where there are less than half as many objects (and painted
        pixels) as in the neighbouring planes of a series in which these numbers are
        steady. Images of one size with one painted plane each are one series. Where
        neighbours cannot tell, zeros are background.
    noted : str
        Where wishes come from, as in "as 'a.tif' notes"; empty of those that somebody
        has uttered just now.

    Returns
    -------
    Coverage
    """
    wishes = wishes or ["auto"] * len(counts)
    expected: list[dict[Index, float]] = [{} for _ in counts]
    judged = [
        planes if wish == "auto" else {}
        for planes, wish in zip(counts, wishes, strict=True)
    ]
    for series in _series(judged):
        beside = [counts[image][index] for image, index in series]
        for (image, index), number in _expected(beside, series):
            expected[image][index] = number
    unknown = tuple(
        {
            index: wish == "0"
            or (wish == "auto" and (not plane.objects or index in more))
            for index, plane in planes.items()
        }
        for planes, wish, more in zip(counts, wishes, expected, strict=True)
    )
    why = ["" if wish == "auto" else noted or "as was asked" for wish in wishes]
    verdict = _verdict(counts, unknown, expected, why)
    return Coverage(unknown, tuple(expected), verdict)


def _series(
    counts: Sequence[Mapping[Index, ObjectCounts]],
) -> list[list[tuple[int, Index]]]:
    """Painted planes that can be compared: of an image, or of single planes."""
    painted = [
        [(image, index) for index, plane in planes.items() if plane.objects]
        for image, planes in enumerate(counts)
    ]
    singles: dict[int, list[tuple[int, Index]]] = {}
    for planes in painted:
        if len(planes) == 1:
            image, index = planes[0]
            singles.setdefault(counts[image][index].pixels, []).append(planes[0])
    return [*singles.values(), *(planes for planes in painted if len(planes) > 1)]


def _expected(
    planes: list[ObjectCounts], series: list[tuple[int, Index]]
) -> list[tuple[tuple[int, Index], float]]:
    """Planes of a series that are partly painted, and their usual number of objects."""
    if len(planes) < _FEWEST:
        return []
    beside = [_beside(planes, number) for number in range(len(planes))]
    usual = [median(plane.objects for plane in near) for near in beside]
    areas = [median(plane.area for plane in near) for near in beside]
    if not _is_steady(planes, usual):
        return []
    return [
        (at, number)
        for at, plane, number, area in zip(series, planes, usual, areas, strict=True)
        if plane.objects < _PARTLY * number
        and plane.area < _PARTLY * area
        and number - plane.objects >= _MISSING
    ]


def _beside(planes: list[ObjectCounts], number: int) -> list[ObjectCounts]:
    """Neighbours of a plane, as many at the ends of a series as elsewhere."""
    first = max(0, min(number - _BESIDE, len(planes) - 2 * _BESIDE - 1))
    near = range(first, min(len(planes), first + 2 * _BESIDE + 1))
    return [planes[other] for other in near if other != number]


def _is_steady(planes: list[ObjectCounts], usual: list[float]) -> bool:
    """Whether neighbours have about the same number of objects, in most places."""
    pairs = zip(planes, usual, strict=True)
    ratios = [plane.objects / number for plane, number in pairs]
    return median(max(ratio, 1 / ratio) for ratio in ratios) <= _STEADY


def _verdict(
    counts: Sequence[Mapping[Index, ObjectCounts]],
    unknown: Sequence[Mapping[Index, bool]],
    expected: Sequence[Mapping[Index, float]],
    whys: Sequence[str],
) -> tuple[str, ...]:
    """Say how the zeros of each kind of plane are understood, and on whose word."""
    kinds: dict[tuple[str, str], list[tuple[int, int, float]]] = {}
    number = 0
    for planes, flags, more, why in zip(counts, unknown, expected, whys, strict=True):
        for index, plane in planes.items():
            kind = _kind(plane, unknown=flags[index], partly=index in more)
            kinds.setdefault((kind, "" if kind == "filled" else why), []).append(
                (number, plane.objects, more.get(index, 0.0))
            )
            number += 1
    meaning = {
        "whole": "unpainted = background",
        "partly": "unpainted = not annotated",
        "unknown": "unpainted = not annotated",
        "empty": "nothing is painted: not annotated",
        "bare": "nothing is painted: all of it is background",
        "filled": "every pixel is painted",
    }
    order = [both for kind in meaning for both in kinds if both[0] == kind]
    sentences = []
    for kind, why in order:
        numbers, objects, guesses = zip(*kinds[kind, why], strict=True)
        painted = f"{_span(objects)} {'object' if max(objects) == 1 else 'objects'}"
        if kind == "partly":
            painted = f"{_span(objects)} of about {_span(map(round, guesses))} objects"
        what = meaning[kind]
        if kind in ("whole", "partly", "unknown"):
            what = f"{painted} painted: {what}"
        if why:
            what += f", {why}"
        slices = "Slice" if len(numbers) == 1 else "Slices"
        sentences.append(f"{slices} {ranges(numbers)}: {what}.")
    return tuple(sentences)


def _kind(plane: ObjectCounts, *, unknown: bool, partly: bool) -> str:
    if plane.area == plane.pixels:
        return "filled"
    if not plane.objects:
        return "empty" if unknown else "bare"
    if partly:
        return "partly"
    return "unknown" if unknown else "whole"


def _span(numbers: Any) -> str:
    """Write the least and the greatest of some numbers as "3-5", or "3"."""
    least, *_, greatest = *(found := sorted(numbers)), found[-1]
    return str(least) if least == greatest else f"{least}-{greatest}"
