"""Answer a question with the science core: files in, files out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_unetseg.core import jobs
from napari_unetseg.core.network.card import read_card
from napari_unetseg.core.network.modelfile import load_model
from napari_unetseg.core.predict.fit import fit
from napari_unetseg.core.read import read_image
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.runs.folder import STATE, programs
from napari_unetseg.runs.outputs import begin_output, check_outputs
from napari_unetseg.runs.questions import Question, SegmentQuestion, TrainQuestion
from napari_unetseg.runs.status import status
from napari_unetseg.runs.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from napari_unetseg.core.events import Event
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.card import ModelCard


def answer(
    question: Question, folder: Path, stop: Callable[[], bool] = lambda: False
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

    Returns
    -------
    dict
        What was made, as plain values; empty if a training was stopped before its first
        step, when there is nothing worth a model.
    """
    if isinstance(question, TrainQuestion):
        return (yield from _train(question, folder, stop))
    return (yield from _segment(question, folder))


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


def _segment(
    question: SegmentQuestion, folder: Path
) -> Generator[Event, None, dict[str, Any]]:
    outputs = [question.out, *([question.scores] if question.scores else [])]
    check_outputs(folder, outputs, overwrite=question.overwrite)
    card = read_card(folder / question.model)
    image = fit(read_image(folder / question.image, axes=question.axes), card)
    model = load_model(folder / question.model)
    config = question.config.model_copy(update={"scores": question.scores is not None})
    arrays = jobs.result_arrays(image, card)
    if not config.scores:
        arrays.pop("scores")
    store = open_store(folder, arrays, image, card.sha256)
    before = status(folder)
    result = yield from jobs.segment(
        image, model, config, **store, done=(before.done, before.total)
    )
    how = _provenance(image, card, question)
    # By these notes napari opens the file as labels; see layers/notes.py.
    painted = {"kind": "labels", "class_names": json.dumps(card.class_names)}
    written: list[str] = []
    for path, made in zip(outputs, (result.labels, result.scores), strict=False):
        assert made is not None
        name = begin_output(folder, path, overwrite=question.overwrite)
        notes = how | painted if made is result.labels else how
        write_ome_tiff(folder / name, made, overwrite=True, description=notes)
        written.append(Path(name).name)
    return {
        "image": image.name,
        "out": written,
        "shape": list(result.labels.shape),
        "axes": result.labels.axes,
    }


def _provenance(
    image: Image, card: ModelCard, question: SegmentQuestion
) -> dict[str, str]:
    """How a result was made: names and hashes, no paths."""
    return {
        "image": image.name,
        "model": Path(question.model).name,
        "model_sha256": card.sha256,
        "network": card.network.model_dump_json(),
        "classes": ",".join(map(str, card.classes)),
        "made_by": " ".join(["napari-unetseg", programs()["napari-unetseg"]]),
    }
