"""Answer a question with the science core: files in, files out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_unetseg.core import jobs
from napari_unetseg.core.network.modelfile import load_model
from napari_unetseg.core.read import read_image
from napari_unetseg.runs.folder import STATE
from napari_unetseg.runs.outputs import begin_output, check_outputs
from napari_unetseg.runs.questions import Question, TrainQuestion
from napari_unetseg.runs.segmenting import segment

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from napari_unetseg.core.events import Event
    from napari_unetseg.core.predict.work import Region


def answer(
    question: Question,
    folder: Path,
    stop: Callable[[], bool] = lambda: False,
    focus: Callable[[], Region | None] = lambda: None,
) -> Generator[Event, None, dict[str, Any]]:
    """Answer a question, or what is left of it.

    Parameters
    ----------
    question : TrainQuestion or SegmentQuestion
        Its relative paths start at the folder.
    folder : Path
        The run folder, for checkpoints and unfinished results.
    stop : callable
        Whether to end early with what there is. Only a training asks; a segmentation
        has kept all it has done whenever it is closed.
    focus : callable
        The region that somebody looks at, or None. Only a segmentation asks.

    Returns
    -------
    dict
        What was made, as plain values; empty if a training was stopped before its first
        step, when there is nothing worth a model.
    """
    if isinstance(question, TrainQuestion):
        return (yield from _train(question, folder, stop))
    return (yield from segment(question, folder, focus))


def _train(
    question: TrainQuestion, folder: Path, stop: Callable[[], bool]
) -> Generator[Event, None, dict[str, Any]]:
    check_outputs(folder, [question.model], overwrite=question.overwrite)
    images = [read_image(folder / path, axes=question.axes) for path in question.images]
    if question.pixel_size is not None:
        size = question.pixel_size
        images = [image.with_spacing(size.spacing, size.unit) for image in images]
    label_axes = question.axes.replace("C", "") if question.axes else None
    labels = [read_image(folder / path, axes=label_axes) for path in question.labels]
    old = question.start_from
    model = yield from jobs.train(
        images,
        labels,
        question.config,
        channels=question.channels,
        start_from=load_model(folder / old) if old else None,
        class_names=question.class_names,
        class_colors=question.class_colors,
        state=folder / STATE,
        stop=stop,
    )
    if not model.card.training["steps"]:
        return {}
    path = begin_output(folder, question.model, overwrite=question.overwrite)
    model.save(folder / path, overwrite=True)
    return {
        "model": Path(path).name,
        "classes": list(model.card.classes),
        "steps": model.card.training["steps"],
        "kept_step": model.card.training["kept_step"],
        "validation": model.card.validation,
    }
