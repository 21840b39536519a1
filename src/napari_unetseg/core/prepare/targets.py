"""From painted labels to what the network is taught: class indices and "not annotated".

The painted ids are the classes; none is special, except that 0 can mean either
background or "not annotated".
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_unetseg.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from napari_unetseg.core.image import Image

IGNORE = -1
"""Target value of a pixel that is not annotated."""

# Scribbles cover a few percent; someone who paints whole objects on a background covers
# more, unless the objects are rare. The verdict is told, and the user can overrule it.
_SCRIBBLED = 0.15
_MOST_CLASSES = 255


@dataclass(frozen=True, slots=True)
class Annotation:
    """What is painted in a set of labels.

    Attributes
    ----------
    ids : tuple of int
        Painted ids that are classes, ascending; with 0 when 0 is background.
    zero_unknown : tuple of dict
        Per labels image: plane index to whether its zeros are "not annotated".
    annotated : tuple of dict
        Per labels image: plane index to whether any of its pixels is annotated.
    verdict : str
        The sentence that tells the user how 0 was understood.
    """

    ids: tuple[int, ...]
    zero_unknown: tuple[dict[tuple[int, ...], bool], ...]
    annotated: tuple[dict[tuple[int, ...], bool], ...]
    verdict: str


def annotation(
    labels: list[Image], unannotated: Literal["auto", "0", "none"] = "auto"
) -> Annotation:
    """Find the classes, and what 0 means in each plane.

    Parameters
    ----------
    labels : list of Image
        Integers without a channel axis.
    unannotated : {"auto", "0", "none"}
        "0": zeros are not annotated; "none": zeros are background. "auto" decides per
        plane: zeros are not annotated in an empty plane of a painted stack, and where
        at least two classes are painted in strokes (under 15 % of the pixels, and
        far fewer than in the other planes, unless these are strokes too).

    Raises
    ------
    InputError
        If nothing is painted, an id is negative or not whole, there are too many ids
        for classes, or only one class is left.
    """
    steps = annotation_steps(labels, unannotated)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Annotation = end.value
            return found


def annotation_steps(
    labels: list[Image], unannotated: Literal["auto", "0", "none"] = "auto"
) -> Generator[None, None, Annotation]:
    """Find the same plane by plane, so that it can be given up in between.

    Parameters
    ----------
    labels, unannotated
        As for `annotation`.

    Yields
    ------
    None
        After each plane.

    Raises
    ------
    InputError
        As `annotation`.
    """
    counts = []
    for image in labels:
        counts.append((yield from _count_planes(image)))
    return _judged(counts, labels, unannotated)


def _judged(
    counts: list[dict[tuple[int, ...], dict[int, int]]],
    labels: list[Image],
    unannotated: Literal["auto", "0", "none"],
) -> Annotation:
    """Find classes and the meaning of 0 in the pixels per id of each plane."""
    painted: dict[int, int] = {}
    for planes in counts:
        for plane in planes.values():
            for label, pixels in plane.items():
                painted[label] = painted.get(label, 0) + pixels
    zeros = painted.pop(0, 0)
    names = ", ".join(f"'{image.name}'" for image in labels)
    _check_painted(painted, names)

    most = _median_share(counts)
    unknown = tuple(
        {
            index: _zero_is_unknown(plane, unannotated, most, len(painted))
            for index, plane in planes.items()
        }
        for planes in counts
    )
    background = any(
        plane.get(0, 0) and not unknown[i][index]
        for i, planes in enumerate(counts)
        for index, plane in planes.items()
    )
    ids = tuple(sorted(painted)) if not background else (0, *sorted(painted))
    if len(ids) < 2:
        raise _one_class(ids[0], names, zeros)
    annotated = tuple(
        {
            index: bool(plane.keys() - {0}) or not unknown[i][index]
            for index, plane in planes.items()
        }
        for i, planes in enumerate(counts)
    )
    verdict = _verdict(counts, unknown, unannotated)
    return Annotation(ids, unknown, annotated, verdict)


def targets(
    plane: NDArray[Any], ids: tuple[int, ...], zero_unknown: bool
) -> NDArray[np.int16]:
    """Turn painted ids into class indices.

    Parameters
    ----------
    plane : ndarray of shape (Y, X)
        Painted ids.
    ids : tuple of int
        The classes, ascending.
    zero_unknown : bool
        Whether 0 is "not annotated" here.

    Returns
    -------
    ndarray of shape (Y, X), int16
        Position in `ids`, or `IGNORE`.
    """
    index = np.searchsorted(ids, plane).clip(max=len(ids) - 1).astype(np.int16)
    known = np.asarray(ids)[index] == plane
    if zero_unknown:
        known &= plane != 0
    return np.where(known, index, np.int16(IGNORE))


def _count_planes(
    image: Image,
) -> Generator[None, None, dict[tuple[int, ...], dict[int, int]]]:
    """Pixels per id in each plane; a step per plane."""
    if image.dtype.kind not in "buif" or "C" in image.axes:
        raise InputError(
            f"The labels '{image.name}' are {image.dtype} with the axes {image.axes}",
            "Labels are whole numbers without a channel axis",
        )
    table = {}
    for index in image.planes():
        plane = np.asarray(image.plane(index))[0]
        values, pixels = np.unique(plane, return_counts=True)
        if not np.array_equal(values, np.floor(values)):
            raise InputError(
                f"The labels '{image.name}' hold {values[values % 1 != 0][0]:g}",
                "Labels are whole numbers; was an image given in their place?",
            )
        if values[0] < 0:
            raise InputError(
                f"The labels '{image.name}' hold the negative id {int(values[0])}",
                "Use 0 and positive ids",
            )
        table[index] = dict(zip(map(int, values), map(int, pixels), strict=True))
        yield
    return table


def _check_painted(painted: dict[int, int], names: str) -> None:
    if not painted:
        raise InputError(
            f"The labels {names} have no painted pixel",
            "Paint at least two classes, or one class on a background of 0",
        )
    if len(painted) > _MOST_CLASSES:
        raise InputError(
            f"The labels {names} hold {len(painted)} different ids, which look like "
            "single objects rather than classes",
            "Give all objects of a class the same id",
        )


def _share(plane: dict[int, int]) -> float:
    """Painted share of a plane's pixels."""
    return 1 - plane.get(0, 0) / sum(plane.values())


def _median_share(counts: list[dict[tuple[int, ...], dict[int, int]]]) -> float:
    """Painted share of the middle one among the planes that are painted at all."""
    shares = [_share(plane) for planes in counts for plane in planes.values()]
    return median(share for share in shares if share)


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


def _one_class(label: int, names: str, zeros: int) -> InputError:
    if zeros:
        return InputError(
            f"Only class {label} is painted in {names}, and 0 means 'not annotated'",
            "Paint a second class too, or say that 0 is background "
            "(on the command line: --unannotated none)",
        )
    return InputError(
        f"Only class {label} is painted in {names}, and it fills them",
        "Paint a second class too",
    )


def _verdict(
    counts: list[dict[tuple[int, ...], dict[int, int]]],
    unknown: tuple[dict[tuple[int, ...], bool], ...],
    wish: str,
) -> str:
    """Say how the zeros were understood, and why."""
    kinds: dict[str, int] = {}
    for planes, flags in zip(counts, unknown, strict=True):
        for index, plane in planes.items():
            if 0 not in plane:
                kind = "all annotated"
            elif _share(plane) == 0:
                kind = "empty" if flags[index] else "background"
            else:
                kind = "strokes" if flags[index] else "background"
            kinds[kind] = kinds.get(kind, 0) + 1
    if set(kinds) == {"all annotated"}:
        return "Every pixel is annotated: no label is 0."
    decided = wish == "auto"
    sentences = {
        "empty": "nothing is painted and 0 is not annotated",
        "strokes": "0 is not annotated"
        + ", because only strokes are painted" * decided,
        "background": "0 is background" + ", because areas are painted" * decided,
        "all annotated": "every pixel is annotated",
    }
    total = sum(kinds.values())
    parts = [
        f"in {count} of {total} slices {sentences[kind]}"
        for kind, count in kinds.items()
    ]
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."
