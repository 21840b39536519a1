"""A training that starts from a model takes over what fits, and says what does not."""

import numpy as np
import pytest
import torch

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.errors import InputError, ModelError
from napari_unetseg.core.events import Started
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.card import Objects
from napari_unetseg.core.network.modelfile import Model
from napari_unetseg.core.train.start import starting_network, teach
from oracles.models import random_model
from oracles.trainings import ask, drained, notes, stack

NETWORKS = ["unet-bn", "unet", "unet-res"]
KINDS = [(name, False) for name in NETWORKS] + [("unet-bn", True)]
CONTRACTING = ("down.", "pool.")


def model_of(name, volumes):
    """A model of which no weight or bias is as in a fresh network."""
    model = random_model(name, depth=1 if volumes else 2, volumes=volumes)
    changed = {k: v + 1 if v.ndim else v for k, v in model.tensors.items()}
    return type(model)(model.card, changed)


def first_layer(name, network):
    """Names of what the layer that sees the image has, and its batch norm, if any."""
    stems = ["down.0.0."] if name == "unet" else ["down.0.0.", "down.0.1."]
    return {key for key in network.state_dict() if key.startswith(tuple(stems))}


def started(model, seed=7, *, freeze=False, **other):
    asked = model.card.network.model_copy(update=other)
    return starting_network(asked, seed, model, freeze=freeze)


@pytest.mark.parametrize(("name", "volumes"), KINDS)
def test_with_the_same_classes_and_channels_all_is_taken_over(name, volumes):
    model = model_of(name, volumes)
    network, config, told = started(model)
    assert config == model.card.network
    assert told == ["Starts from a " + name + " of 2 channels at the first level."]
    for key, tensor in network.state_dict().items():
        assert torch.equal(tensor, model.tensors[key]), key


@pytest.mark.parametrize(("name", "volumes"), KINDS)
def test_other_classes_replace_the_last_layer_alone(name, volumes):
    model = model_of(name, volumes)
    network, config, told = started(model, classes=5)
    assert (config.classes, model.card.network.classes) == (5, 3)
    fresh = network_of(config, 7).state_dict()
    for key, tensor in network.state_dict().items():
        wanted = fresh if key.startswith("head.") else model.tensors
        assert torch.equal(tensor, wanted[key]), key
    assert "3 classes and these labels have 5: its last layer starts anew." in told[1]


def test_the_heads_of_the_coarser_levels_are_replaced_too():
    model = random_model("unet-bn", depth=3)
    deep = model.card.network.model_copy(update={"deep_supervision": True})
    card = model.card.model_copy(update={"network": deep})
    old = type(model)(card, network_of(deep, 3).state_dict())
    network, config, _ = started(old, classes=2)
    fresh = network_of(config, 7).state_dict()
    heads = [k for k in fresh if k.startswith(("head.", "auxiliary."))]
    assert len(heads) > 2
    for key, tensor in network.state_dict().items():
        wanted = fresh if key in heads else old.tensors
        assert torch.equal(tensor, wanted[key]), key


@pytest.mark.parametrize(("name", "volumes"), KINDS)
@pytest.mark.parametrize("freeze", [False, True])
def test_other_channels_start_the_first_layer_anew_and_say_so(name, volumes, freeze):
    model = model_of(name, volumes)
    network, config, told = started(model, channels=3, freeze=freeze)
    fresh = network_of(config, 7)
    anew = first_layer(name, fresh)
    for key, tensor in network.state_dict().items():
        wanted = fresh.state_dict() if key in anew else model.tensors
        assert torch.equal(tensor, wanted[key]), key
    assert any(
        "1 channels and these images have 3: its first layer starts anew" in text
        for text in told
    )
    weights = dict(network.named_parameters())
    learns = {key for key, weight in weights.items() if weight.requires_grad}
    assert anew & set(weights) <= learns
    contracting = {key for key in weights if key.startswith("down.")}
    assert (contracting & learns == anew & set(weights)) is freeze


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_asked_for_besides_does_not_count(name):
    """A model brings its own width and depth."""
    model = model_of(name, volumes=False)
    wish = NetworkConfig(name="unet", base=9, depth=4, classes=3)
    _, config, _ = starting_network(wish, 0, model)
    assert config == model.card.network


# Freezing.


def unlike(one, other):
    return {key for key in one if not torch.equal(one[key], other[key])}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("optimiser", ["adamw", "sgd"])
def test_a_frozen_path_keeps_every_bit_while_the_rest_learns(name, optimiser):
    """Its batch norm keeps its statistics too; weight decay does not shrink it."""
    model = random_model(name, depth=2, classes=(1, 2))
    how = {"validation": "0.2", "steps": 4, "learning_rate": 0.05, "dropout": 0.2}
    how |= {"optimiser": optimiser, "start_from": model, "weight_decay": 0.1}
    image, labels = stack()
    _, frozen = drained(ask(image, labels, **how, freeze=True))
    changed = unlike(model.tensors, frozen.last.tensors)
    assert not {key for key in changed if key.startswith(CONTRACTING)}
    rest = {key for key in model.tensors if not key.startswith(CONTRACTING)}
    assert {key for key in rest if "num_batches" not in key} <= changed
    _, free = drained(ask(image, labels, **how))
    statistics = [key for key in model.tensors if key.endswith("running_mean")]
    assert set(statistics) <= unlike(model.tensors, free.last.tensors)


def test_frozen_trainings_are_resumed_to_the_bit(tmp_path):
    how = {"start_from": random_model("unet-bn", depth=2, classes=(1, 2))}
    how |= {"validation": "0.2", "steps": 4, "freeze": True}
    image, labels = stack()
    _, whole = drained(ask(image, labels, **how))
    drained(
        ask(image, labels, **how, state=tmp_path),
        lambda events: type(events[-1]).__name__ == "Step" and events[-1].step == 2,
    )
    _, resumed = drained(ask(image, labels, **how, state=tmp_path))
    assert not unlike(whole.last.tensors, resumed.last.tensors)


def test_layers_learn_or_rest_as_their_weights_do():
    network, _, told = started(model_of("unet-bn", volumes=False), freeze=True)
    assert told[-1] == "The contracting path keeps the weights of the model."
    teach(network)
    norms = {n: m for n, m in network.named_modules() if hasattr(m, "running_mean")}
    assert norms
    for name, norm in norms.items():
        assert norm.training is not name.startswith("down."), name
    assert network.training
    assert all(drop.training for drop in network.drop)


def test_without_a_model_there_is_nothing_to_freeze():
    image, labels = stack()
    events = []
    with pytest.raises(InputError, match=r"no contracting path .* Give a model"):
        events.extend(ask(image, labels, freeze=True))
    assert events == []


# From images to a model.


def test_a_training_says_what_it_starts_from_before_it_does():
    image, labels = stack()
    colours = Image(
        array=np.stack([image.array] * 3, axis=1), axes="ZCYX", name="three"
    )
    model = random_model("unet-bn", depth=2)
    events, trained = drained(
        ask(colours, labels, start_from=model, validation="0.2", steps=1, base=9)
    )
    before = notes(events[: events.index(next(e for e in events if is_start(e)))])
    assert any("Starts from a unet-bn of 2 channels" in text for text in before)
    assert any("its last layer starts anew" in text for text in before)
    assert any("its first layer starts anew" in text for text in before)
    network = trained.model.card.network
    assert (network.base, network.depth, network.channels) == (2, 2, 3)
    config = trained.model.card.training["config"]
    assert (config["base"], config["depth"]) == (2, 2)


def is_start(event):
    return isinstance(event, Started)


def test_channels_are_taken_by_the_names_that_the_model_knows():
    image, labels = stack()
    array = np.stack([np.zeros_like(image.array), image.array], axis=1)
    both = Image(array=array, axes="ZCYX", channels=("nothing", "dna"), name="two")
    model = random_model("unet-bn", depth=2, classes=(1, 2))
    card = model.card.model_copy(update={"channels": ("dna",)})
    known = type(model)(card, model.tensors)
    how = {"validation": "0.2", "steps": 2, "start_from": known}
    events, found = drained(ask(both, labels, **how))
    assert not any("first layer" in text for text in notes(events))
    assert found.model.card.channels == ("dna",)
    _, wanted = drained(ask(image, labels, **how))
    assert not unlike(wanted.model.tensors, found.model.tensors)


def test_what_a_model_has_learnt_is_not_lost():
    """A few small steps from a good model are better than as many from nothing."""
    image, labels = stack(seed=3)
    how = {"validation": "0.2", "base": 4, "depth": 2, "patch": 32}
    _, good = drained(ask(image, labels, **how, steps=60, averaging=0.9))
    few = how | {"steps": 2, "learning_rate": 1e-4}
    _, tuned = drained(ask(image, labels, **few, start_from=good.model))
    _, fresh = drained(ask(image, labels, **few))
    scores = [one.model.card.validation["mean_iou"] for one in (tuned, fresh)]
    assert scores[0] > 0.8
    assert scores[1] < 0.6


@pytest.mark.parametrize("base", [4, 1 << 14])
def test_a_model_of_another_network_than_it_says_teaches_nothing(base):
    """Nor is a network made that is as large as it says."""
    model = random_model("unet-bn", depth=1, classes=(1, 2))
    network = model.card.network.model_copy(update={"base": base})
    lie = Model(model.card.model_copy(update={"network": network}), model.tensors)
    with pytest.raises(ModelError, match="do not fit the network"):
        starting_network(NetworkConfig(), 0, lie)


@pytest.mark.parametrize(
    ("change", "anew"),
    [
        ({}, False),
        ({"classes": (0, 7, 9)}, True),
        ({"objects": Objects(kind="watershed", centre=1, border=2)}, True),
    ],
    ids=["the same", "other ids", "objects"],
)
def test_as_many_other_classes_are_other_classes(change, anew):
    image, labels = stack()
    labels.array[0, 0, :3] = (0, 1, 2)
    model = drained(ask(image, labels, unannotated="none", steps=1))[1].model
    assert model.card.classes == (0, 1, 2)
    old = Model(model.card.model_copy(update=change), model.tensors)
    events = drained(ask(image, labels, unannotated="none", steps=1, start_from=old))[0]
    told = [note for note in notes(events) if "but others" in note]
    assert len(told) == anew
