"""What somebody wants to look at, made by a process that loads torch in our place."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

import napari_unetseg as us
from napari_unetseg.core import jobs
from napari_unetseg.core.config import NetworkConfig, SegmentConfig
from napari_unetseg.core.draining import result_of
from napari_unetseg.core.errors import RunError
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.core.network.modelfile import Model
from napari_unetseg.core.train.preview import drawn
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.runs import foretelling
from napari_unetseg.runs.foreteller import Foreteller
from napari_unetseg.runs.glances import ask_patches, ask_prediction
from napari_unetseg.runs.questions import SegmentQuestion, TrainQuestion
from oracles.trainings import stack


class Here(Foreteller):
    """Answers in this process."""

    def request(self, asked):
        yield
        lines = foretelling.answers_to(json.dumps({"number": 1, **asked}))
        events = [json.loads(line).get("event") for line in lines]
        return tuple(map(foretelling_event, filter(None, events)))


def foretelling_event(line):
    from napari_unetseg.core.events import from_json

    return from_json(line)


@pytest.fixture
def pair(tmp_path):
    image, labels = stack()
    write_ome_tiff(tmp_path / "image.ome.tif", image)
    write_ome_tiff(tmp_path / "labels.ome.tif", labels)
    return image, labels


def training(**settings):
    return TrainQuestion(
        images=("image.ome.tif",),
        labels=("labels.ome.tif",),
        model="m",
        config=us.train_config("fast", patch=16, seed=3, **settings),
    )


@pytest.mark.parametrize("how", [{}, {"task": "instances"}, {"dimensions": 3}], ids=str)
def test_patches_are_those_that_the_training_draws(pair, tmp_path, how):
    image, labels = pair
    question = training(**how)

    found = result_of(ask_patches(Here(), question, tmp_path, count=3, step=2))

    expected = drawn([image], [labels], question.config, 3, step=2)
    for number, one in enumerate(expected.patches):
        np.testing.assert_allclose(found.images[number], one.image, atol=1e-6)
        np.testing.assert_array_equal(found.labels[number], one.labels)
        np.testing.assert_array_equal(found.weights[number], one.weights)
    assert (found.zoom, found.colour) == (expected.zoom, expected.colour)


def test_what_a_training_would_refuse_is_said(pair, tmp_path):
    _, labels = pair
    labels.array[:] = 0
    write_ome_tiff(tmp_path / "labels.ome.tif", labels, overwrite=True)

    with pytest.raises(RunError, match="no painted pixel"):
        result_of(ask_patches(Here(), training(), tmp_path, count=1, step=0))


def test_a_prediction_is_that_of_a_segmentation_with_its_entropy(pair, tmp_path):
    image, _ = pair
    network = NetworkConfig(base=2, depth=1)
    card = ModelCard(network=network, classes=(1, 3), halo=(8, 8))
    model = Model(card, network_of(network, seed=3).state_dict())
    model.save(tmp_path / "m.unetseg.safetensors")
    region = {"Z": (1, 2), "Y": (3, 20)}
    question = SegmentQuestion(
        image="image.ome.tif",
        model="m.unetseg.safetensors",
        out="out.zarr",
        config=SegmentConfig(region=region),
    )

    found = result_of(ask_prediction(Here(), question, tmp_path))

    config = SegmentConfig(region=region, uncertainty="entropy")
    expected = result_of(jobs.segment(image, model, config))
    assert (found.axes, found.start) == ("ZYX", (1, 3, 0))
    box = (slice(1, 2), slice(3, 20))
    np.testing.assert_array_equal(found.labels, expected.labels.array[box])
    np.testing.assert_allclose(
        found.uncertainty, expected.uncertainty.array[box], atol=0.003
    )
    assert not (tmp_path / "out.zarr").exists()


@pytest.mark.slow
def test_one_process_answers_one_after_the_other(pair, tmp_path):
    helper = Foreteller()
    try:
        first = result_of(ask_patches(helper, training(), tmp_path, count=2, step=0))
        process = helper._process
        other = result_of(ask_patches(helper, training(), tmp_path, count=2, step=1))
        assert helper._process is process
    finally:
        helper.close()
    assert first.images.shape == other.images.shape == (2, 1, 16, 16)
    assert not np.array_equal(first.images, other.images)


def test_who_is_given_up_gets_nothing(pair, tmp_path):
    helper = Foreteller()
    asking = ask_patches(helper, training(), tmp_path, count=2, step=0)
    next(asking)
    helper.close()

    assert result_of(asking) is None


def test_who_asks_loads_no_torch():
    code = "import sys, napari_unetseg.runs.glances\nprint('torch' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )
    assert answer.stdout.strip() == "False"
