"""What can be asked, and what is refused in one sentence."""

import pytest

from napari_unetseg.core.config import (
    NETWORKS,
    PRESETS,
    NetworkConfig,
    SegmentConfig,
    TrainConfig,
    train_config,
)
from napari_unetseg.core.errors import InputError


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_sound_and_survives_json(preset):
    config = train_config(preset)
    assert config.preset == preset
    assert TrainConfig.model_validate_json(config.model_dump_json()) == config


def test_wishes_go_before_the_preset_and_none_is_no_wish():
    config = train_config("fast", depth=2, base=None)
    assert (config.depth, config.base) == (2, PRESETS["fast"]["base"])


def test_steps_replace_the_minutes():
    config = train_config(steps=7)
    assert (config.steps, config.minutes) == (7, None)


def test_a_network_without_batch_norm_learns_more_slowly():
    assert train_config(network="unet").learning_rate < train_config().learning_rate
    assert train_config(network="unet", learning_rate=0.5).learning_rate == 0.5


def test_the_paper_preset_is_the_paper():
    config = train_config("paper")
    assert config.network == "unet"
    assert (config.base, config.depth, config.patch) == (64, 4, 388)
    assert (config.batch, config.optimiser, config.dropout) == (1, "sgd", 0.5)
    # Three control points across the 388 pixels that a patch teaches.
    assert config.augment.elastic_spacing == 388 / 2
    assert config.augment.elastic_sigma == 10


def test_networks_are_those_that_the_configuration_takes():
    for name in NETWORKS:
        assert NetworkConfig(name=name).name == name


@pytest.mark.parametrize(
    ("check", "values", "sentence"),
    [
        (TrainConfig.check, {"seed": -1}, "seed = -1"),
        (TrainConfig.check, {"augment": {"scale": -1}}, "augment.scale = -1"),
        (SegmentConfig.check, {"tile": 0}, "tile"),
        (NetworkConfig.check, {"classes": 1}, "classes = 1"),
        (NetworkConfig.check, {"base": 0}, "base = 0"),
        (NetworkConfig.check, {"dimensions": 3}, "dimensions = 3"),
    ],
)
def test_values_that_do_not_fit_are_named(check, values, sentence):
    with pytest.raises(InputError, match=sentence):
        check(**values)


def test_configurations_do_not_change():
    with pytest.raises(ValueError, match="frozen"):
        TrainConfig().steps = 3
