"""What napari reads before it loads any of our code, and what that text promises."""

from __future__ import annotations

import functools
import importlib
from pathlib import Path

import numpy as np
import pytest

import napari_unetseg

npe2 = pytest.importorskip("npe2")

PATH = Path(napari_unetseg.__file__).with_name("napari.yaml")
MANIFEST = npe2.PluginManifest.from_file(PATH)
COMMANDS = {command.id: command for command in MANIFEST.contributions.commands}
SAMPLES = {sample.key: sample for sample in MANIFEST.contributions.sample_data}


def resolve(command_id):
    module, _, name = COMMANDS[command_id].python_name.partition(":")
    return getattr(importlib.import_module(module), name)


@functools.cache
def sample_layers(key):
    return resolve(SAMPLES[key].command)()


def test_the_manifest_names_the_plugin():
    assert MANIFEST.name == "napari-unetseg"
    assert MANIFEST.display_name == "U-Net Segmentation"
    assert MANIFEST.is_visible
    assert "Segmentation" in MANIFEST.categories


def test_command_ids_and_sample_keys_are_unique():
    assert len(COMMANDS) == len(MANIFEST.contributions.commands)
    assert len(SAMPLES) == len(MANIFEST.contributions.sample_data)


@pytest.mark.parametrize("command_id", COMMANDS)
def test_a_command_is_a_callable_of_a_leaf_module(command_id):
    module, _, name = COMMANDS[command_id].python_name.partition(":")
    loaded = importlib.import_module(module)
    assert not hasattr(loaded, "__path__"), f"{module} is a package"
    assert callable(getattr(loaded, name))


def test_every_contributed_command_exists():
    contributions = MANIFEST.contributions.model_dump(exclude_none=True)
    for kind in ("widgets", "readers", "writers", "sample_data"):
        for contribution in contributions.get(kind, []):
            assert contribution["command"] in COMMANDS


def test_the_samples_of_the_core_are_offered_under_their_names():
    from napari_unetseg.core.samples import SAMPLES as NAMES

    assert set(SAMPLES) == set(NAMES)


@pytest.mark.parametrize("key", SAMPLES)
def test_a_sample_is_an_image_and_its_labels_in_the_same_place(key):
    (image, about_image, kind), (labels, about_labels, labels_kind) = sample_layers(key)
    assert (kind, labels_kind) == ("image", "labels")
    assert image.shape == labels.shape
    assert np.issubdtype(labels.dtype, np.unsignedinteger)
    for word in ("scale", "units", "axis_labels"):
        assert about_image[word] == about_labels[word]
        assert len(about_image[word]) == image.ndim
    assert about_image["name"] != about_labels["name"]


def test_em_is_placed_in_nanometres_and_time_counts_frames():
    em, cells = sample_layers("em")[0][1], sample_layers("cells")[0][1]
    assert em["scale"] == (50.0, 8.0, 8.0)
    assert em["units"] == ("nm", "nm", "nm")
    assert em["axis_labels"] == ("z", "y", "x")
    assert cells["scale"] == (1.0, 0.65, 0.65)
    assert cells["units"] == ("pixel", "um", "um")
    assert cells["axis_labels"] == ("t", "y", "x")


@pytest.mark.parametrize("key", SAMPLES)
def test_napari_makes_layers_of_a_sample(key):
    layers = pytest.importorskip("napari.layers")
    for data, about, kind in sample_layers(key):
        layer = layers.Layer.create(data, about, kind)
        assert tuple(layer.scale) == about["scale"]
        assert layer.axis_labels == about["axis_labels"]
        assert layer.name == about["name"]


def test_a_labels_layer_knows_the_names_of_its_classes():
    layers = pytest.importorskip("napari.layers")
    table = layers.Layer.create(*sample_layers("em")[1]).features.set_index("index")
    assert table["class"][2] == "membrane"
