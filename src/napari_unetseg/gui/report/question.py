"""What the report dock asks: two layers as they are now, and their comparison."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.evaluate.report import Report, evaluation
from napari_unetseg.core.read.annotations import NAMESPACE
from napari_unetseg.gui.parts import sources
from napari_unetseg.layers.align import aligned
from napari_unetseg.layers.place import Placed, place

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from napari.layers import Labels

    from napari_unetseg.core.image import Image

# What labels that a model has made know of it, in a layer or from a file.
_OF_MODEL = {"model", "model sha256", "model_sha256"}


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
    """

    prediction: Placed
    truth: Placed
    ignore: tuple[int, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """The scores, and a sentence on how pixels were matched; "" if one by one."""

    report: Report
    note: str = ""


def ask(prediction: Labels, truth: Labels, ignore: tuple[int, ...]) -> Comparison:
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
        names=class_names(prediction, truth),
    )


def refer(prediction: Labels, truth: Labels, ignore: tuple[int, ...]) -> Comparison:
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
        names=class_names(prediction, truth),
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
    report = yield from evaluation(
        pair.prediction, pair.truth, ignore=question.ignore, names=question.names
    )
    return Answer(report=report, note=pair.note)


def compared(report: Report) -> str:
    """Which two layers were compared."""
    return f"'{report.prediction}' against '{report.truth}'"


def in_words(answer: Answer) -> str:
    """How many pixels are wrong, which were left out, and how they were matched."""
    report, pooled = answer.report, answer.report.overlap
    share = _percent(pooled.pixel_error or 0)
    sentences = [f"{share} of {pooled.total:,} pixels have the wrong class."]
    if report.ignored:
        ids = ", ".join(map(str, report.ignored))
        sentences.append(
            f"Label {ids} is not annotated and does not count."
            if len(report.ignored) == 1
            else f"Labels {ids} are not annotated and do not count."
        )
    return " ".join([*sentences, answer.note]).strip()


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


def _percent(share: float) -> str:
    """A share in percent; a small one is not rounded to nothing."""
    return "Less than 0.01 %" if 0 < share < 0.00005 else f"{100 * share:.2f} %"


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
