"""Models and runs that are dropped into napari."""

from __future__ import annotations

import os

import numpy as np
import pytest

from napari_unetseg.core.errors import ModelError, RunError
from napari_unetseg.gui.runs.opening import PLUGIN, dock_of, get_reader, show
from napari_unetseg.runs.folder import RUN
from oracles.models import random_model
from oracles.runs import made

pytestmark = pytest.mark.gui


@pytest.fixture
def network(tmp_path):
    path = tmp_path / "cells.unetseg.safetensors"
    random_model("unet-bn", depth=1).save(path)
    return path


def test_a_model_that_is_dropped_is_chosen_in_the_segment_dock(
    make_napari_viewer, network
):
    viewer = make_napari_viewer()
    viewer.add_image(np.zeros((40, 40)))
    assert viewer.open(str(network), plugin=PLUGIN) == []
    dock = dock_of(viewer, "segment")
    assert dock.model.value == str(network)
    assert len(viewer.layers) == 1


def test_a_run_that_is_dropped_is_shown_in_its_dock(make_napari_viewer, until):
    folder = made("2026-01-30-101010-train-b-0000")
    viewer = make_napari_viewer()
    assert viewer.open(str(folder), plugin=PLUGIN) == []
    dock = dock_of(viewer, "train")
    until(lambda: not dock.run.running)
    assert dock.run.folder == folder
    assert dock.run.controls.go_on.isEnabled()
    assert folder.exists()


def test_the_file_of_a_run_stands_for_its_folder(make_napari_viewer, until):
    folder = made("2026-01-30-101010-train-b-0000")
    viewer = make_napari_viewer()
    # Nobody else reads it: napari needs not be told by whom.
    assert viewer.open(str(folder / RUN), plugin=None) == []
    dock = dock_of(viewer, "train")
    until(lambda: not dock.run.running)
    assert dock.run.folder == folder


def test_of_other_folders_nothing_is_read(tmp_path, monkeypatch):
    """A folder may hold a million files, on a slow disk."""
    (tmp_path / "a.tif").touch()
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / RUN).write_text("{}")
    monkeypatch.setattr(os, "scandir", lambda *_: pytest.fail("it is looked through"))
    monkeypatch.setattr(os, "listdir", lambda *_: pytest.fail("it is looked through"))
    assert get_reader(str(tmp_path)) is None


def test_what_is_neither_is_left_to_others(tmp_path, network):
    (tmp_path / "empty").mkdir()
    (tmp_path / "image.tif").write_bytes(b"II*")
    (tmp_path / RUN).write_text('{"format": "of somebody else"}')
    for name in ("empty", "image.tif", "gone.unetseg.safetensors", RUN):
        assert get_reader(str(tmp_path / name)) is None
    assert get_reader([str(network), str(network)]) is None
    assert get_reader([str(network)]) is show


def test_a_damaged_model_is_refused_in_a_sentence(make_napari_viewer, network):
    make_napari_viewer()
    network.write_bytes(network.read_bytes()[:100])
    with pytest.raises(ModelError, match="cells"):
        show(str(network))


def test_without_a_window_it_says_where_to_look(network):
    with pytest.raises(RunError, match="there is no window of napari"):
        show(str(network))
