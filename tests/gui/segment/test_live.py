"""Tiles appear while they are made; what was stopped is kept, and gone on with."""

from __future__ import annotations

import json

import numpy as np
import pytest
from qtpy.QtWidgets import QMessageBox

from napari_unetseg.gui.segment import focus
from napari_unetseg.gui.segment.focus import Focus
from napari_unetseg.gui.segment.growing import Growing
from napari_unetseg.runs.home import runs_folder

pytestmark = pytest.mark.gui

PLACE = {"scale": [50, 8, 8], "translate": [100, 0, 16]}


@pytest.fixture
def halfway(dock, model, scenario, until):
    """Start a segmentation of five slices, which waits after the second one."""
    scenario("segmenting")
    dock.run.controls.start.click()
    until(lambda: len(model.layers) == 2)
    until(lambda: "tile 2 of 5" in dock.run.controls.progress.format())
    return model.layers[1]


def go_on():
    (folder,) = runs_folder().iterdir()
    (folder / "go on").touch()


def test_tiles_appear_in_a_layer_that_is_stopped_and_gone_on_with(
    dock, model, halfway, until
):
    layer = halfway
    assert layer.name == "grey segmented (under way)"
    assert not layer.editable
    assert isinstance(layer.data, Growing)
    source = model.layers["grey"]
    assert tuple(layer.data_to_world((1, 2, 3))) == tuple(
        source.data_to_world((1, 2, 3))
    )

    # Of the slice that is looked at, what is made appears by itself.
    model.dims.set_current_step(0, 1)
    until(lambda: (layer._slice.image.raw == 1).all())
    model.dims.set_current_step(0, 4)
    until(lambda: layer.data.wanted and layer.data.wanted[0] == 4)
    assert not layer._slice.image.raw.any()

    dock.run.controls.stop.click()
    until(lambda: "% done" in layer.name)
    assert layer.name == "grey segmented (40 % done)"
    assert "'grey segmented (40 % done)'" in dock.said
    assert layer.editable
    np.testing.assert_array_equal(layer.data[:, 0, 0], [1, 1, 0, 0, 0])

    go_on()
    dock.run.controls.go_on.click()
    until(lambda: layer.name == "grey segmented")
    assert [*model.layers] == [source, layer]
    assert isinstance(layer.data, np.ndarray)
    assert (layer.data == 1).all()
    assert layer.editable


def test_a_layer_that_was_taken_away_comes_at_the_end(dock, model, halfway, until):
    model.layers.remove(halfway)
    go_on()

    until(lambda: "labels are in the layer" in dock.said)

    assert [layer.name for layer in model.layers] == ["grey", "grey segmented"]
    assert (model.layers[1].data == 1).all()


def test_what_is_refused_before_it_begins_says_why(dock, model, scenario, until):
    scenario("mendable")

    dock.run.controls.start.click()

    until(lambda: "the image is empty. Choose another." in dock.said)
    assert [layer.name for layer in model.layers] == ["grey"]
    assert dock.run.controls.start.isEnabled()


def test_what_is_discarded_takes_its_layer_with_it(
    dock, model, halfway, until, monkeypatch
):
    yes = QMessageBox.StandardButton.Yes
    monkeypatch.setattr(QMessageBox, "question", lambda *_: yes)

    dock.run.controls.discard.click()

    until(lambda: dock.said == "Discarded.")
    assert [layer.name for layer in model.layers] == ["grey"]


# -- where somebody looks -------------------------------------------------------------


@pytest.fixture
def told(monkeypatch):
    """Return what runs are told of where somebody looks."""
    found = []
    monkeypatch.setattr(focus.client, "look", lambda _, **box: found.append(box))
    return found


@pytest.fixture
def run(tmp_path):
    """Return the folder of a run of a part of the layer "grey"."""
    about = {
        "source": "grey",
        "image": "grey",
        "placement": PLACE,
        "order": "ZYX",
        "box": {"Z": [2, 5], "Y": [8, 40], "X": [0, 64]},
        "cut": {},
    }
    (tmp_path / "layer.json").write_text(json.dumps(about))
    return tmp_path


def test_a_run_is_told_what_is_seen_once(dock, model, run, told):
    looks = Focus(model)
    model.layers["grey"].corner_pixels = np.array([[0, 4, 10], [0, 20, 63]])
    model.dims.set_current_step(0, 3)

    looks.tell(run)
    looks.tell(run)
    assert told == [{"Z": (3, 4), "Y": (4, 21), "X": (10, 64)}]

    model.dims.set_current_step(0, 4)
    looks.tell(run)
    looks.forget()
    looks.tell(run)
    assert [box["Z"] for box in told[1:]] == [(4, 5), (4, 5)]


def test_of_an_image_that_was_cut_the_rest_is_counted(dock, model, run, told):
    about = json.loads((run / "layer.json").read_text())
    (run / "layer.json").write_text(json.dumps(about | {"cut": {"Z": 2}}))
    model.dims.set_current_step(0, 3)

    Focus(model).tell(run)

    assert told[0]["Z"] == (1, 2)


def test_without_its_image_a_run_is_told_what_is_seen_of_the_labels(model, run, told):
    labels = model.add_labels(
        np.zeros((3, 32, 64), np.uint8),
        metadata={"napari-unetseg": {"run": run.name}},
    )
    labels.corner_pixels = np.array([[0, 4, 10], [0, 20, 63]])
    model.dims.set_current_step(0, 1)

    Focus(model).tell(run)

    assert told == [{"Z": (3, 4), "Y": (12, 29), "X": (10, 64)}]


def test_beside_all_layers_nothing_is_told_first(dock, model, run, told):
    model.layers["grey"].corner_pixels = np.array([[0, 47, 10], [0, 47, 63]])

    Focus(model).tell(run)

    assert told == [{}]
