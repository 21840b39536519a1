"""How a run was made, as sentences and a command: true, and without a path."""

from __future__ import annotations

import pytest

from napari_unetseg.core.config import InstancesConfig, SegmentConfig, Size
from napari_unetseg.core.errors import RunError
from napari_unetseg.core.events import Finished
from napari_unetseg.core.presets import train_config
from napari_unetseg.runs import client
from napari_unetseg.runs.journal import Journal
from napari_unetseg.runs.methods import how_made
from napari_unetseg.runs.questions import PairsFolder, SegmentQuestion, TrainQuestion
from oracles.models import random_model


def asked(folder, question, result=None):
    client.create(folder, question)
    if result is not None:
        with Journal(folder) as journal:
            journal.append(Finished(result=result))
    return how_made(folder)


def test_a_finished_training(tmp_path):
    validation = {"slices": [3, 4], "mean_iou": 0.81234, "iou": {}}
    found = asked(
        tmp_path / "run",
        TrainQuestion(
            images=(str(tmp_path / "em.tif"),),
            labels=(str(tmp_path / "em-labels.tif"),),
            model=str(tmp_path / "em.unetseg.safetensors"),
            config=train_config(steps=665, base=16, patch=256, batch=4, seed=7),
        ),
        {"model": "em.unetseg.safetensors", "steps": 665, "validation": validation},
    )
    sentences, line = found.strip().split("\n\n")
    assert sentences.startswith("A U-Net (unet-bn, 2D, 16 channels at the first level")
    for words in (
        "doi:10.1007/978-3-319-24574-4_28",
        "on em.tif, annotated in em-labels.tif, for 665 steps of 4 patches of 256 ",
        "AdamW, learning rate 0.005, cosine schedule, cross-entropy loss, seed 7",
        "On the validation slices 3, 4, which also chose the weights: mean IoU 0.812.",
    ):
        assert words in sentences
    assert line.startswith("unetseg train --image em.tif --labels em-labels.tif")
    assert str(tmp_path) not in found


def test_a_training_on_a_folder_of_pairs(tmp_path):
    question = TrainQuestion(
        images=("a.tif", "x/images/b.tif", "x/images/c.tif"),
        labels=("a-labels.tif", "x/labels/b.tif", "x/labels/c.tif"),
        pairs=PairsFolder(path=str(tmp_path / "x"), count=2),
        model="m",
    )
    found = asked(tmp_path / "both", question)
    assert "on a.tif, annotated in a-labels.tif, and on the 2 pairs of image" in found
    assert "labels in the folder x, for 5 minutes" in found
    assert "--image a.tif --labels a-labels.tif --pairs x --model m" in found
    assert str(tmp_path) not in found

    one = {"images": question.images[1:2], "labels": question.labels[1:2]}
    pairs = PairsFolder(path="x", count=1)
    found = asked(tmp_path / "one", TrainQuestion(**one, pairs=pairs, model="m"))
    assert "on the pair of image and labels in the folder x, for" in found


def test_a_training_of_objects_that_has_not_ended(tmp_path):
    config = train_config(
        "fast", task="instances", instances=InstancesConfig(apart="gap"), dropout=0.25
    )
    question = TrainQuestion(images=("a",), labels=("b",), model="m", config=config)
    found = asked(tmp_path / "run", question)
    assert "for 5 minutes (AdamW" in found
    assert "kept apart by a gap of one pixel. Nothing was validated." in found
    assert found.endswith("command line: dropout = 0.25.\n")


def test_a_segmentation_tells_of_its_model(tmp_path):
    path = tmp_path / "cells.unetseg.safetensors"
    random_model("unet-bn", depth=1).save(path)
    config = SegmentConfig(
        average="flips", region={"Y": (0, 9)}, smallest={2: Size(value=50)}
    )
    question = SegmentQuestion(
        image=str(tmp_path / "a.tif"), model=str(path), out="out.tif", config=config
    )
    found = asked(tmp_path / "run", question)
    for words in (
        "a.tif was segmented with napari-unetseg",
        "by the model cells.unetseg.safetensors (SHA-256 ",
        "a U-Net (unet-bn, 2D, 2 channels at the first level, depth 1)",
        "averaged over mirrored views. Only a part was segmented, in pixels: Y 0 to 9.",
        "Objects of class 2 smaller than 50 pixel were left out.",
        "unetseg segment a.tif --model cells.unetseg.safetensors --out out.tif",
    ):
        assert words in found
    assert str(tmp_path) not in found


def test_without_its_model_a_segmentation_names_it_all_the_same(tmp_path):
    question = SegmentQuestion(image="a.tif", model="gone.safetensors", out="o.tif")
    found = asked(tmp_path / "run", question)
    assert "by the model gone.safetensors." in found


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunError, match="is not a run folder"):
        how_made(tmp_path)
