"""An ensemble gives the mean of what its members give alone, whatever the tiles are."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_unetseg.api import segment
from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.core.network.ensemble import Ensemble, EnsembleNetwork
from napari_unetseg.core.network.geometry import axis_geometries
from napari_unetseg.core.network.measure import network_geometry
from napari_unetseg.core.network.modelfile import Model
from napari_unetseg.core.network.twin import valid_twin
from oracles.networks import small, trained


def model_of(name, classes=(0, 1, 2), seed=0, **card):
    config = small(name, 2, classes=len(classes), base=1)
    network = trained(config, seed)
    values = {"network": config, "classes": classes, "halo": (1, 1), "sha256": name}
    return Model(ModelCard(**values | card), network.state_dict())


@pytest.fixture(scope="module")
def models():
    """Networks of the strides 4, 32 and 1, valid and padded ones."""
    return [model_of(name) for name in ("unet", "segnet", "patch")]


def scores_of(model, image, **options):
    labels, scores = segment(image, model, scores=True, device="cpu", **options)
    assert labels.shape == image.shape
    return scores


def test_it_averages_what_its_members_say(models):
    image = np.random.default_rng(0).normal(size=(20, 37))
    each = [scores_of(one, image) for one in models]
    found = scores_of(models, image)
    assert np.abs(found - np.mean(each, axis=0)).max() < 1e-4
    assert np.abs(found - each[0]).max() > 1e-2


def test_its_tiles_do_not_change_it(models):
    image = np.random.default_rng(1).normal(size=(70, 41))
    whole = scores_of(models[:2], image, tile="whole")
    assert np.abs(scores_of(models[:2], image, tile=32) - whole).max() < 1e-4


def test_it_costs_what_its_members_cost(models):
    network = EnsembleNetwork([one.network() for one in models])
    found = network_geometry(network, (9, 9))
    twin = valid_twin(network)
    scores = twin(torch.zeros(1, 1, *found.input_shape))
    assert scores.shape == (1, 3, *found.output_shape)
    alone = [network_geometry(one, (9, 9)) for one in network.members]
    assert found.parameters == sum(one.parameters for one in alone)
    assert found.multiply_adds >= sum(one.multiply_adds for one in alone)
    assert {axis.stride for axis in axis_geometries(network)} == {32}


def test_its_card_tells_that_it_is_another_model(models):
    both = Ensemble.of(models[:2])
    assert both.card.sha256 not in {one.card.sha256 for one in models}
    assert both.card.classes == (0, 1, 2)
    assert Ensemble.of(models[1::-1]).card.sha256 == both.card.sha256
    assert min(both.card.halo) > 150


def test_thresholds_of_one_model_do_not_count_for_all():
    one = model_of("unet", thresholds={1: 0.4})
    assert Ensemble.of([one, model_of("unet", seed=1)]).card.thresholds == {}
    assert Ensemble.of([one, one]).card.thresholds == {1: 0.4}


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"classes": (0, 1)}, "other classes"),
        ({"spacing": (2.0, 2.0)}, "other pixel sizes"),
        ({"unit": "um"}, "other pixel sizes"),
    ],
)
def test_models_that_do_not_fit_are_refused_by_name(models, other, words):
    with pytest.raises(InputError, match=f"'b' and 'a' have {words}"):
        Ensemble.of([models[0], model_of("unet", **other)], ["a", "b"])


def test_no_model_is_too_few():
    with pytest.raises(InputError, match="There is no model"):
        segment(np.zeros((4, 4)), [])


def test_a_network_of_other_channels_is_refused(models):
    config = NetworkConfig(name="unet", depth=1, base=1, classes=3, channels=2)
    other = ModelCard(network=config, classes=(0, 1, 2), halo=(1, 1))
    with pytest.raises(InputError, match="have other channels"):
        Ensemble.of([models[0], Model(other, {})])
