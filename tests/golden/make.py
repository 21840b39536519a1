"""Ask other programs for their scores, and keep what they tell in golden.json.

    python tests/golden/make.py DATA_FOLDER

Needs monai, py-ctcmetrics, stardist and torchmetrics; the tests need none of them.
"""

from __future__ import annotations

import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
import torch
from cases import SPACING, classes, objects
from ctc_metrics.metrics import det, seg
from ctc_metrics.utils.representations import (
    count_acyclic_graph_correction_operations,
    match,
)
from monai.metrics import compute_dice, compute_hausdorff_distance, compute_iou
from stardist.matching import matching_dataset
from torchmetrics.functional.classification import multiclass_jaccard_index

if TYPE_CHECKING:
    from cases import Frames

OBJECTS = ("one row", "random planes", "random volume", "dic-hela", "gonuclear")
CLASSES = ("random plane", "random volume", "isbi")
PACKAGES = ("monai", "py-ctcmetrics", "stardist", "torchmetrics")


def main(data: Path) -> None:
    found = {
        "versions": {name: version(name) for name in PACKAGES},
        "objects": {name: of_objects(objects(name, data)) for name in OBJECTS},
        "classes": {name: of_classes(*classes(name, data)) for name in CLASSES},
    }
    path = Path(__file__).with_name("golden.json")
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def of_objects(frames: Frames) -> dict[str, Any]:
    told: dict[str, Any] = challenge(frames)
    truths, predictions = zip(*frames, strict=True)
    for percent in range(50, 100, 5):
        # It takes an IoU that equals the threshold for a match, and we do not.
        # Its IoUs are float32.
        just = float(np.nextafter(np.float32(percent / 100), np.float32(1)))
        one = matching_dataset(truths, predictions, just, show_progress=False)
        told[f"{percent / 100:g}"] = {
            "tp": int(one.tp),
            "fp": int(one.fp),
            "fn": int(one.fn),
            "f1": float(one.f1),
            "ap": float(one.accuracy),
            "precision": float(one.precision),
            "recall": float(one.recall),
            "pq": float(one.panoptic_quality),
        }
    return told


def challenge(frames: Frames) -> dict[str, Any]:
    """SEG and DET, from files as the challenge has them."""
    matches = []
    with tempfile.TemporaryDirectory() as folder:
        for number, pair in enumerate(frames):
            paths = [str(Path(folder, f"{s}{number}.tif")) for s in "tp"]
            for path, side in zip(paths, pair, strict=True):
                tifffile.imwrite(path, side.astype(np.int32))
            matches.append(match(*paths))
    labels_ref, labels_comp, mapped_ref, mapped_comp, ious = zip(*matches, strict=True)
    counts = count_acyclic_graph_correction_operations(
        None, None, labels_ref, labels_comp, mapped_ref, mapped_comp
    )
    return {"seg": seg(labels_ref, ious), "det": det(**counts)}


def of_classes(truth: np.ndarray, prediction: np.ndarray) -> dict[str, Any]:
    count = 4
    sides = [torch.from_numpy(side.copy()) for side in (prediction, truth)]
    hot = [
        torch.nn.functional.one_hot(side, count).movedim(-1, 0)[None] for side in sides
    ]
    spacing = SPACING[truth.ndim]
    away = compute_hausdorff_distance(
        *hot, include_background=True, percentile=95, spacing=list(spacing)
    )
    told: dict[str, Any] = {
        "jaccard": multiclass_jaccard_index(*sides, count, average="none").tolist(),
        "jaccard without 2": multiclass_jaccard_index(
            *sides, count, average="none", ignore_index=2
        ).tolist(),
        "dice": compute_dice(*hot).tolist()[0],
        "iou": compute_iou(*hot).tolist()[0],
        "hausdorff95": away.tolist()[0],
    }
    return {
        name: [None if np.isnan(v) or np.isinf(v) else v for v in values]
        for name, values in told.items()
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
