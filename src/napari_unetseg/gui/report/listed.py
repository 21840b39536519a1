"""The worst slices or objects as rows of a table, and where each row leads to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.evaluate.worst import worst_planes
from napari_unetseg.gui.report.copying import MISSING

if TYPE_CHECKING:
    from napari_unetseg.gui.report.question import Answer

    Corner = tuple[int, ...]
    Cells = tuple[str | int | float, ...]

# More rows than anybody goes through.
MOST = 1000


@dataclass(frozen=True, eq=False)
class Place:
    """Where a row leads to, as a box of the truth.

    Attributes
    ----------
    start, stop : tuple of int
        The first pixel along every axis of the truth, and the first behind it.
    exact : bool
        Whether it is the thing itself; else a slice, in which one has to look for it.
    """

    start: Corner
    stop: Corner
    exact: bool


def slices(answer: Answer) -> tuple[list[Cells], list[Place]]:
    """Slices by the mean IoU of their classes."""
    report = answer.report
    rows: list[Cells] = []
    places = []
    for plane in worst_planes(report)[:MOST]:
        name = _name(report.plane_axes, plane.place)
        identity = plane.worst_class
        worst = f"{identity} {report.names.get(identity, '')}".strip()
        rows.append(
            (name, plane.mean_iou, f"{worst}: {plane.worst_iou:.3f}", plane.wrong)
        )
        places.append(_of_plane(answer, plane.place))
    return rows, places


def frames(answer: Answer) -> tuple[list[Cells], list[Place]]:
    """Frames by the F1 of their objects."""
    assert answer.objects is not None
    found = answer.objects
    rows: list[Cells] = []
    places = []
    order = sorted(found.frames, key=lambda one: _score(one[1].f1[0.5]))
    for index, one in order[:MOST]:
        both = f"{_text(one.seg)}, {_text(one.det)}"
        name = _name(found.frame_axes, index)
        rows.append((name, _score(one.f1[0.5]), both, one.references))
        place = _of_plane(answer, index, found.frame_axes)
        # In a volume there is no slice to be searched.
        places.append(replace(place, exact=found.dimensions == 3))
    return rows, places


def neurites(answer: Answer) -> tuple[list[Cells], list[Place]]:
    """Slices by their V-Rand."""
    found = answer.report.neurites
    assert found is not None
    rows: list[Cells] = []
    places = []
    best = [
        (*(max(at[0] for at in side) for side in (one.v_rand, one.v_info)), number)
        for number, one in enumerate(found.slices)
    ]
    for rand, info, number in sorted(best)[:MOST]:
        one = found.slices[int(number)]
        name = _name(answer.report.plane_axes, one.index)
        rows.append((name, rand, info, one.at_cut["pixel_error"]))
        places.append(_of_plane(answer, one.index))
    return rows, places


def _name(axes: str, index: Corner) -> str:
    named = zip(axes, index, strict=True)
    return ", ".join(f"{axis} {i}" for axis, i in named) or "the only one"


def _score(value: float | None) -> float:
    """A slice without any objects is right; it comes last."""
    return 1.0 if value is None else value


def _text(value: float | None) -> str:
    return MISSING if value is None else f"{value:.3f}"


def _of_plane(answer: Answer, index: Corner, axes: str | None = None) -> Place:
    """A plane as a box: all of it, without what lies before the compared pixels."""
    assert answer.truth is not None
    image = answer.truth.image
    numbers = dict(zip(image.plane_axes if axes is None else axes, index, strict=True))
    start, stop = [], []
    for axis, first, length in zip(image.axes, answer.start, image.shape, strict=True):
        here = numbers.get(axis)
        start.append(first if here is None else first + here)
        stop.append(length if here is None else first + here + 1)
    return Place(tuple(start), tuple(stop), exact=False)


def objects(answer: Answer) -> tuple[list[Cells], list[Place]]:
    """Objects by their IoU."""
    assert answer.objects is not None
    rows: list[Cells] = []
    places = []
    for one in answer.objects.objects[:MOST]:
        rows.append((one.identity, one.fate, one.iou, one.pixels))
        start = tuple(np.add(answer.start, one.start).tolist())
        stop = tuple(np.add(answer.start, one.stop).tolist())
        places.append(Place(start, stop, exact=True))
    return rows, places
