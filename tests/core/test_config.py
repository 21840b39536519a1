"""What can be asked, and what is refused in one sentence."""

import pytest

from napari_unetseg.core.augment.folds import fold_rate
from napari_unetseg.core.config import (
    NETWORKS,
    NetworkConfig,
    SegmentConfig,
    TrainConfig,
)
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.presets import PRESETS, sizes, train_config
from napari_unetseg.core.sizes import Sizes


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_sound_and_survives_json(preset, dimensions):
    config = train_config(preset, dimensions=dimensions)
    assert (config.preset, config.dimensions) == (preset, dimensions)
    assert TrainConfig.model_validate_json(config.model_dump_json()) == config


def test_wishes_go_before_the_preset_and_none_is_no_wish():
    config = train_config("fast", depth=2, base=None)
    assert (config.depth, config.base) == (2, train_config("fast").base)


@pytest.mark.parametrize(
    ("preset", "dimensions", "cpu", "gpu"),
    [
        ("default", 2, (16, 4, 256, 4), (32, 4, 256, 4)),
        ("fast", 2, (8, 3, 256, 4), (8, 3, 256, 4)),
        ("paper", 2, (64, 4, 388, 1), (64, 4, 388, 1)),
        ("default", 3, (8, 3, 64, 2), (32, 4, 128, 2)),
        ("fast", 3, (4, 2, 48, 2), (8, 3, 64, 2)),
        ("paper", 3, (32, 3, 44, 1), (32, 3, 44, 1)),
    ],
)
def test_every_preset_states_sizes_for_every_device(preset, dimensions, cpu, gpu):
    config = train_config(preset, dimensions=dimensions)
    assert sizes(config, "cpu") == cpu
    assert sizes(config, "cuda") == sizes(config, "mps") == gpu
    # What does not depend on the device is known at once.
    for name, on_cpu, on_gpu in zip(Sizes._fields, cpu, gpu, strict=True):
        assert getattr(config, name) == (on_cpu if on_cpu == on_gpu else None)


def test_sizes_that_are_asked_for_go_before_those_of_the_preset():
    config = train_config(dimensions=3, base=5, patch=40)
    assert sizes(config, "cpu") == (5, 3, 40, 2)
    assert sizes(config, "cuda") == (5, 4, 40, 2)
    assert sizes(TrainConfig(depth=2), "cpu") == (16, 2, 256, 4)


def test_a_configuration_needs_no_preset_to_state_its_sizes():
    assert TrainConfig() == train_config()
    in_3d = train_config(dimensions=3)
    assert sizes(TrainConfig(dimensions=3), "cpu") == sizes(in_3d, "cpu")


@pytest.mark.parametrize("preset", ["default", "fast", "paper"])
@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_no_preset_folds_its_patches(preset, device, dimensions):
    config = train_config(preset, dimensions=dimensions)
    given = {2: 572, 3: 132}[dimensions] if preset == "paper" else None
    side = given or sizes(config, device).patch
    most = 0.1 if (preset, dimensions) == ("paper", 3) else 0.02
    assert fold_rate((side,) * dimensions, config.augment, patches=32) <= most


def test_steps_replace_the_minutes():
    config = train_config(steps=7)
    assert (config.steps, config.minutes) == (7, None)


def test_a_network_without_batch_norm_learns_more_slowly():
    assert train_config(network="unet").learning_rate < train_config().learning_rate
    assert train_config(network="unet", learning_rate=0.5).learning_rate == 0.5
    in_3d = train_config(network="unet", dimensions=3)  # which has batch norm
    assert in_3d.learning_rate == train_config().learning_rate


def test_the_paper_preset_is_the_paper():
    config = train_config("paper")
    assert config.network == "unet"
    assert (config.base, config.depth, config.patch) == (64, 4, 388)
    assert (config.batch, config.optimiser, config.dropout) == (1, "sgd", 0.5)
    # Three control points across the 388 pixels that a patch teaches.
    assert config.augment.elastic_spacing == 572 / 2
    assert config.augment.elastic_sigma == 10


def test_the_paper_preset_in_3d_is_the_paper_of_3d():
    config = train_config("paper", dimensions=3)
    assert (config.network, config.optimiser, config.dropout) == ("unet", "sgd", 0)
    assert (config.base, config.depth, config.patch, config.batch) == (32, 3, 44, 1)
    assert (config.augment.elastic_sigma, config.augment.elastic_spacing) == (4, 32)


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
        (NetworkConfig.check, {"dimensions": 4}, "dimensions = 4"),
        (TrainConfig.check, {"dimensions": 4}, "dimensions = 4"),
        (TrainConfig.check, {"preset": "best"}, "preset = 'best'"),
        (TrainConfig.check, {"depth": 9}, "depth = 9"),
        (TrainConfig.check, {"loss": "hinge"}, "loss = 'hinge'"),
    ],
)
def test_values_that_do_not_fit_are_named(check, values, sentence):
    with pytest.raises(InputError, match=sentence):
        check(**values)


def test_configurations_do_not_change():
    with pytest.raises(ValueError, match="frozen"):
        TrainConfig().steps = 3
