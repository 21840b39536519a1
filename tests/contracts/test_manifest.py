"""What napari reads before it loads any of our code, and what that text promises."""

from __future__ import annotations

import functools
import importlib
from pathlib import Path

import numpy as np
import pytest

import napari_unetseg
from napari_unetseg.core.samples.public import PUBLIC

npe2 = pytest.importorskip("npe2")

PATH = Path(napari_unetseg.__file__).with_name("napari.yaml")
MANIFEST = npe2.PluginManifest.from_file(PATH)
COMMANDS = {command.id: command for command in MANIFEST.contributions.commands}
SAMPLES = {sample.key: sample for sample in MANIFEST.contributions.sample_data}
# Made on the spot; the others are downloaded.
BUILT_IN = [key for key in SAMPLES if key not in PUBLIC]
WIDGETS = {widget.command: widget for widget in MANIFEST.contributions.widgets}
WRITERS = {writer.command: writer for writer in MANIFEST.contributions.writers}
# What napari lets plugins add to, of all menus that the manifest may name.
MENUS = {"napari/layers/segment", "napari/layers/measure", "napari/file/io_utilities"}


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
    contributions = MANIFEST.contributions
    for kind in ("widgets", "readers", "writers", "sample_data"):
        for contribution in getattr(contributions, kind):
            assert contribution.command in COMMANDS


def test_docks_are_named_as_napari_lists_them():
    assert [widget.display_name for widget in WIDGETS.values()] == [
        "Train U-Net",
        "Segment with U-Net",
        "IoU report",
        "U-Net runs",
        "U-Net models",
        "Check my computer",
    ]


def test_menus_lead_to_commands_and_submenus_that_exist():
    submenus = {menu.id: menu for menu in MANIFEST.contributions.submenus}
    entered = set()
    for menu, items in MANIFEST.contributions.menus.items():
        assert menu in MENUS or menu in submenus
        for item in items:
            if hasattr(item, "submenu"):
                assert item.submenu in submenus
                entered.add(item.submenu)
            else:
                assert item.command in COMMANDS
    assert entered == set(submenus)
    placed = {
        item.command
        for items in MANIFEST.contributions.menus.values()
        for item in items
        if hasattr(item, "command")
    }
    opening = ("open_with_axes", "open_folder", "open_other")
    assert placed == {*WIDGETS, *(f"napari-unetseg.{name}" for name in opening)}


def test_the_menus_are_open_to_plugins():
    menus = pytest.importorskip("napari._app_model.constants._menus")
    assert all(menus.is_menu_contributable(menu) for menu in MENUS)


def test_commands_that_need_a_file_are_greyed_out_in_the_palette():
    readers = {reader.command for reader in MANIFEST.contributions.readers}
    for command_id, command in COMMANDS.items():
        needs_a_file = command_id in {*readers, *WRITERS}
        assert (command.enablement == "False") is needs_a_file


def test_the_icon_is_a_picture_in_the_package():
    pillow = pytest.importorskip("PIL.Image")
    package, _, name = MANIFEST.icon.partition(":")
    path = Path(importlib.import_module(package).__file__).with_name(name)
    with pillow.open(path) as icon:
        assert icon.size == (128, 128)
        assert icon.mode == "RGBA"


@pytest.fixture
def plugins():
    """Know our plugin alone, and napari's builtins beside it."""
    manager = npe2.PluginManager()
    builtins = Path(pytest.importorskip("napari_builtins").__file__)
    manager.register(npe2.PluginManifest.from_file(builtins.with_name("builtins.yaml")))
    manager.register(MANIFEST)
    return manager


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("a.tif", True),
        ("A.TIFF", True),
        ("a.ome.tif", True),
        ("a.b.Ome.Tif", True),
        ("a.png", False),
        ("a.tif.gz", False),
        ("tif", False),
    ],
)
def test_tiff_files_are_offered_to_the_reader(plugins, name, taken):
    readers = [reader.plugin_name for reader in plugins.iter_compatible_readers(name)]
    assert ("napari-unetseg" in readers) is taken


def test_a_folder_is_offered_to_our_readers_which_leave_others(plugins, tmp_path):
    found = plugins.iter_compatible_readers(str(tmp_path))
    ours = [one.command for one in found if one.plugin_name == "napari-unetseg"]
    assert set(ours) == {"napari-unetseg.open_made", "napari-unetseg.read_images"}
    assert [resolve(one)(str(tmp_path)) for one in ours] == [None, None]


def test_the_file_of_a_run_is_offered_to_nobody_else(plugins):
    found = list(plugins.iter_compatible_readers("/runs/a/run.json"))
    assert [one.command for one in found] == ["napari-unetseg.open_made"]
    assert not list(plugins.iter_compatible_readers("/runs/a/other.json"))


@pytest.mark.parametrize(
    ("layers", "command"),
    [
        (["image"], "napari-unetseg.write_image"),
        (["labels"], "napari-unetseg.write_labels"),
        (["image", "labels"], "napari-unetseg.write_pair"),
        (["labels", "image", "image"], "napari-unetseg.write_pair"),
        (["image", "image", "image"], "napari-unetseg.write_channels"),
    ],
)
@pytest.mark.parametrize("name", ["a.ome.tif", "A.OME.TIFF"])
def test_ome_tiff_is_written_by_us(plugins, layers, command, name):
    writer, path = plugins.get_writer(name, layers)
    assert (writer.command, path) == (command, name)


@pytest.mark.parametrize(
    ("layers", "name", "command"),
    [
        (["image"], "a.imagej.tif", "write_image"),
        (["image"], "a.zarr", "write_image"),
        (["image"] * 3, "a.zarr", "write_channels"),
        (["image"] * 3, "a.imagej.tif", "write_channels"),
        (["labels"], "a.imagej.tif", "write_labels"),
        (["labels"], "a.zarr", "write_labels"),
        (["image", "labels"], "a.pairs", "write_pair"),
        (["image", "image", "labels"], "a.zarr", "write_pair"),
    ],
)
def test_other_formats_are_written_by_us(plugins, layers, name, command):
    writer, path = plugins.get_writer(name, layers, "napari-unetseg")
    assert (writer.command, path) == (f"napari-unetseg.{command}", name)


@pytest.mark.parametrize(
    ("layers", "name"),
    [
        (["image"], "a.tif"),
        (["labels"], "a.tiff"),
        (["image"], "a"),
        (["image", "labels"], "folder"),
    ],
)
def test_everything_else_is_written_as_before(plugins, layers, name):
    writer, _ = plugins.get_writer(name, layers)
    assert writer.plugin_name == "napari"


@pytest.mark.parametrize(
    ("layers", "name"),
    [
        (["labels", "labels"], "a.ome.tif"),
        (["labels", "labels"], "a.zarr"),
        (["points"], "a.ome.tif"),
    ],
)
def test_other_combinations_are_not_ours(plugins, layers, name):
    writer, _ = plugins.get_writer(name, layers, "napari-unetseg")
    assert writer is None


def test_preferences_are_those_of_the_settings_file():
    """napari's page has the fields, the defaults and the limits of our own file."""
    from napari_unetseg.core.errors import InputError
    from napari_unetseg.runs.preferences import Preferences, changed

    (page,) = MANIFEST.contributions.configurations.values()
    usual = Preferences().model_dump()
    assert {name: one.default for name, one in page.properties.items()} == usual
    for device in page.properties["device"].enum:
        assert changed(Preferences(), device=device).device == device
    memory = page.properties["memory"]
    for value in (memory.minimum, memory.maximum):
        assert changed(Preferences(), memory=value).memory == value
    for value in (memory.minimum - 1, memory.maximum + 1):
        with pytest.raises(InputError):
            changed(Preferences(), memory=value)
    assert all(one.description for one in page.properties.values())


def test_the_samples_of_the_core_are_offered_under_their_names():
    from napari_unetseg.core.samples import SAMPLES as NAMES

    assert set(BUILT_IN) == set(NAMES)


def test_public_data_sets_are_offered_with_what_their_download_takes():
    assert set(PUBLIC) < set(SAMPLES)
    for key, sample in PUBLIC.items():
        shown = SAMPLES[key].display_name
        assert sample.title in shown
        assert shown.endswith(f"(download, {sample.megabytes} MB)")


@pytest.mark.parametrize("key", BUILT_IN)
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


@pytest.mark.parametrize("key", BUILT_IN)
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
