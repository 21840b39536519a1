"""The networks before and beside the U-Net, trained as any other."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_unetseg.api.questions import segment, train
from napari_unetseg.core.config import POOLINGS, TrainConfig
from napari_unetseg.core.errors import InputError, ModelError
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.prepare.sampling import middles
from napari_unetseg.core.presets import sizes, train_config
from napari_unetseg.core.train.sizing import check_extent, extent
from napari_unetseg.core.train.start import starting_network
from oracles.networks import small


def two_discs(size=64):
    """Two bright discs in noise, and their labels."""
    y, x = np.indices((size, size))
    labels = np.zeros((size, size), np.uint8)
    scale = size / 64
    for row, column in ((18 * scale, 20 * scale), (44 * scale, 42 * scale)):
        labels[(y - row) ** 2 + (x - column) ** 2 < 100 * scale**2] = 1
    noise = np.random.default_rng(0).normal(size=labels.shape)
    return (200 * labels + 20 * noise + 100).astype(np.float32), labels


@pytest.mark.parametrize("name", POOLINGS)
def test_each_is_trained_and_segments(name):
    image, labels = two_discs()
    model = train(
        image,
        labels,
        network=name,
        steps=1,
        base=1,
        batch=2,
        patch=32,
        validation="0",
        unannotated="none",
        device="cpu",
    )
    assert model.card.network.name == name
    assert model.card.training["config"]["network"] == name
    assert segment(image, model, device="cpu").shape == image.shape


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "wishes"),
    [
        (64, {"network": "patch", "base": 8, "batch": 16, "learning_rate": 5e-3}),
        (224, {"network": "deconvnet", "base": 4, "batch": 4, "learning_rate": 2e-3}),
    ],
    ids=["patch", "deconvnet"],
)
def test_windows_are_learnt(size, wishes):
    image, labels = two_discs(size)
    model = train(
        image,
        labels,
        **wishes,
        steps=60,
        validation="0",
        unannotated="none",
        device="cpu",
    )
    found = segment(image, model, device="cpu")
    both = ((found == 1) & (labels == 1)).sum() / ((found == 1) | (labels == 1)).sum()
    assert both > 0.5


def test_presets_say_what_the_papers_say():
    for name, poolings in POOLINGS.items():
        config = train_config("paper", network=name)
        size = sizes(config, "cpu")
        assert (size.base, size.depth) == (48 if name == "patch" else 64, poolings)
        small_one = train_config(network=name)
        assert small_one.depth == poolings
        assert TrainConfig.model_validate_json(config.model_dump_json()) == config
    assert train_config(network="segnet").upsampling == "unpooling"
    assert train_config(network="segnet", upsampling="linear").upsampling == "linear"


def test_windows_of_one_size_are_taught_as_they_are():
    wide = extent(network_of(small("deconvnet", 2)), 64, (), [(300, 300)])
    assert wide == ((224, 224), (224, 224))
    single = extent(network_of(small("patch", 2)), 64, (), [(300, 300)])
    assert single == ((95, 95), (1, 1))


def test_one_window_is_too_little_to_normalise():
    network = network_of(small("deconvnet", 2))
    sides = extent(network, 224, (), [(300, 300)])
    check_extent(network, sides, 2)
    with pytest.raises(InputError, match="Take a larger batch"):
        check_extent(network, sides, 1)


class Given:
    """A model of the weights that a network has."""

    def __init__(self, config, network):
        self.card = type("Card", (), {"network": config})()
        self.tensors = network.state_dict()

    def check(self):
        """They do fit."""


def test_a_finer_fcn_starts_where_the_coarser_one_ended():
    coarse = small("fcn-32s", 2)
    before = network_of(coarse, 1)
    before.head["score"].weight.data.normal_()
    fine, config, notes = starting_network(
        small("fcn-16s", 2), 2, Given(coarse, before)
    )
    assert config.name == "fcn-16s"
    assert "It goes on as fcn-16s, whose new scores begin at zero." in notes
    assert torch.equal(fine.head["score"].weight, before.head["score"].weight)
    assert not fine.head["score4"].weight.any()
    image = torch.randn(1, 1, 48, 48)
    with torch.no_grad():
        old, new = before.eval()(image), fine.eval()(image)
    # Bilinear in two steps cuts the peaks that it has in one.
    both = torch.stack([old.flatten(), new.flatten()])
    assert torch.corrcoef(both)[0, 1] > 0.9


def test_a_coarser_or_another_network_is_not_begun_from_it():
    fine = small("fcn-8s", 2)
    given = Given(fine, network_of(fine))
    for wish in (small("fcn-32s", 2), small("unet-bn", 2)):
        assert starting_network(wish, 0, given)[1].name == "fcn-8s"


def test_volumes_are_refused_before_any_work():
    image = np.zeros((5, 40, 40), np.float32)
    labels = (np.arange(image.size) % 2).reshape(image.shape).astype(np.uint8)
    with pytest.raises(InputError, match="'segnet' was made for planes"):
        train(image, labels, network="segnet", dimensions=3, steps=1)


def test_a_missing_file_of_weights_is_refused_before_any_work(tmp_path):
    image, labels = two_discs(32)
    with pytest.raises(ModelError, match="There is no file"):
        train(image, labels, network="fcn-8s", vgg16=tmp_path / "vgg16.pth")


def test_two_stages_as_deconvnet_was_trained():
    """First objects in the middle of the windows, then windows of all kinds."""
    image, labels = two_discs()
    wishes = {"steps": 1, "base": 1, "batch": 2, "unannotated": "none"}
    wishes |= {"validation": "0", "device": "cpu"}
    first = train(image, labels, network="deconvnet", centres="objects", **wishes)
    assert first.card.training["config"]["centres"] == "objects"
    second = train(image, labels, start_from=first, **wishes)
    assert second.card.network == first.card.network
    assert second.card.training["config"]["centres"] == "pixels"
    # It went on from there: one step of a fresh network is elsewhere.
    moved = second.tensors["fc6.0.weight"] - first.tensors["fc6.0.weight"]
    assert moved.abs().max() < 0.1 * first.tensors["fc6.0.weight"].abs().max()


def test_the_middle_of_an_object_is_one_of_its_pixels():
    mask = np.zeros((9, 9), bool)
    mask[1:4, 1:4] = True
    mask[6, 2:9] = mask[6:9, 8] = True  # A hook, whose centre is beside it.
    found = {tuple(place) for place in middles(mask)}
    assert (2, 2) in found
    assert len(found) == 2
    assert all(mask[place] for place in found)
    assert not len(middles(np.zeros((3, 3), bool)))
