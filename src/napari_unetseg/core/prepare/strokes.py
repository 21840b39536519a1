"""Whether painted classes are strokes, beside which nothing is annotated, or areas."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.frames import Index

    Counts = dict[Index, dict[int, int]]
    Flags = tuple[dict[Index, bool], ...]

# Scribbles cover a few percent; someone who paints whole objects on a background covers
# more, unless the objects are rare. The verdict is told, and the user can overrule it.
_SCRIBBLED = 0.15
_MANY, _ALMOST_ALL = 10, 0.9

_MEANING = {
    "empty": "nothing is painted and 0 is not annotated",
    "strokes": "0 is not annotated",
    "background": "0 is background",
    "all annotated": "every pixel is annotated",
}
_BECAUSE = {
    "strokes": ", because only strokes are painted",
    "background": ", because areas are painted",
}


def judge_classes(counts: Sequence[Counts], wishes: Sequence[str]) -> Flags:
    """Whether the zeros of each plane of painted classes are "not annotated".

    Parameters
    ----------
    counts : sequence of dict
        Per labels image, plane index to pixels of each id.
    wishes : sequence of {"auto", "0", "none"}
        Per labels image, what 0 means; "auto": it is judged here.
    """
    planes = [plane for image in counts for plane in image.values()]
    classes = len(set().union(*planes) - {0})
    painted = sum(bool(plane.keys() - {0}) for plane in planes)
    thorough = painted >= _MANY and painted >= _ALMOST_ALL * len(planes)
    if thorough:
        classes = 1  # Nobody paints strokes of rare things in every slice of a stack.
    usual = _median_share(counts)
    return tuple(
        {
            index: _zero_is_unknown(plane, wish, usual, classes)
            for index, plane in image.items()
        }
        for image, wish in zip(counts, wishes, strict=True)
    )


def verdict(
    counts: Sequence[Counts], unknown: Flags, wishes: Sequence[str], noted: str = ""
) -> str:
    """Say how the zeros were understood, and why.

    Parameters
    ----------
    counts, wishes
        As for `judge_classes`.
    unknown : tuple of dict
        What that has returned.
    noted : str
        Where the wishes come from, as in "as 'a.tif' notes"; empty of those that
        somebody has uttered just now.
    """
    kinds: dict[tuple[str, bool], int] = {}
    for planes, flags, wish in zip(counts, unknown, wishes, strict=True):
        for index, plane in planes.items():
            if 0 not in plane:
                kind = "all annotated"
            elif _share(plane) == 0:
                kind = "empty" if flags[index] else "background"
            else:
                kind = "strokes" if flags[index] else "background"
            decided = wish == "auto" or kind == "all annotated"
            kinds[kind, decided] = kinds.get((kind, decided), 0) + 1
    if {kind for kind, _ in kinds} == {"all annotated"}:
        return "Every pixel is annotated: no label is 0."
    total = sum(kinds.values())
    parts = [
        f"in {count} of {total} slices {_MEANING[kind]}"
        + (_BECAUSE.get(kind, "") if decided else f", {noted}" * bool(noted))
        for (kind, decided), count in kinds.items()
    ]
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _share(plane: dict[int, int]) -> float:
    """Painted share of a plane's pixels."""
    return 1 - plane.get(0, 0) / sum(plane.values())


def _median_share(counts: Sequence[Counts]) -> float:
    """Painted share of the middle one among the planes that are painted at all."""
    shares = [_share(plane) for planes in counts for plane in planes.values()]
    return median([share for share in shares if share] or [0.0])


def _zero_is_unknown(
    plane: dict[int, int], wish: str, usual: float, classes: int
) -> bool:
    """Whether a plane's zeros are "not annotated".

    With one class alone something must be background. With several, a plane counts as
    painted in strokes if little of it is painted: in itself where all planes are so,
    and compared with the others where those are painted densely.
    """
    if wish != "auto":
        return wish == "0"
    share = _share(plane)
    strokes = share < _SCRIBBLED and (usual < _SCRIBBLED or 3 * share < usual)
    return share == 0 or (strokes and classes > 1)
