"""The plane of two labels layers that is in view: read, compared, and mapped."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.evaluate.errors_map import errors_map
from napari_unetseg.core.evaluate.report import Report, evaluation
from napari_unetseg.core.image import Image
from napari_unetseg.gui.report.question import judged
from napari_unetseg.layers.align import Aligned, aligned
from napari_unetseg.layers.view import in_words

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.gui.report.question import Comparison, Judged
    from napari_unetseg.layers.view import Key

# Pixels that are read or mapped between two signs of life.
BAND = 1 << 22


@dataclass(frozen=True, kw_only=True, eq=False)
class PlaneQuestion:
    """The plane of two layers that is in view at one moment.

    Attributes
    ----------
    comparison : Comparison
        The two layers; they are referred to and read beside the window.
    key : tuple of int or slice, or None
        The plane as an index into the truth; None if the truth is not in view.
    classes : sequence of int or None
        Whose errors are to be mapped; None stands for all classes at once.
    stale : Event
        Set once nobody waits for the answer any more.
    """

    comparison: Comparison
    key: Key | None
    classes: Sequence[int | None] = ()
    stale: Event = field(default_factory=Event)


@dataclass(frozen=True, kw_only=True, eq=False)
class PlaneAnswer:
    """The scores of a plane.

    Attributes
    ----------
    plane : str
        Which one, as in "Z 14"; "" for the only one.
    report : Report
        Its scores.
    key : tuple of int or slice
        The plane as an index into what is compared: the truth without the margin that
        the prediction does not cover.
    errors : mapping of (int or None) to ndarray of uint8
        The map of errors of each class that was asked for.
    """

    plane: str
    report: Report
    key: Key
    errors: Mapping[int | None, NDArray[np.uint8]]


def answer(question: PlaneQuestion) -> Generator[None, None, PlaneAnswer | None]:
    """Read and compare the plane; None once the question is stale.

    Raises
    ------
    InputError
        If the two cannot be compared, or nothing of the plane can.
    """
    asked = question.comparison
    pair = aligned(asked.prediction, asked.truth)
    plane = "" if question.key is None else in_words(question.key, pair.truth.axes)
    key = within(question.key, pair)
    predicted = yield from _read(pair.prediction.array, key, question.stale)
    true = yield from _read(pair.truth.array, key, question.stale)
    if predicted is None or true is None:
        return None
    flat = replace(
        pair,
        prediction=Image(array=predicted, axes="YX", name=pair.prediction.name),
        truth=Image(array=true, axes="YX", name=pair.truth.name),
        start=(0, 0),
    )
    classes = judged(flat, asked)
    job = evaluation(
        classes.prediction, classes.truth, ignore=classes.ignore, names=classes.names
    )
    if asked.ignore and not _annotated(predicted, true, asked.ignore):
        place = f"slice {plane}" if plane else "view"
        raise InputError(f"Nothing is annotated in {place}")
    report = yield from _until(job, question.stale)
    errors = {}
    for identity in question.classes:
        errors[identity] = yield from _map(classes, identity, question.stale)
    if report is None or question.stale.is_set():
        return None
    report = replace(report, ignored=asked.ignore)
    return PlaneAnswer(plane=plane, report=report, key=key, errors=errors)


def within(key: Key | None, pair: Aligned) -> Key:
    """Where a plane of the truth is in what is compared.

    Raises
    ------
    InputError
        If it is outside.
    """
    if key is None:
        raise InputError(f"The slice in view lies outside '{pair.truth.name}'")
    moved = tuple(
        one - first if isinstance(one, int) else one
        for one, first in zip(key, pair.start, strict=True)
    )
    for one, length in zip(moved, pair.truth.shape, strict=True):
        if isinstance(one, int) and not 0 <= one < length:
            raise InputError(f"The slice in view lies outside '{pair.prediction.name}'")
    return moved


def _annotated(
    predicted: NDArray[Any], true: NDArray[Any], ignore: Sequence[int]
) -> bool:
    return not (np.isin(true, ignore) | np.isin(predicted, ignore)).all()


def _read(
    array: Any, key: Key, stale: Event
) -> Generator[None, None, NDArray[Any] | None]:
    """Copy a plane, so that no stroke falls between counting and counting."""
    seen = [axis for axis, one in enumerate(key) if isinstance(one, slice)]
    plane = np.empty([array.shape[axis] for axis in seen], array.dtype)
    first = seen[0]
    for rows in _bands(plane.shape):
        yield
        if stale.is_set():
            return None
        plane[rows] = np.asarray(array[(*key[:first], rows, *key[first + 1 :])])
    return plane


def _until(
    job: Generator[float, None, Report], stale: Event
) -> Generator[None, None, Report | None]:
    """Go on with a job until it ends or is stale."""
    try:
        while not stale.is_set():
            next(job)
            yield
    except StopIteration as end:
        report: Report = end.value
        return report
    finally:
        job.close()
    return None


def _map(
    classes: Judged, identity: int | None, stale: Event
) -> Generator[None, None, NDArray[np.uint8]]:
    errors = np.zeros(classes.truth.shape, np.uint8)
    for rows in _bands(classes.truth.shape):
        yield
        if stale.is_set():
            break
        errors[rows] = errors_map(
            classes.prediction.array[rows],
            classes.truth.array[rows],
            identity=identity,
            ignore=classes.ignore,
        )
    return errors


def _bands(shape: Sequence[int]) -> list[slice]:
    rows = max(1, BAND // max(1, shape[1]))
    return [slice(start, start + rows) for start in range(0, shape[0], rows)]
