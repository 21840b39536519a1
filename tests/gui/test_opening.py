"""Folders, and other images of a file, opened from napari's menus."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tifffile
import zarr

from napari_unetseg.layers.to_layer import OTHERS

pytestmark = pytest.mark.gui

PLUGIN = "napari-unetseg"
STACK = np.arange(2 * 20 * 30, dtype="u2").reshape(2, 20, 30)
GRAY: dict[str, Any] = {"photometric": "minisblack"}


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


def choose(monkeypatch, folder):
    dialogs = pytest.importorskip("qtpy.QtWidgets").QFileDialog
    monkeypatch.setattr(dialogs, "getExistingDirectory", lambda *a, **k: str(folder))


def run(command):
    from napari._app_model import get_app_model

    get_app_model().commands.execute_command(f"{PLUGIN}.{command}").result()


def two_images(path):
    with tifffile.TiffWriter(path, ome=True) as tif:
        for number, name in enumerate(("cells", "nuclei")):
            about = {"axes": "CYX", "Name": name, "Channel": {"Name": ["a", "b"]}}
            tif.write(STACK[:, number:], metadata=about, **GRAY)
    return path


def test_the_menu_opens_a_zarr(viewer, monkeypatch, tmp_path, told):
    zarr.create_array(tmp_path / "a.zarr", data=STACK)
    choose(monkeypatch, tmp_path / "a.zarr")
    run("open_folder")
    [layer] = viewer.layers
    assert (layer.name, layer.data.shape) == ("a.zarr", (2, 20, 30))
    assert layer.source.reader_plugin == PLUGIN
    assert told == []


def test_a_folder_without_images_is_told_about(viewer, monkeypatch, tmp_path, told):
    choose(monkeypatch, tmp_path)
    run("open_folder")
    assert not viewer.layers
    assert "no folder of images that is read" in told[0]


def test_to_cancel_opens_nothing(viewer, monkeypatch, told):
    choose(monkeypatch, "")
    run("open_folder")
    assert not viewer.layers
    assert told == []


def test_another_image_of_the_file_is_opened(viewer, monkeypatch, tmp_path, told):
    inputs = pytest.importorskip("qtpy.QtWidgets").QInputDialog
    path = two_images(tmp_path / "a.ome.tif")
    first, _ = viewer.open(path, plugin=PLUGIN)
    assert first.metadata[OTHERS] == {1: "nuclei"}
    viewer.layers.selection.active = first
    offered = []

    def answer(parent, title, label, items, **kwargs):
        offered.extend(items)
        return items[0], True

    monkeypatch.setattr(inputs, "getItem", answer)
    run("open_other")
    assert offered == ["2: nuclei"]
    assert [layer.name for layer in viewer.layers] == ["a", "b", "a [1]", "b [1]"]
    np.testing.assert_array_equal(viewer.layers[3].data, STACK[1, 1:])
    assert told == []
    monkeypatch.setattr(inputs, "getItem", lambda *a, **k: ("2: nuclei", False))
    run("open_other")
    assert len(viewer.layers) == 4


def test_a_layer_without_other_images_is_told_about(viewer, told):
    run("open_other")
    viewer.add_image(STACK)
    run("open_other")
    assert len(viewer.layers) == 1
    assert len(told) == 2
    assert told[0].startswith("Select a layer first")
