"""The ISBI 2012 EM stack: slices 0-14 teach, 15-19 are scored."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from clock import drained
from report import DATA

from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.evaluate.neurites import neurite_score
from napari_unetseg.core.evaluate.overlap import overlap
from napari_unetseg.core.jobs import segment
from napari_unetseg.core.read import read_image

if TYPE_CHECKING:
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.jobs import Training
    from napari_unetseg.core.network.modelfile import Model

CELL, MEMBRANE = 1, 2
TAUGHT = 15
VALIDATION = "15-19"
Scores = dict[str, float | None]


def stack() -> tuple[Image, Image]:
    """All 20 slices and their labels."""
    folder = DATA / "isbi2012-em"
    return read_image(folder / "images.tif"), read_image(folder / "labels.tif")


def scored_both(training: Training) -> Scores:
    """Judge what a user gets, and the weights of the last step under "..., last"."""
    best = scored(training.model)
    kept, last = training.model.card.training, training.last
    same = kept["kept_step"] == kept["steps"]
    latest = best if same else scored(last)
    return best | {f"{name}, last": value for name, value in latest.items()}


def scored(model: Model) -> Scores:
    """Segment the validation slices as a user would, and judge them."""
    image, labels = stack()
    part = SegmentConfig(
        region={"Z": (TAUGHT, image.shape[0])}, device="cpu", scores=True
    )
    found = drained(segment(image, model, part))
    assert found.scores is not None
    prediction = np.asarray(found.labels.array)[TAUGHT:]
    truth = np.asarray(labels.array)[TAUGHT:]
    cells = np.asarray(found.scores.array)[model.card.classes.index(CELL)]
    agreement = overlap(prediction, truth)
    return {
        "pixel error": agreement.pixel_error,
        "membrane IoU": agreement.iou[MEMBRANE],
        "cell IoU": agreement.iou[CELL],
        "mean IoU": agreement.mean_iou,
        "V-Rand": neurite_score(truth == CELL, cells[TAUGHT:]).v_rand,
    }
