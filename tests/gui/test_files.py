"""Files in napari's window: opened by our reader, saved by our writer, opened again."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from napari_unetseg.core.image import Image
from napari_unetseg.core.write.ome_tiff import write_ome_tiff

pytestmark = pytest.mark.gui

PLUGIN = "napari-unetseg"
OPEN = "napari-unetseg.open_with_axes"
STACK = np.arange(3 * 4 * 40 * 50, dtype=np.uint16).reshape(3, 4, 40, 50)


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def files(tmp_path):
    """Write an image in colour, one with channels, one without, and labels."""
    about = {"spacing": (50, 8, 8), "unit": "nm"}
    channels = {"axes": "CZYX", "channels": ("DAPI", "GFP", "actin")}
    paths = {name: tmp_path / f"{name}.tif" for name in ("rgb", "channels", "labels")}
    colours = np.moveaxis(STACK[:, 0], 0, -1).astype(np.uint8)
    tifffile.imwrite(paths["rgb"], colours, photometric="rgb")
    image = Image(array=STACK, **channels, **about)
    write_ome_tiff(paths["channels"], image)
    labels = image.like((STACK[0] % 3).astype(np.uint8), "ZYX", "labels")
    notes = {"kind": "labels", "class_names": '{"1": "cell"}', "model": "m"}
    write_ome_tiff(paths["labels"], labels, description=notes)
    return {name: str(path) for name, path in paths.items()}


def state(layer):
    """Return what a file keeps of a layer."""
    parts = ("scale", "units", "axis_labels")
    return [type(layer), *(tuple(getattr(layer, part)) for part in parts)]


def assert_equal(layer, other):
    assert state(layer) == state(other)
    np.testing.assert_array_equal(layer.data, other.data)


def test_colour_opens_as_one_layer_and_is_saved_as_such(viewer, files, tmp_path):
    [layer] = viewer.open(files["rgb"], plugin=PLUGIN)
    assert layer.rgb
    path = str(tmp_path / "saved.ome.tif")
    assert layer.save(path) == [path]
    [again] = viewer.open(path, plugin=PLUGIN)
    assert again.rgb
    assert_equal(again, layer)


def test_channels_open_as_layers_with_names_and_place(viewer, files, tmp_path):
    layers = viewer.open(files["channels"], plugin=PLUGIN)
    assert [layer.name for layer in layers] == ["DAPI", "GFP", "actin"]
    assert tuple(layers[0].scale) == (50, 8, 8)
    assert [str(unit) for unit in layers[0].units] == ["nanometer"] * 3
    np.testing.assert_array_equal([layer.data for layer in layers], STACK)
    path = str(tmp_path / "saved.ome.tif")
    assert viewer.layers[1:2] == layers[1:2]
    layers[1].save(path, plugin=PLUGIN)
    assert_equal(viewer.open(path, plugin=PLUGIN)[0], layers[1])


def test_labels_open_as_labels_that_can_be_painted_and_saved(viewer, files, tmp_path):
    [layer] = viewer.open(files["labels"], plugin=PLUGIN)
    assert type(layer).__name__ == "Labels"
    assert layer.features["class"].tolist() == ["cell"]
    assert layer.metadata[PLUGIN]["model"] == "m"
    layer.paint((1, 20, 20), 2)
    path = str(tmp_path / "saved.ome.tif")
    layer.save(path)
    [again] = viewer.open(path, plugin=PLUGIN)
    assert_equal(again, layer)
    notes = again.metadata[PLUGIN]
    assert {"saved", "saved_by"} <= notes.keys()
    del notes["saved"], notes["saved_by"]
    assert notes == layer.metadata[PLUGIN] | {"class_names": '{"1": "cell"}'}


def test_all_layers_are_saved_as_a_pair(viewer, files, tmp_path):
    channels = viewer.open(files["channels"], plugin=PLUGIN)
    [labels] = viewer.open(files["labels"], plugin=PLUGIN)
    saved = viewer.layers.save(str(tmp_path / "pair.ome.tif"))
    assert saved == [
        str(tmp_path / "pair.ome.tif"),
        str(tmp_path / "pair-labels.ome.tif"),
    ]
    again = viewer.open(saved[0], plugin=PLUGIN)
    assert [layer.name for layer in again] == [f"{c.name} [1]" for c in channels]
    for layer, channel in zip(again, channels, strict=True):
        assert_equal(layer, channel)
    assert_equal(viewer.open(saved[1], plugin=PLUGIN)[0], labels)


def test_napari_remembers_our_reader_by_pattern(viewer, files, monkeypatch):
    from napari.errors import MultipleReaderError
    from napari.settings import get_settings

    with pytest.raises(MultipleReaderError, match=PLUGIN):
        viewer.open(files["labels"], plugin=None)
    remembered = {"*.tif": PLUGIN}
    monkeypatch.setattr(get_settings().plugins, "extension2reader", remembered)
    [layer] = viewer.open(files["labels"], plugin=None)
    assert layer.source.reader_plugin == PLUGIN


def choose(monkeypatch, *paths):
    """Answer the dialog that asks for files."""
    dialogs = pytest.importorskip("qtpy.QtWidgets").QFileDialog
    monkeypatch.setattr(
        dialogs, "getOpenFileNames", lambda *a, **k: ([*map(str, paths)], "")
    )


def run(command):
    """Choose an entry of napari's menus."""
    from napari._app_model import get_app_model

    get_app_model().commands.execute_command(command).result()


def test_the_menu_opens_files_with_axes(viewer, files, monkeypatch, told):
    choose(monkeypatch, files["channels"], files["labels"])
    run(OPEN)
    assert [layer.name for layer in viewer.layers][-1] == "labels.tif"
    assert len(viewer.layers) == 4
    assert all(layer.source.reader_plugin == PLUGIN for layer in viewer.layers)
    assert told == []


def entries(menu, *path):
    """Return the texts of a menu, or of a submenu of it."""
    if path:
        [inner] = [a.menu() for a in menu.actions() if a.text() == path[0]]
        return entries(inner, *path[1:])
    return [action.text() for action in menu.actions()]


def test_the_menus_have_our_entries(viewer):
    ours, window = " (U-Net Segmentation)", viewer.window
    opening = f"Open with axes and pixel size…{ours}"
    assert opening in entries(window.file_menu, "IO Utilities")
    assert entries(window.layers_menu, "Segment", "U-Net") == [
        f"Train U-Net{ours}",
        f"Segment with U-Net{ours}",
        "",  # a line between what makes and what only shows
        f"U-Net runs{ours}",
        f"U-Net models{ours}",
        f"Check my computer{ours}",
    ]
    assert f"IoU report{ours}" in entries(window.layers_menu, "Measure")


def test_to_cancel_the_dialog_opens_nothing(viewer, monkeypatch):
    choose(monkeypatch)
    run(OPEN)
    assert len(viewer.layers) == 0


def test_a_damaged_file_is_told_about_and_the_next_is_opened(
    viewer, files, monkeypatch, tmp_path, told
):
    damaged, text = tmp_path / "damaged.tif", tmp_path / "text.tif"
    with open(files["rgb"], "rb") as file:
        damaged.write_bytes(file.read()[:700])
    text.write_text("no image")
    choose(monkeypatch, damaged, text, files["rgb"])
    run(OPEN)
    assert [layer.name for layer in viewer.layers] == ["rgb.tif"]
    assert len(told) == 2
    assert told[0].startswith("'damaged.tif' is damaged")
    assert "text.tif" in told[1]


def test_the_save_dialog_does_not_swallow_what_is_lost(
    viewer, files, monkeypatch, tmp_path, told
):
    dialogs = pytest.importorskip("qtpy.QtWidgets").QFileDialog
    [layer] = viewer.open(files["labels"], plugin=PLUGIN)
    layer.rotate = 90
    chosen = []

    def answer(*args, filter="", **kwargs):
        ours = [entry for entry in filter.split(";;") if "U-Net" in entry]
        chosen.append(ours)
        return str(tmp_path / "moved"), ours[0]

    monkeypatch.setattr(dialogs, "getSaveFileName", answer)
    viewer.window._qt_viewer._save_layers_dialog()
    labels = "U-Net Segmentation labels"
    assert chosen == [
        [
            f"{labels} with pixel size (*.ome.tif *.ome.tiff)",
            f"{labels} for Fiji, or in an OME-Zarr (*.imagej.tif *.zarr)",
        ]
    ]
    assert (tmp_path / "moved.ome.tif").is_file()
    assert told == [
        "'labels.tif' was saved without its place in the viewer: it is turned, sheared "
        "or mirrored there, which the file does not hold"
    ]
