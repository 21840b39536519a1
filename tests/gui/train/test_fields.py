"""Settings as widgets: shown and returned exactly."""

from __future__ import annotations

import pytest

from napari_unetseg.core.config import TrainConfig
from napari_unetseg.core.presets import PRESETS, train_config
from napari_unetseg.gui.train.augment_fields import AUGMENTATION
from napari_unetseg.gui.train.fields import (
    DEVICE,
    GROUPS,
    MINUTES,
    PRECISION,
    TRAINING,
    config_of,
    value_of,
)
from napari_unetseg.gui.train.object_fields import OBJECTS

pytestmark = pytest.mark.gui

FIELDS = (*TRAINING, *AUGMENTATION, *OBJECTS)
# Those that stand elsewhere in the dock, or hold for all work.
ELSEWHERE = {"minutes", "preset", "unannotated", "task", "memory"}


def read(field, widget):
    """Read a widget as the configuration does, which makes text a number."""
    value = field.read(widget)
    if field.unset and value is not None:
        return value_of(config_of("default", {field.name: value}), field.name)
    return value


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("field", [*FIELDS, MINUTES], ids=lambda field: field.name)
def test_every_default_is_shown_and_returned_exactly(qapp, field, preset):
    value = value_of(train_config(preset), field.name)

    widget = field.widget(value)

    assert read(field, widget) == value
    field.show(widget, value)
    assert read(field, widget) == value
    if isinstance(value, float):
        assert float(widget.native.text()) == value


@pytest.mark.parametrize(
    "value", [0.005, 1e-3, 3e-4, 1e-5, 0.12345], ids=lambda value: f"{value:g}"
)
def test_a_learning_rate_is_not_rounded(qapp, value):
    field = next(field for field in TRAINING if field.name == "learning_rate")

    assert field.read(field.widget(value)) == value


def test_every_setting_of_a_training_can_be_reached():
    shown = {field.name for field in FIELDS} | ELSEWHERE
    config = TrainConfig()
    names = set(TrainConfig.model_fields) - set(GROUPS)
    for group in GROUPS:
        parts = type(getattr(config, group)).model_fields
        names |= {f"{group}.{name}" for name in parts}

    assert shown == names


@pytest.mark.parametrize("field", [*FIELDS, MINUTES, DEVICE, PRECISION])
def test_every_setting_explains_itself(qapp, field):
    widget = field.widget(value_of(train_config(), field.name))

    assert len(field.tooltip) > 20
    assert widget.tooltip == field.tooltip
    assert field.label[:1].isupper()


@pytest.mark.parametrize("preset", PRESETS)
def test_a_presets_own_values_give_the_preset(preset):
    config = train_config(preset)
    values = {field.name: value_of(config, field.name) for field in FIELDS}

    assert config_of(preset, {**values, "minutes": config.minutes}) == config


def test_steps_take_the_place_of_minutes():
    assert config_of("default", {"steps": 7}).minutes is None
    assert config_of("default", {"steps": None, "minutes": 2.0}).minutes == 2.0
