"""What became of every object: found, missed, split, merged; and what is spurious."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from napari_unetseg.core.draining import shared
from napari_unetseg.core.evaluate.frame_ids import (
    Annotated,
    ByBoxes,
    FrameIds,
    numbering,
)
from napari_unetseg.core.evaluate.instances import THRESHOLD, InstanceScore, score
from napari_unetseg.core.evaluate.matching import Contingency, contingency
from napari_unetseg.core.evaluate.object_scores import ObjectScores, object_scores
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.prepare.targets import IGNORE

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.image import Image

    Fate = Literal["found", "missed", "split", "merged", "spurious"]
    Corner = tuple[int, ...]
    Boxes = dict[int, tuple[Corner, Corner]]


class ObjectError(NamedTuple):
    """What became of an object.

    Attributes
    ----------
    fate : {"found", "missed", "split", "merged", "spurious"}
        As `fates` tells them.
    identity : int
        Its id in the truth; in the prediction if it is spurious.
    iou : float
        Its largest IoU with an object of the other side.
    pixels : int
        Its annotated pixels.
    start, stop : tuple of int
        Its box: the first pixel along every axis of the image, and the first behind it.
    """

    fate: Fate
    identity: int
    iou: float
    pixels: int
    start: Corner
    stop: Corner


@dataclass(frozen=True, slots=True)
class ObjectReport:
    """How far two sets of objects agree.

    Attributes
    ----------
    score : InstanceScore
        Of all frames.
    objects : list of ObjectError
        The worst first: by IoU, of equal ones the larger first.
    frames : list of (index, ObjectScores)
        Of each frame; an index has one number per letter of `frame_axes`.
    frame_axes : str
        Axes that number the frames, as in "T" or "Z"; "" for a single one.
    dimensions : int
        2: every plane has objects of its own; 3: they go through a volume.
    """

    score: InstanceScore = field(default_factory=InstanceScore)
    objects: list[ObjectError] = field(default_factory=list)
    frames: list[tuple[tuple[int, ...], ObjectScores]] = field(default_factory=list)
    frame_axes: str = ""
    dimensions: int = 2

    @property
    def scores(self) -> ObjectScores:
        """All scores, of the objects of all frames."""
        vectors = [one.vector for _, one in self.frames]
        none = ObjectScores.none()
        return ObjectScores.of(np.sum(vectors, axis=0)) if vectors else none

    def to_dict(self) -> dict[str, Any]:
        """The scores of all frames and of each as plain values for JSON."""
        return {
            **self.scores.to_dict(),
            "dimensions": self.dimensions,
            "frame_axes": self.frame_axes,
            "frames": [
                {
                    "index": list(index),
                    "seg": one.seg,
                    "det": one.det,
                    "f1": one.f1[0.5],
                    "true_objects": one.references,
                    "predicted_objects": one.predictions[0],
                }
                for index, one in self.frames
            ],
        }

    def count(self, fate: Fate) -> int:
        """How many objects had this fate."""
        return sum(one.fate == fate for one in self.objects)


def object_report(
    prediction: Image,
    truth: Image,
    *,
    dimensions: int,
    ignore: Sequence[int] = (),
    of_class: int | None = None,
    partly: Sequence[int] = (),
) -> Generator[float, None, ObjectReport]:
    """Compare objects frame by frame.

    Parameters
    ----------
    prediction, truth : Image
        Ids of objects, of equal shape and axes, without channels; 0 is background.
    dimensions : int
        2: every plane has objects of its own; 3: objects go through a volume.
    ignore : sequence of int
        Ids that mean "not annotated"; such pixels of either side are left out.
    of_class : int, optional
        The class whose connected pixels are the objects, where the ids are classes.
    partly : sequence of int
        Numbers of the frames, from 0, in which only some objects are annotated. They
        count for SEG alone, as in the Cell Tracking Challenge.

    Yields
    ------
    float
        Share of the frames that is compared, up to 1.
    """
    sides = Frames(prediction, dimensions), Frames(truth, dimensions)
    total = InstanceScore()
    objects: list[ObjectError] = []
    frames = []
    unknown = IGNORE if len(ignore) else None
    for number, index in enumerate(sides[1]):
        steps = _objects(*FrameIds.of_both(*sides, index), ignore, of_class)
        predicted, true = yield from shared(steps, number, len(sides[1]))
        table = contingency(true, predicted, ignore=unknown)
        total += score(table)
        frames.append((index, object_scores(table, partly=number in set(partly))))
        boxes = boxes_of(true), boxes_of(predicted)
        for fate, identity, iou, pixels in fates(table):
            start, stop = boxes[fate == "spurious"][identity]
            box = tuple(map(slice, start, stop))
            place = sides[1].place(index, box)
            corners = zip(*((one.start, one.stop) for one in place), strict=True)
            first, behind = corners
            objects.append(ObjectError(fate, identity, iou, pixels, first, behind))
        yield (number + 1) / len(sides[1])
    objects.sort(key=lambda one: (one.iou, -one.pixels))
    return ObjectReport(total, objects, frames, sides[1].grid_axes, dimensions)


def _objects(
    predicted: FrameIds, true: FrameIds, ignore: Sequence[int], of_class: int | None
) -> Generator[float, None, tuple[ByBoxes, ByBoxes]]:
    """The objects of both sides, unknown pixels of the truth marked."""
    known = Annotated(true, predicted, ignore) if len(ignore) else true
    if of_class is None:
        return predicted, known
    found = yield from shared(numbering(predicted, of_class), 0, 3)
    wanted = yield from shared(numbering(known, of_class), 1, 3)
    return found, wanted


def fates(table: Contingency) -> list[tuple[Fate, int, float, int]]:
    """Say of every object what became of it.

    Parameters
    ----------
    table : Contingency
        Of one frame.

    Returns
    -------
    list of (fate, id, IoU, pixels)
        First all true objects. One is merged if a predicted object holds more than
        half of it and of another one; split if more than half of each of two predicted
        objects lies in it; found if its IoU with one is larger than 0.5; and missed
        otherwise. Then the spurious ones: predicted objects of which at least half is
        annotated that match none, of which at most half lies in any true object, and
        which hold more than half of none.
    """
    iou, true, predicted = table.iou, table.true, table.predicted
    covers = 2 * table.shared > table.true_areas[true]
    inside = 2 * table.shared > table.predicted_areas[predicted]
    matches = table.matches(THRESHOLD)
    holds = np.bincount(predicted[covers], minlength=len(table.predicted_ids))
    parts = np.bincount(true[inside], minlength=len(table.true_ids))
    merged = _marked(len(table.true_ids), true[covers & (holds[predicted] > 1)])
    found = _marked(len(table.true_ids), true[matches])
    words: list[Fate] = [
        "merged" if m else "split" if p > 1 else "found" if f else "missed"
        for m, p, f in zip(merged, parts, found, strict=True)
    ]
    right = _marked(len(table.predicted_ids), predicted[matches])
    right |= _marked(len(right), predicted[covers | inside])
    spurious = ~right & (table.predicted_areas > table.hidden_areas)
    best = _largest(len(words), true, iou)
    told = [*zip(words, table.true_ids, best, table.true_areas, strict=True)]
    best = _largest(len(right), predicted, iou)
    for place in np.flatnonzero(spurious):
        identity, area = table.predicted_ids[place], table.predicted_areas[place]
        told.append(("spurious", identity, best[place], area))
    return [(word, int(i), float(b), int(area)) for word, i, b, area in told]


def boxes_of(ids: Any) -> Boxes:
    """Find the box of every object, reading a plane at a time.

    Parameters
    ----------
    ids : array of shape ([Z,] Y, X) and dtype int or bool
        0 is background.

    Returns
    -------
    dict of int to (start, stop)
        The first pixel along every axis, and the first behind it.
    """
    found: Boxes = {}
    for index in np.ndindex(*ids.shape[:-2]):
        plane = np.asarray(ids[index] if index else ids[:, :])
        for name, box in _boxes(plane):
            start = (*index, *(one.start for one in box))
            stop = (*(i + 1 for i in index), *(one.stop for one in box))
            low, high = found.get(name, (start, stop))
            found[int(name)] = tuple(map(min, low, start)), tuple(map(max, high, stop))
    found.pop(0, None)
    return found


def _boxes(plane: NDArray[Any]) -> Iterator[tuple[int, tuple[slice, ...]]]:
    """Every id of a plane and its box; 0 may be among them."""
    from scipy import ndimage

    if plane.size and plane.min() >= 0 and plane.max() <= plane.size:
        # Ids are places already, which saves a sort of all pixels.
        dense = plane.astype(np.int32, copy=False)
        found = enumerate(ndimage.find_objects(dense), start=1)
        yield from ((name, box) for name, box in found if box is not None)
        return
    names, places = np.unique(plane, return_inverse=True)
    boxes = ndimage.find_objects(places.reshape(plane.shape) + 1)
    yield from zip(names.tolist(), boxes, strict=True)


def _marked(count: int, places: NDArray[np.int64]) -> NDArray[np.bool_]:
    marks = np.zeros(count, bool)
    marks[places] = True
    return marks


def _largest(
    count: int, places: NDArray[np.int64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The largest value at each place, 0 where there is none."""
    largest = np.zeros(count)
    np.maximum.at(largest, places, values)
    return largest
