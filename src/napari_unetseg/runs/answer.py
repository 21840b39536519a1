"""Answer a question with the science core: files in, files out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_unetseg.core import jobs
from napari_unetseg.core.network.modelfile import load_model, read_card
from napari_unetseg.core.predict.fit import fit
from napari_unetseg.core.read import read_image
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.runs.folder import STATE, programs
from napari_unetseg.runs.outputs import begin_output, check_outputs
from napari_unetseg.runs.questions import Question, SegmentQuestion, TrainQuestion
from napari_unetseg.runs.status import status
from napari_unetseg.runs.store import open_store

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari_unetseg.core.events import Event
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.modelfile import ModelCard


def answer(question: Question, folder: Path) -> Generator[Event, None, dict[str, Any]]:
    """Answer a question, or what is left of it.

    Parameters
    ----------
    question : TrainQuestion or SegmentQuestion
        With absolute paths.
    folder : Path
        The run folder, for checkpoints and unfinished results.

    Returns
    -------
    dict
        What was made, as plain values.
    """
    if isinstance(question, TrainQuestion):
        return (yield from _train(question, folder))
    return (yield from _segment(question, folder))


def _train(
    question: TrainQuestion, folder: Path
) -> Generator[Event, None, dict[str, Any]]:
    check_outputs(folder, [question.model], overwrite=question.overwrite)
    images = [read_image(path, axes=question.axes) for path in question.images]
    if question.pixel_size is not None:
        size = question.pixel_size
        images = [image.with_spacing(size.spacing, size.unit) for image in images]
    label_axes = question.axes.replace("C", "") if question.axes else None
    labels = [read_image(path, axes=label_axes) for path in question.labels]
    model = yield from jobs.train(
        images,
        labels,
        question.config,
        channels=question.channels,
        start_from=load_model(question.start_from) if question.start_from else None,
        state=folder / STATE,
    )
    begin_output(folder, question.model)
    model.save(question.model, overwrite=True)
    return {
        "model": Path(question.model).name,
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
    card = read_card(question.model)
    image = fit(read_image(question.image, axes=question.axes), card)
    model = load_model(question.model)
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
    for path, made in zip(outputs, (result.labels, result.scores), strict=False):
        assert made is not None
        begin_output(folder, path)
        write_ome_tiff(path, made, overwrite=True, description=how)
    return {
        "image": image.name,
        "out": [Path(path).name for path in outputs],
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
