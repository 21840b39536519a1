"""What a segmentation writes opens as labels, with the names of the classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.contributions.reader import read_layers
from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.image import Image
from napari_unetseg.core.presets import train_config
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.runs import client, engine
from napari_unetseg.runs.questions import SegmentQuestion, TrainQuestion

if TYPE_CHECKING:
    from pathlib import Path

    from napari_unetseg.runs.questions import Question

TINY = {"steps": 2, "base": 2, "depth": 1, "patch": 16, "batch": 1}
PLACE = {"axes": "ZYX", "spacing": (50, 4, 4), "unit": "nm"}


def run(folder: Path, question: Question) -> None:
    client.create(folder, question)
    assert engine.execute(folder) == engine.FINISHED


def test_a_segmentation_opens_as_labels_and_its_scores_as_images(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(1, 3, (2, 32, 40)).astype(np.uint8)
    image, painted, model, out, scores = (
        str(tmp_path / name)
        for name in ("i.tif", "p.tif", "m.unetseg.safetensors", "o.ome.tif", "s.tif")
    )
    write_ome_tiff(image, Image(array=labels * 60, **PLACE))
    write_ome_tiff(painted, Image(array=labels, **PLACE))
    train = TrainQuestion(
        images=(image,),
        labels=(painted,),
        model=model,
        class_names={"2": "membrane"},
        config=train_config(validation="1", **TINY),
    )
    run(tmp_path / "train.run", train)
    segment = SegmentQuestion(
        image=image, model=model, out=out, scores=scores, config=SegmentConfig(tile=16)
    )
    run(tmp_path / "segment.run", segment)

    [(data, about, kind)] = read_layers(out)
    assert (data.shape, data.dtype, kind) == (labels.shape, np.uint8, "labels")
    assert about["features"] == {"index": [2], "class": ["membrane"]}
    assert about["scale"] == (50, 4, 4)
    assert about["metadata"]["napari-unetseg"]["image"] == "i.tif"
    [(data, about, kind)] = read_layers(scores)
    assert (data.shape, kind) == ((2, *labels.shape), "image")
    assert about["name"] == ["class 1", "membrane"]
    assert "kind" not in about["metadata"]["napari-unetseg"]
