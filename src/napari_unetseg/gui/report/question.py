"""What the report dock asks: two layers as they are now, and their comparison."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import numpy as np

from napari_unetseg.core.draining import shared
from napari_unetseg.core.evaluate.foreground import NAMES, NOT_ANNOTATED, Foreground
from napari_unetseg.core.evaluate.judge import Asked, judging
from napari_unetseg.core.evaluate.uncertain import intervals_of
from napari_unetseg.gui.parts import sources
from napari_unetseg.gui.report.evidence import Evidence, seen_placed
from napari_unetseg.gui.report.rival import differences
from napari_unetseg.layers.align import Aligned, aligned
from napari_unetseg.layers.from_layer import join_channels
from napari_unetseg.layers.place import Placed, place

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from napari.layers import Labels

    from napari_unetseg.core.evaluate.intervals import Difference, Interval
    from napari_unetseg.core.evaluate.judge import Task
    from napari_unetseg.core.evaluate.object_errors import ObjectReport
    from napari_unetseg.core.evaluate.report import Report
    from napari_unetseg.core.image import Image

Kind = Literal["classes", "objects", "objects of each slice", "neurites"]
KINDS: tuple[Kind, ...] = get_args(Kind)
TASKS: dict[Kind, Task] = {
    "classes": "classes",
    "objects": "instances",
    "objects of each slice": "instances",
    "neurites": "neurites",
}


class Terms(NamedTuple):
    """Ids that mean "not annotated", what the other ids are, and the class of objects.

    Without a class every id is an object, or a neurite, of its own.
    """

    ignore: tuple[int, ...] = ()
    kind: Kind = "classes"
    identity: int | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """Two labels layers at one moment; no later stroke matters.

    Attributes
    ----------
    prediction, truth : Placed
        Their labels and where these are.
    ignore : tuple of int
        Ids that mean "not annotated".
    names : mapping of int to str
        Names of the classes that have one.
    kind : {"classes", "objects", "objects of each slice", "neurites"}
        What the ids are; objects may go through a volume or not.
    identity : int or None
        The class whose connected pixels are the objects.
    borders : bool
        Whether the borders of classes are compared too.
    evidence : Evidence
        What else is known of the prediction.
    rival : Placed or None
        Another prediction of the same truth.
    """

    prediction: Placed
    truth: Placed
    ignore: tuple[int, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)
    kind: Kind = "classes"
    identity: int | None = None
    borders: bool = False
    evidence: Evidence = field(default_factory=Evidence)
    rival: Placed | None = None

    @property
    def asked(self) -> Asked:
        """The same as the core is asked."""
        return Asked(
            task=TASKS[self.kind],
            identity=self.identity,
            dimensions=_dimensions(self),
            ignore=self.ignore,
            names=self.names,
            boundaries=self.borders and self.kind == "classes",
            channels=self.evidence.channels,
            thresholds=self.evidence.thresholds,
        )


class Judged(NamedTuple):
    """Two images of classes, the ids to leave out, and the names of the classes."""

    prediction: Image
    truth: Image
    ignore: tuple[int, ...]
    names: Mapping[int, str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """The scores.

    Attributes
    ----------
    report : Report
        Of the classes; of objects, how far their pixels agree.
    note : str
        A sentence on how pixels were matched; "" if one by one.
    objects : ObjectReport or None
        What became of every object.
    truth : Placed or None
        Where the truth lies. Its pixels are not kept: they are all 0.
    start : tuple of int
        Where in the truth the first compared pixel is.
    spans : mapping of str to (mapping of str to Interval)
        Intervals of the scores, for every part of the report, and under "" for all.
    against : mapping of str to (mapping of str to Difference)
        By how much it is ahead of the other prediction, for the same parts; empty if
        there is none.
    rival : str
        Name of the other prediction.
    """

    report: Report
    note: str = ""
    objects: ObjectReport | None = None
    truth: Placed | None = None
    start: tuple[int, ...] = ()
    spans: Mapping[str, Mapping[str, Interval]] = field(default_factory=dict)
    against: Mapping[str, Mapping[str, Difference]] = field(default_factory=dict)
    rival: str = ""


def ask(
    prediction: Labels,
    truth: Labels,
    ignore: tuple[int, ...],
    kind: Kind = "classes",
    identity: int | None = None,
) -> Comparison:
    """Take two layers as they are; what can be painted on is copied.

    Raises
    ------
    InputError
        If the dimensions of a layer are unclear, or it is too large to be copied.
    """
    return _asked(prediction, truth, Terms(ignore, kind, identity), sources.frozen)


def refer(
    prediction: Labels,
    truth: Labels,
    ignore: tuple[int, ...],
    kind: Kind = "classes",
    identity: int | None = None,
) -> Comparison:
    """Refer to two layers without copying them; what is painted later shows.

    Raises
    ------
    InputError
        If the dimensions of a layer are unclear.
    """
    return _asked(prediction, truth, Terms(ignore, kind, identity), sources.referred)


def compare(question: Comparison) -> Generator[float, None, Answer]:
    """Answer the question.

    Yields
    ------
    float
        Share of the pixels that is compared, up to 1.

    Raises
    ------
    InputError
        If the two cannot be compared.
    """
    pair = aligned(question.prediction, question.truth)
    known, asked = question.evidence, question.asked
    codes = None
    if known.seen is not None:
        uses = seen_placed(question.prediction, known.seen)
        codes = aligned(uses, question.truth).prediction
    scores, channel = _scores(question)
    rounds = 1 if question.rival is None else 2
    steps = judging(
        pair.prediction, pair.truth, asked, scores=scores, channel=channel, codes=codes
    )
    report = yield from shared(steps, 0, rounds)
    against: Mapping[str, Mapping[str, Difference]] = {}
    if question.rival is not None:
        other = aligned(question.rival, question.truth)
        steps = judging(other.prediction, other.truth, asked, codes=codes)
        against = differences(report, (yield from shared(steps, 1, rounds)))
    return Answer(
        report=report,
        note=pair.note,
        objects=report.objects,
        truth=without_pixels(question.truth),
        start=pair.start,
        spans={
            name: intervals_of(one)
            for name, one in {"": report, **report.parts}.items()
        },
        against=against,
        rival="" if question.rival is None else question.rival.image.name,
    )


def judged(pair: Aligned, question: Comparison) -> Judged:
    """The classes of which the report tells: of objects, whether there is any."""
    if question.kind == "classes":
        return Judged(pair.prediction, pair.truth, question.ignore, question.names)
    found, wanted = (
        replace(side, array=Foreground(side.array, question.ignore, question.identity))
        for side in (pair.prediction, pair.truth)
    )
    return Judged(found, wanted, (NOT_ANNOTATED,), NAMES)


def without_pixels(placed: Placed) -> Placed:
    """Labels of which only their place is kept."""
    nothing = np.broadcast_to(np.uint8(0), placed.image.shape)
    return replace(placed, image=replace(placed.image, array=nothing))


def _scores(question: Comparison) -> tuple[Image | None, int]:
    """The scores on the pixels of the truth, and which channel neurites need."""
    known = question.evidence
    if question.kind == "neurites" and question.rival is not None:
        return None, 0  # Labels are compared with labels.
    if not known.scores or question.kind.startswith("objects"):
        return None, 0
    if question.kind == "neurites" and question.identity not in known.channels:
        return None, 0
    images = [aligned(one, question.truth).prediction for one in known.scores]
    channel = 0
    if question.identity is not None and question.kind == "neurites":
        channel = known.channels.index(question.identity)
    return join_channels(images), channel


def _dimensions(question: Comparison) -> int:
    through = question.kind == "objects" and "Z" in question.truth.image.axes
    return 3 if through else 2


def class_names(prediction: Labels, truth: Labels) -> dict[int, str]:
    """Names of the classes by id: those of the truth, or else of the prediction."""
    names = sources.class_names(truth) or sources.class_names(prediction)
    return {int(identity): name for identity, name in names.items()}


def _asked(
    prediction: Labels, truth: Labels, terms: Terms, taken: Callable[[Image], Image]
) -> Comparison:
    sides = [
        place(taken(sources.labels_of(layer)), layer.as_layer_data_tuple()[1])
        for layer in (prediction, truth)
    ]
    return Comparison(
        prediction=sides[0],
        truth=sides[1],
        ignore=terms.ignore,
        names=class_names(prediction, truth) if terms.kind == "classes" else {},
        kind=terms.kind,
        identity=terms.identity,
    )
