"""What the report dock asks: two layers as they are now, and their comparison."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar, get_args

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.evaluate.foreground import NAMES, NOT_ANNOTATED, Foreground
from napari_unetseg.core.evaluate.object_errors import ObjectReport, object_report
from napari_unetseg.core.evaluate.report import Report, evaluation
from napari_unetseg.core.read.annotations import NAMESPACE
from napari_unetseg.gui.parts import sources
from napari_unetseg.layers.align import Aligned, aligned
from napari_unetseg.layers.place import Placed, place

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from napari.layers import Labels

    from napari_unetseg.core.image import Image

T = TypeVar("T")
Kind = Literal["classes", "objects", "objects of each slice"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# What labels that a model has made know of it, in a layer or from a file.
_OF_MODEL = {"model", "model sha256", "model_sha256"}


class Terms(NamedTuple):
    """Ids that mean "not annotated", and what the other ids are."""

    ignore: tuple[int, ...] = ()
    kind: Kind = "classes"


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
    kind : {"classes", "objects", "objects of each slice"}
        What the ids are; objects may go through a volume or not.
    """

    prediction: Placed
    truth: Placed
    ignore: tuple[int, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)
    kind: Kind = "classes"


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
    """

    report: Report
    note: str = ""
    objects: ObjectReport | None = None
    truth: Placed | None = None
    start: tuple[int, ...] = ()


def ask(
    prediction: Labels,
    truth: Labels,
    ignore: tuple[int, ...],
    kind: Kind = "classes",
) -> Comparison:
    """Take two layers as they are; what can be painted on is copied.

    Raises
    ------
    InputError
        If the dimensions of a layer are unclear, or it is too large to be copied.
    """
    return Comparison(
        prediction=_placed(prediction, sources.frozen),
        truth=_placed(truth, sources.frozen),
        ignore=ignore,
        names=class_names(prediction, truth) if kind == "classes" else {},
        kind=kind,
    )


def refer(
    prediction: Labels,
    truth: Labels,
    ignore: tuple[int, ...],
    kind: Kind = "classes",
) -> Comparison:
    """Refer to two layers without copying them; what is painted later shows.

    Raises
    ------
    InputError
        If the dimensions of a layer are unclear.
    """
    return Comparison(
        prediction=_placed(prediction, sources.referred),
        truth=_placed(truth, sources.referred),
        ignore=ignore,
        names=class_names(prediction, truth) if kind == "classes" else {},
        kind=kind,
    )


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
    objects = None
    if question.kind != "classes":
        objects = yield from _first_half(_objects(pair, question))
    classes = judged(pair, question)
    report = yield from evaluation(
        classes.prediction, classes.truth, ignore=classes.ignore, names=classes.names
    )
    return Answer(
        report=replace(report, ignored=question.ignore),
        note=pair.note,
        objects=objects,
        truth=without_pixels(question.truth),
        start=pair.start,
    )


def judged(pair: Aligned, question: Comparison) -> Judged:
    """The classes of which the report tells: of objects, whether there is any."""
    if question.kind == "classes":
        return Judged(pair.prediction, pair.truth, question.ignore, question.names)
    found, wanted = (
        replace(side, array=Foreground(side.array, question.ignore))
        for side in (pair.prediction, pair.truth)
    )
    return Judged(found, wanted, (NOT_ANNOTATED,), NAMES)


def without_pixels(placed: Placed) -> Placed:
    """Labels of which only their place is kept."""
    nothing = np.broadcast_to(np.uint8(0), placed.image.shape)
    return replace(placed, image=replace(placed.image, array=nothing))


def _objects(
    pair: Aligned, question: Comparison
) -> Generator[float, None, ObjectReport]:
    through = question.kind == "objects" and "Z" in pair.truth.axes
    return object_report(
        pair.prediction,
        pair.truth,
        dimensions=3 if through else 2,
        ignore=question.ignore,
    )


def _first_half(steps: Generator[float, None, T]) -> Generator[float, None, T]:
    """Take the steps of a job that has another one after it, and return its result."""
    while True:
        try:
            share = next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        yield share / 2


def ids_in(text: str) -> tuple[int, ...]:
    """Read labels as a person writes them: "0", "0, 255", or nothing at all.

    Raises
    ------
    InputError
        If there is anything else.
    """
    words = [word for word in re.split(r"[\s,;]+", text) if word]
    for word in words:
        if not (word.isascii() and word.isdigit()):
            raise InputError(
                f"'{word}' is no label",
                "Write whole numbers as in 0, 255 under Not annotated, or nothing",
            )
    return tuple(sorted({int(word) for word in words}))


def likely_pair(
    layers: Sequence[Labels],
    prediction: Labels | None = None,
    truth: Labels | None = None,
) -> tuple[Labels | None, Labels | None]:
    """Guess prediction and truth.

    Parameters
    ----------
    layers : sequence of Labels
        The newest first.
    prediction, truth : Labels, optional
        What is known already.

    Returns
    -------
    prediction, truth : Labels or None
        The newest layer that a model of ours has made, or else the newest; and the
        newest of the others that no model has made, or else the newest of them.
    """
    if prediction is None:
        others = [layer for layer in layers if layer is not truth]
        made = [layer for layer in others if _is_made(layer)]
        prediction = next(iter([*made, *others]), None)
    if truth is None:
        others = [layer for layer in layers if layer is not prediction]
        painted = [layer for layer in others if not _is_made(layer)]
        truth = next(iter([*painted, *others]), None)
    return prediction, truth


def _is_made(layer: Labels) -> bool:
    """Whether a model has made a layer; one that we only saved has notes too."""
    notes = layer.metadata.get(NAMESPACE)
    return isinstance(notes, dict) and not _OF_MODEL.isdisjoint(notes)


def class_names(prediction: Labels, truth: Labels) -> dict[int, str]:
    """Names of the classes by id: those of the truth, or else of the prediction."""
    names = sources.class_names(truth) or sources.class_names(prediction)
    return {int(identity): name for identity, name in names.items()}


def _placed(layer: Labels, taken: Callable[[Image], Image]) -> Placed:
    image = taken(sources.labels_of(layer))
    return place(image, layer.as_layer_data_tuple()[1])
