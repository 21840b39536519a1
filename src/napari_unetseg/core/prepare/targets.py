"""From painted labels to what the network is taught: class indices and "not annotated".

The painted ids are the classes; none is special, except that 0 can mean either
background or "not annotated".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_unetseg.core.errors import InputError

if TYPE_CHECKING:
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
    verdict : str
        The sentence that tells the user how 0 was understood.
    """

    ids: tuple[int, ...]
    zero_unknown: tuple[dict[tuple[int, ...], bool], ...]
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
        "0": zeros are not annotated; "none": zeros are background. "auto" takes zeros
        as not annotated in an empty plane of a painted stack, and in all planes when
        at least two classes are painted in thin strokes (under 15 % of the pixels).

    Raises
    ------
    InputError
        If nothing is painted, an id is negative or not whole, there are too many ids
        for classes, or only one class is left.
    """
    counts = [_count_planes(image) for image in labels]
    painted: dict[int, int] = {}
    for planes in counts:
        for plane in planes.values():
            for label, pixels in plane.items():
                painted[label] = painted.get(label, 0) + pixels
    zeros = painted.pop(0, 0)
    names = ", ".join(f"'{image.name}'" for image in labels)
    _check_painted(painted, names)

    scribbled = _is_scribbled(counts) and len(painted) > 1
    unknown = tuple(
        {
            index: _zero_is_unknown(plane, unannotated, scribbled)
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
    verdict = _verdict(unknown, zeros, background, unannotated, scribbled)
    return Annotation(ids, unknown, verdict)


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


def _count_planes(image: Image) -> dict[tuple[int, ...], dict[int, int]]:
    """Pixels per id in each plane."""
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


def _is_scribbled(counts: list[dict[tuple[int, ...], dict[int, int]]]) -> bool:
    """Whether the planes that are painted at all are painted in thin strokes."""
    planes = [plane for image in counts for plane in image.values()]
    pixels = sum(sum(plane.values()) for plane in planes if set(plane) != {0})
    zeros = sum(plane.get(0, 0) for plane in planes if set(plane) != {0})
    return pixels - zeros < _SCRIBBLED * pixels


def _zero_is_unknown(plane: dict[int, int], wish: str, scribbled: bool) -> bool:
    if wish == "auto":
        return scribbled or set(plane) == {0}
    return wish == "0"


def _one_class(label: int, names: str, zeros: int) -> InputError:
    if zeros:
        return InputError(
            f"Only class {label} is painted in {names}, and 0 means 'not annotated'",
            "Paint a second class too, or say that 0 is background "
            "(--unannotated none)",
        )
    return InputError(
        f"Only class {label} is painted in {names}, and it fills them",
        "Paint a second class too",
    )


def _verdict(
    unknown: tuple[dict[tuple[int, ...], bool], ...],
    zeros: int,
    background: bool,
    wish: str,
    scribbled: bool,
) -> str:
    if not zeros:
        return "Every pixel is annotated: no label is 0."
    planes = [value for image in unknown for value in image.values()]
    if wish == "0" or (scribbled and wish == "auto"):
        why = "at least two classes are painted in thin strokes" if scribbled else ""
        because = f", because {why}" if wish == "auto" else ""
        return f"0 means 'not annotated'{because}."
    if not any(planes):
        because = ", because whole areas are painted" if wish == "auto" else ""
        return f"0 is background{because}."
    empty = f"{sum(planes)} of {len(planes)} slices are empty and left out"
    rest = "0 is background in the others" if background else "the others hold no 0"
    return f"{empty}; {rest}."
