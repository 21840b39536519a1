"""One question, one answer: classes, objects or neurites, and what was unseen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from napari_unetseg.core.draining import result_of, shared
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.evaluate.boundary import Boundary, bordering, pooled
from napari_unetseg.core.evaluate.comparable import check_comparable
from napari_unetseg.core.evaluate.foreground import NAMES, NOT_ANNOTATED, Foreground
from napari_unetseg.core.evaluate.frame_ids import FrameIds
from napari_unetseg.core.evaluate.neurite_report import neurite_report
from napari_unetseg.core.evaluate.object_errors import object_report
from napari_unetseg.core.evaluate.report import Report, evaluation
from napari_unetseg.core.evaluate.seen import OUT, Codes, Restricted, uses
from napari_unetseg.core.evaluate.thresholds import threshold_curves
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.units import PIXEL, unit_name

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from napari_unetseg.core.evaluate.seen import Seen
    from napari_unetseg.core.image import Image

Task = Literal["classes", "instances", "neurites"]
TASKS: tuple[Task, ...] = ("classes", "instances", "neurites")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked of a prediction.

    Attributes
    ----------
    task : {"classes", "instances", "neurites"}
        What is scored.
    identity : int or None
        The class whose connected pixels are the objects, or the interior of neurites;
        None if every id is an object of its own, and 0 none.
    dimensions : {2, 3} or None
        Whether objects live in planes or in volumes; None: in volumes where the truth
        has Z and its pixel size is known.
    ignore : tuple of int
        Ids that mean "not annotated", on either side.
    names : mapping of int to str
        Names of classes.
    boundaries : bool
        Whether borders are compared too, which takes longer.
    partly : tuple of int
        Numbers of the frames in which only some objects are annotated.
    channels : tuple of int
        The class of each channel of the scores, for curves of classes over thresholds.
    thresholds : mapping of int to float
        Thresholds that classes have already.
    """

    task: Task = "classes"
    identity: int | None = None
    dimensions: int | None = None
    ignore: tuple[int, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)
    boundaries: bool = False
    partly: tuple[int, ...] = ()
    channels: tuple[int, ...] = ()
    thresholds: Mapping[int, float] = field(default_factory=dict)


def judge(
    prediction: Image,
    truth: Image,
    asked: Asked,
    *,
    scores: Image | None = None,
    channel: int = 0,
    seen: Seen | None = None,
) -> Report:
    """Answer at once what `judging` answers step by step.

    What the pixels of the truth were used for is told by `seen`.
    """
    codes = None if seen is None else replace(truth, array=Codes(truth, seen))
    return result_of(
        judging(prediction, truth, asked, scores=scores, channel=channel, codes=codes)
    )


def judging(
    prediction: Image,
    truth: Image,
    asked: Asked,
    *,
    scores: Image | None = None,
    channel: int = 0,
    codes: Image | None = None,
) -> Generator[float, None, Report]:
    """Judge a prediction, step by step.

    Parameters
    ----------
    prediction, truth : Image
        Labels of equal shape.
    asked : Asked
        What is asked.
    scores : Image, optional
        Probability of the interior of neurites, or of each class, for curves over
        thresholds.
    channel : int
        Of the scores, for neurites.
    codes : Image, optional
        What the pixels of the truth were used for, as `seen.Codes`. Then each use is
        scored by itself too.

    Yields
    ------
    float
        Share of the work that is done, up to 1.

    Raises
    ------
    InputError
        If the two cannot be compared.
    """
    check_comparable(prediction, truth)
    used = {} if codes is None else uses(codes)
    several = len(used) > 1
    rounds = 1 + len(used) * several
    whole = yield from shared(
        _scored(prediction, truth, asked, scores, channel), 0, rounds
    )
    parts: dict[str, Report] = {}
    if not several:
        parts = dict.fromkeys(used, whole)
    for number, name in enumerate(used if several else (), start=1):
        assert codes is not None
        some = replace(truth, array=Restricted(truth.array, codes.array, name))
        less = replace(asked, ignore=(*asked.ignore, OUT))
        steps = _scored(prediction, some, less, scores, channel)
        try:
            found = yield from shared(steps, number, rounds)
        except InputError:
            continue  # Nothing of it is annotated.
        parts[name] = replace(found, ignored=asked.ignore)
    return replace(whole, parts=parts, known_use=codes is not None)


def dimensions_of(truth: Image, asked: Asked) -> int:
    """Whether objects are scored in planes or in volumes."""
    if asked.dimensions is not None:
        return asked.dimensions
    declared = "Z" in truth.axes and unit_name(truth.unit) != PIXEL
    return 3 if declared else 2


def _scored(
    prediction: Image,
    truth: Image,
    asked: Asked,
    scores: Image | None,
    channel: int,
) -> Generator[float, None, Report]:
    """Score all pixels that are annotated."""
    if asked.task == "classes":
        report = yield from _classes(prediction, truth, asked, scores)
        return report
    if asked.task == "instances":
        if scores is not None:
            raise InputError(
                "Scores say nothing of single objects",
                "Leave them out, or ask for the task classes or neurites",
            )
        objects = yield from shared(
            object_report(
                prediction,
                truth,
                dimensions=dimensions_of(truth, asked),
                ignore=asked.ignore,
                of_class=asked.identity,
                partly=asked.partly,
            ),
            0,
            2,
        )
        report = yield from shared(_foreground(prediction, truth, asked), 1, 2)
        return replace(report, task=asked.task, objects=objects)
    neurites = yield from shared(
        neurite_report(
            prediction,
            truth,
            interior=asked.identity,
            scores=scores,
            channel=channel,
            ignore=asked.ignore,
        ),
        0,
        2,
    )
    report = yield from shared(_foreground(prediction, truth, asked), 1, 2)
    names = {0: "membrane", 1: "interior"}
    return replace(report, task=asked.task, neurites=neurites, names=names)


def _classes(
    prediction: Image, truth: Image, asked: Asked, scores: Image | None
) -> Generator[float, None, Report]:
    rounds = 1 + asked.boundaries + (scores is not None)
    steps = evaluation(prediction, truth, ignore=asked.ignore, names=asked.names)
    report = yield from shared(steps, 0, rounds)
    if asked.boundaries:
        edges = _boundaries(prediction, truth, asked, report.overlap.ids)
        frames = yield from shared(edges, 1, rounds)
        total: dict[int, Boundary] = {}
        for _, one in frames:
            total = pooled(total, one)
        report = replace(report, boundaries=total, boundary_frames=tuple(frames))
    if scores is not None:
        curves = threshold_curves(
            scores,
            truth,
            # A channel alone is the probability of 1.
            asked.channels or tuple(range(max(2, scores.channel_count))),
            now=asked.thresholds,
            ignore=asked.ignore,
        )
        told = yield from shared(curves, rounds - 1, rounds)
        report = replace(report, thresholds=told)
    return report


def _foreground(
    prediction: Image, truth: Image, asked: Asked
) -> Generator[float, None, Report]:
    """How far the pixels of objects agree."""
    found, wanted = (
        replace(side, array=Foreground(side.array, asked.ignore, asked.identity))
        for side in (prediction, truth)
    )
    report = yield from evaluation(found, wanted, ignore=(NOT_ANNOTATED,), names=NAMES)
    return replace(report, ignored=asked.ignore)


def _boundaries(
    prediction: Image, truth: Image, asked: Asked, ids: Sequence[int]
) -> Generator[float, None, list[tuple[tuple[int, ...], dict[int, Boundary]]]]:
    dimensions = dimensions_of(truth, asked)
    sides = Frames(prediction, dimensions), Frames(truth, dimensions)
    frames = []
    for number, index in enumerate(sides[1]):
        steps = bordering(
            *FrameIds.of_both(*sides, index),
            ids=ids,
            spacing=sides[1].spacing,
            ignore=asked.ignore,
        )
        found = yield from shared(steps, number, len(sides[1]))
        frames.append((index, found))
    return frames
