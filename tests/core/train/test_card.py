"""What a fresh model says of how it was made is true."""

import json
from dataclasses import replace
from importlib.metadata import version

import numpy as np
import pytest
import torch

import napari_unetseg as us
from napari_unetseg.core import jobs
from napari_unetseg.core.events import Validated
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.core.network.geometry import axis_geometries
from napari_unetseg.core.prepare.trace import traced
from oracles.trainings import TINY, ask, drained, of, stack

HOW = {"validation": "0.2", "steps": 5}


@pytest.fixture(scope="module")
def trained():
    image, labels = stack(spacing=(50.0, 4.0, 4.0), unit="nm")
    return drained(ask(image, labels, **HOW, loss="dice", class_weights="equal"))


def test_it_names_what_taught_and_what_was_only_scored(trained):
    events, result = trained
    card = result.model.card
    assert card.training["images"] == ["em"]
    # The fourth slice is the gap.
    assert card.training["train_slices"] == [0, 1, 2]
    assert card.validation["slices"] == [4]
    assert card.validation["chosen_by"] == (
        "these slices also chose the step that was kept"
    )
    kept = card.training["kept_step"]
    [told] = [e for e in of(Validated, events) if e.step == kept]
    assert told.best
    assert card.validation["iou"] == told.iou
    assert card.validation["mean_iou"] == told.mean_iou
    assert card.validation["pixel_error"] == told.pixel_error
    assert "seg" not in card.validation


def test_it_knows_the_planes_that_taught_and_chose_again(trained):
    _, result = trained
    image, _ = stack(spacing=(50.0, 4.0, 4.0), unit="nm")
    turned = replace(image, array=image.array[::-1])
    found = traced(turned, result.model.card.training["seen"])
    uses = {one["index"][0]: {box[0] for box in one["boxes"]} for one in found}
    assert uses == {
        0: {"validation"},
        1: {"gap"},
        2: {"train"},
        3: {"train"},
        4: {"train"},
    }
    other = replace(image, array=image.array + 1)
    assert traced(other, result.model.card.training["seen"]) == []


def test_its_configuration_is_all_that_is_needed_to_do_it_again(trained):
    _, result = trained
    stated = result.model.card.training["config"]
    again = us.TrainConfig.check(**stated)
    assert (again.loss, again.steps, again.minutes) == ("dice", 5, None)
    assert (again.base, again.depth, again.patch, again.batch) == (2, 1, 16, 2)
    image, labels = stack(spacing=(50.0, 4.0, 4.0), unit="nm")
    _, repeated = drained(jobs.train([image], [labels], again))
    for name, tensor in result.model.tensors.items():
        assert torch.equal(tensor, repeated.model.tensors[name]), name


def test_what_was_left_to_the_device_is_stated():
    image, labels = stack(side=64)
    sizes = dict.fromkeys(("base", "depth", "patch", "batch"))
    config = us.train_config(**TINY | HOW | sizes | {"steps": 1, "preset": "fast"})
    assert (config.base, config.patch) == (8, 256)
    _, result = drained(jobs.train([image], [labels], config))
    stated = result.model.card.training["config"]
    assert [stated[n] for n in ("base", "depth", "patch", "batch")] == [8, 3, 256, 4]


def test_it_tells_pixels_channels_and_reach(trained):
    _, result = trained
    card = result.model.card
    assert (card.spacing, card.unit) == ((4.0, 4.0), "nm")
    assert card.channels == ()
    geometry = axis_geometries(result.model.network())
    assert card.halo == tuple(axis.before for axis in geometry)
    assert card.objects is None
    assert card.versions["torch"] == torch.__version__
    assert card.versions["napari-unetseg"] == version("napari-unetseg")


def test_nothing_of_the_computer_but_versions_is_told(tmp_path):
    """Names and numbers: a model is given away."""
    image, labels = stack()
    _, result = drained(ask(image, labels, **HOW, state=tmp_path / "secret"))
    for model in (result.model, result.last):
        assert "secret" not in model.card.model_dump_json()
        assert set(model.card.versions) == {"napari-unetseg", "torch", "python"}


def test_both_cards_survive_their_file(tmp_path, trained):
    _, result = trained
    for number, model in enumerate((result.model, result.last)):
        path = tmp_path / f"{number}.unetseg.safetensors"
        model.save(path)
        read = us.load_model(path)
        assert read.card.model_copy(update={"sha256": ""}) == model.card
        plain = json.loads(model.card.model_dump_json())
        assert ModelCard.model_validate(plain) == model.card


def test_names_of_several_images_and_their_slices_are_counted_through():
    pairs = [stack(slices=2, seed=1), stack(slices=3, seed=2)]
    images, labels = zip(*pairs, strict=True)
    named = [
        Image(array=one.array, axes="ZYX", name=name)
        for one, name in zip(images, ("a", "b"), strict=True)
    ]
    config = us.train_config(**TINY | HOW | {"validation": "1,4"})
    _, result = drained(jobs.train(named, list(labels), config))
    card = result.model.card
    assert card.training["images"] == ["a", "b"]
    assert card.training["train_slices"] == [0, 2, 3]
    assert card.validation["slices"] == [1, 4]


@pytest.mark.parametrize(
    ("painted", "unannotated", "names"),
    [
        ((1, 2), "auto", {"2": "mito"}),
        ((0, 2), "none", {"0": "background", "2": "mito"}),
        ((3, 7), "auto", {"7": "er"}),
    ],
)
def test_names_are_those_of_classes_that_occur(painted, unannotated, names):
    image, labels = stack()
    array = np.asarray(painted, np.uint8)[labels.array - 1]
    given = Image(array=array, axes="ZYX", name="gt")
    config = us.train_config(**TINY | HOW | {"unannotated": unannotated, "steps": 1})
    job = jobs.train(
        [image],
        [given],
        config,
        class_names={2: "mito", "7": "er", 9: "nobody"},
        class_colors={painted[1]: "#ff0000", 9: "#00ff00"},
    )
    _, result = drained(job)
    card = result.model.card
    assert card.classes == painted
    assert card.class_names == names
    assert card.class_colors == {str(painted[1]): "#ff0000"}


def test_a_training_that_could_not_be_validated_reports_no_number():
    image, labels = stack()
    _, result = drained(ask(image, labels, **HOW | {"validation": "0"}))
    assert result.model.card.validation == {}
    assert result.model.card.training["kept_step"] == 5
    for name, tensor in result.model.tensors.items():
        assert torch.equal(tensor, result.last.tensors[name])
