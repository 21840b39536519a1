"""The command line of a run asks the very same question."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_unetseg.cli import segment as segment_module
from napari_unetseg.cli import train as train_module
from napari_unetseg.core.config import (
    AugmentConfig,
    InstancesConfig,
    SegmentConfig,
    Size,
    TrainConfig,
)
from napari_unetseg.core.presets import PRESETS, train_config
from napari_unetseg.runs.folder import read_question
from napari_unetseg.runs.questions import PixelSize, SegmentQuestion, TrainQuestion
from napari_unetseg.runs.recipe import command_line

# Whatever an option can say, beside what is usual.
TRAINED = {
    "task": "instances",
    "unannotated": "0",
    "validation": "3,7",
    "minutes": 2.5,
    "steps": 70,
    "seed": 3,
    "learning_rate": 0.02,
    "schedule": "poly",
    "optimiser": "sgd",
    "weight_decay": 1e-5,
    "clip": 0.0,
    "averaging": 0.0,
    "patience": 2,
    "network": "unet-res",
    "base": 24,
    "depth": 3,
    "upsampling": "linear",
    "deep_supervision": True,
    "patch": 96,
    "batch": 3,
    "centres": "objects",
    "loss": "focal",
    "class_weights": "median-frequency",
    "device": "cpu",
    "precision": "fp32",
    "memory": 50,
    "augment": AugmentConfig(noise=1 / 3, rotate=False, elastic_sigma=0.1),
}
INSTANCES = {"apart": "gap", "border": 1.5, "weights": "none", "ring": 0.0}
SEGMENTED = {
    "tile": 96,
    "region": {"Z": (1, 3), "Y": (0, 10)},
    "rescale": False,
    "average": "flips",
    "thresholds": {2: 0.7, 3: 1 / 3},
    "objects": "instances",
    "link": True,
    "smallest": {1: Size(value=50), 2: Size(value=0.5, unit="um")},
    "holes": {3: Size(value=7)},
    "device": "cpu",
    "precision": "fp16",
    "memory": 5,
}


def some(values):
    """Some of the entries of a dictionary."""
    names = st.lists(st.sampled_from(sorted(values)), unique=True)
    return names.map(lambda chosen: {name: values[name] for name in chosen})


@pytest.fixture
def again(here, unetseg, monkeypatch):
    """Ask what a command line asks, without starting its run."""
    count = iter(range(10**6))

    def function(line):
        folders = []

        def follow(folder, **_):
            folders.append(folder)
            return {}

        monkeypatch.setattr(train_module, "follow", follow)
        monkeypatch.setattr(segment_module, "follow", follow)
        program, *words = shlex.split(line)
        assert program == "unetseg"
        run = here / f"run {next(count)}"
        answer = unetseg(*words, "--run", run)
        assert answer.code == 0, answer.err
        return read_question(folders[0])

    return function


SEVERAL = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@SEVERAL
@given(
    preset=st.sampled_from(sorted(PRESETS)),
    volumes=st.booleans(),
    wishes=some(TRAINED),
    objects=some(INSTANCES),
)
def test_of_a_training(again, here, preset, volumes, wishes, objects):
    if "steps" in wishes:
        wishes["minutes"] = None
    if volumes:
        wishes["dimensions"] = 3
    if wishes.get("task") == "instances":
        wishes["instances"] = InstancesConfig(**objects)
    question = TrainQuestion(
        images=(str(here / "a.tif"), str(here / "b.tif")),
        labels=(str(here / "a-lab.tif"), str(here / "b-lab.tif")),
        model=str(here / "m.unetseg.safetensors"),
        config=train_config(preset, **wishes),
    )
    line, missing = command_line(question)
    assert missing == []
    assert str(here) not in line
    assert again(line) == question


def test_of_a_training_with_all_that_images_need(again, here):
    question = TrainQuestion(
        images=(str(here / "a.tif"),),
        labels=(str(here / "a-lab.tif"),),
        regions=(str(here / "b-lab.tif"),),
        model=str(here / "my model"),
        start_from=str(here / "old.safetensors"),
        axes="ZYX",
        pixel_size=PixelSize(spacing=(50.0, 1 / 3, 4.0), unit="nm"),
        channels=("actin", "dna"),
        config=train_config(freeze=True),
    )
    line, missing = command_line(question)
    assert missing == []
    assert again(line) == question


@SEVERAL
@given(
    wishes=some(SEGMENTED),
    uncertainty=st.sampled_from(["none", "entropy", "disagreement"]),
    scores=st.booleans(),
    mask=st.sampled_from([None, "b.tif"]),
)
def test_of_a_segmentation(again, here, wishes, uncertainty, scores, mask):
    if uncertainty == "disagreement":
        wishes["average"] = "rotations"
    config = SegmentConfig(**wishes, uncertainty=uncertainty, scores=scores)
    other = here / "other.safetensors"
    other.write_bytes((here / "old.safetensors").read_bytes())
    question = SegmentQuestion(
        image=str(here / "a.tif"),
        model=str(here / "old.safetensors"),
        models_besides=(str(other),) if scores else (),
        out=str(here / "o.ome.tif"),
        scores=str(here / "s.ome.tif") if scores else None,
        uncertainty=None if uncertainty == "none" else str(here / "u.ome.tif"),
        mask=None if mask is None else str(here / mask),
        config=config,
    )
    line, missing = command_line(question)
    assert missing == []
    assert again(line) == question


def test_what_no_option_states_is_told():
    config = train_config(
        dropout=0.2, task="instances", instances=InstancesConfig(sigma=3)
    )
    question = TrainQuestion(images=("a",), labels=("b",), model="m", config=config)
    _, missing = command_line(question)
    assert missing == ["dropout = 0.2", "instances.sigma = 3.0"]


def test_every_setting_is_known():
    """A new one has to be stated, or told to be missing."""
    from napari_unetseg.runs import recipe

    known = {*recipe._TRAIN, "instances", "preset", "augment", "dropout"}
    assert known == set(TrainConfig.model_fields)
    objects = {*recipe._INSTANCES, "weight", "sigma"}
    assert objects == set(InstancesConfig.model_fields)
    rest = {"region", "rescale", "uncertainty", "scores", "thresholds"}
    rest |= {"smallest", "holes"}
    assert {*recipe._SEGMENT} | rest == set(SegmentConfig.model_fields)
