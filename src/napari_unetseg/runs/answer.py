"""Answer a question with the science core: files in, files out."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_unetseg.core import jobs
from napari_unetseg.core.network.modelfile import load_model
from napari_unetseg.core.prepare.shapes import read_region
from napari_unetseg.core.read import read_image
from napari_unetseg.core.train.wishes import Wishes
from napari_unetseg.core.write.disk import when_there_is_room
from napari_unetseg.runs.annotations import kept_labels, kept_regions
from napari_unetseg.runs.edits import Edits
from napari_unetseg.runs.folder import LAST, STATE
from napari_unetseg.runs.images import sized
from napari_unetseg.runs.made import asked_of
from napari_unetseg.runs.outputs import begin_output, check_outputs
from napari_unetseg.runs.previews import write_preview
from napari_unetseg.runs.questions import Question, TrainQuestion
from napari_unetseg.runs.segmenting import segment
from napari_unetseg.runs.thumbnails import draw_thumbnail

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from napari_unetseg.core.events import Event
    from napari_unetseg.core.network.modelfile import Model
    from napari_unetseg.core.predict.work import Region
    from napari_unetseg.core.train.wishes import View


def answer(
    question: Question,
    folder: Path,
    stop: Callable[[], bool] = lambda: False,
    focus: Callable[[], Region | None] = lambda: None,
    paused: Callable[[], bool] = lambda: False,
    view: Callable[[], View | None] = lambda: None,
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
    paused : callable
        Whether to rest for now. Only a training asks.
    view : callable
        What somebody looks at, or None. Only a training asks.

    Returns
    -------
    dict
        What was made, as plain values; empty if a training was stopped before its first
        step, when there is nothing worth a model.
    """
    if isinstance(question, TrainQuestion):
        wishes = Wishes(
            stop=stop,
            paused=paused,
            edits=Edits(folder).new,
            view=view,
            show=partial(write_preview, folder),
        )
        return (yield from _train(question, folder, wishes))
    return (yield from segment(question, folder, focus))


def _train(
    question: TrainQuestion, folder: Path, wishes: Wishes
) -> Generator[Event, None, dict[str, Any]]:
    check_outputs(folder, [question.model], overwrite=question.overwrite)
    files = [read_image(folder / path, axes=question.axes) for path in question.images]
    images = [sized(one, question) for one in files]
    labels = yield from kept_labels(question, folder, wishes.stop)
    if labels is None:
        return {}
    labels = [sized(one, question) for one in labels]
    regions = kept_regions(question, folder)
    old = question.start_from
    training = yield from jobs.train(
        images,
        labels,
        question.config,
        regions=[
            read_region(path, painted)
            for path, painted in zip(regions, labels, strict=False)
        ],
        channels=question.channels,
        start_from=load_model(folder / old) if old else None,
        vgg16=folder / question.vgg16 if question.vgg16 else None,
        class_names=question.class_names,
        class_colors=question.class_colors,
        state=folder / STATE,
        wishes=wishes,
    )
    model = training.model
    if not model.card.training["steps"]:
        return {}
    path = begin_output(folder, question.model, overwrite=question.overwrite)
    asked = asked_of(question)
    yield from _save(_telling(model, asked), folder / path, wishes)
    draw_thumbnail(folder / path, images[0])
    # The best one is what was asked for; the last one stays beside its run.
    yield from _save(_telling(training.last, asked), folder / LAST, wishes)
    return {
        "model": Path(path).name,
        "last": LAST,
        "classes": list(model.card.classes),
        "steps": model.card.training["steps"],
        "kept_step": model.card.training["kept_step"],
        "validation": model.card.validation,
    }


def _telling(model: Model, asked: dict[str, Any]) -> Model:
    """Let a model tell what files it was trained on."""
    training = model.card.training | {"asked": asked}
    return replace(model, card=model.card.model_copy(update={"training": training}))


def _save(model: Model, path: Path, wishes: Wishes) -> Generator[Event]:
    """Write a model; on a full disk wait, unless somebody wants an end."""
    write = partial(model.save, path, overwrite=True)
    if not (yield from when_there_is_room(write, f"for '{path.name}'", wishes.stop)):
        write()  # If there still is no room, this says so.
