"""Answers that are arrays, for somebody who looks: patches, and a quick prediction.

They are written into the folder of the question, where `glances` reads them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core import jobs
from napari_unetseg.core.events import Finished
from napari_unetseg.core.network.modelfile import load_model
from napari_unetseg.core.prepare.shapes import read_region
from napari_unetseg.core.read import read_image
from napari_unetseg.core.train.preview import drawn
from napari_unetseg.core.train.wishes import Predicted
from napari_unetseg.runs import images as inputs
from napari_unetseg.runs import models
from napari_unetseg.runs.glances import PATCHES
from napari_unetseg.runs.previews import write_preview

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from napari_unetseg.core.events import Event
    from napari_unetseg.runs.questions import SegmentQuestion, TrainQuestion


def draw_patches(
    question: TrainQuestion, folder: Path, count: int, step: int
) -> Generator[Event]:
    """Draw patches as a training would, and write them into ``patches.npz``.

    Parameters
    ----------
    question : TrainQuestion
        Its relative paths start at the folder.
    folder : Path
        Where the patches are written.
    count, step : int
        As for `core.train.preview.drawn`.

    Raises
    ------
    UnetsegError
        As a training would.
    """
    images, labels = (
        [inputs.sized(read_image(folder / path, axes=axes), question) for path in paths]
        for paths, axes in (
            (question.images, question.axes),
            (question.labels, question.label_axes),
        )
    )
    regions = [
        read_region(folder / path, painted)
        for path, painted in zip(question.regions, labels, strict=False)
    ]
    old = question.start_from
    found = drawn(
        images,
        labels,
        question.config,
        count,
        step=step,
        regions=regions,
        channels=question.channels,
        start_from=load_model(folder / old) if old else None,
    )
    np.savez(
        folder / PATCHES,
        images=np.stack([one.image for one in found.patches]),
        labels=np.stack([one.labels for one in found.patches]).astype(np.int32),
        weights=np.stack([one.weights for one in found.patches]),
        zoom=np.asarray(found.zoom, np.float64),
        colour=np.asarray(found.colour),
    )
    yield Finished()


def predict(question: SegmentQuestion, folder: Path) -> Generator[Event]:
    """Predict a region and how unsure it is, and write both as the only preview.

    Parameters
    ----------
    question : SegmentQuestion
        Its relative paths start at the folder; nothing is written where it says.
    folder : Path
        Where ``previews/`` is made.

    Raises
    ------
    UnetsegError
        As a segmentation would.
    """
    image = inputs.read(question, folder)
    model = models.load(question, folder)
    config = question.config.model_copy(update={"uncertainty": "entropy"})
    made = yield from jobs.segment(image, model, config)
    assert made.uncertainty is not None
    axes = made.labels.axes
    region = [
        config.region.get(axis, (0, length))
        for axis, length in zip(axes, made.labels.shape, strict=True)
    ]
    box = tuple(slice(*ends) for ends in region)
    start = tuple(first for first, _ in region)
    labels = np.asarray(made.labels.array[box])
    unsure = np.asarray(made.uncertainty.array[box])
    write_preview(folder, Predicted(0, 0, axes, start, labels, unsure))
    yield Finished()
