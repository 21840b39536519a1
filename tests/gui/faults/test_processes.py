"""The process of a run is killed, the disk is full, and two want to train at once."""

from __future__ import annotations

import shutil
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from napari.components import ViewerModel

from gui.faults.conftest import Desk
from gui.killing import kill
from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.read import read_image
from napari_unetseg.gui.train import learnt
from napari_unetseg.runs.home import runs_folder

pytestmark = pytest.mark.gui


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_a_killed_process_is_told_and_goes_on(desk):
    desk.start()
    folder = desk.folder

    kill(folder)

    desk.ends()
    desk.until(lambda: "ended unexpectedly" in desk.dock.said)
    assert "press Go on" in desk.dock.said
    (folder / "go on").touch()
    desk.dock.run.controls.go_on.click()
    if desk.dock.job == "train":
        desk.goes_on()
        desk.stop()
    else:
        desk.until(lambda: "labels are in the layer" in desk.dock.said)
        assert [one.name for one in desk.model.layers][-1] == "grey segmented"
        assert (desk.model.layers[-1].data == 1).all()
        assert len(desk.model.layers) == 3
    assert desk.folder == folder
    desk.begins_anew()


def test_a_full_disk_holds_a_run_until_there_is_room(desk):
    desk.start()

    (desk.folder / "full").touch()
    (desk.folder / "go on").touch()

    desk.until(lambda: "Waiting for room on the disk" in desk.dock.said)
    assert "free some space" in desk.dock.said
    assert desk.dock.run.controls.progress.format() == "waiting for room on the disk"
    (desk.folder / "full").unlink()
    if desk.dock.job == "train":
        desk.until(lambda: desk.dock.said == "Going on.")
        desk.goes_on()
    else:
        desk.until(lambda: "labels are in the layer" in desk.dock.said)
        assert (desk.model.layers[-1].data == 1).all()


def test_a_training_that_waits_for_room_can_be_stopped(training):
    training.start()
    (training.folder / "full").touch()
    training.until(lambda: "Waiting for room on the disk" in training.dock.said)

    training.stop()

    (training.folder / "full").unlink()
    assert training.dock.run.controls.go_on.isVisibleTo(training.dock)
    training.begins_anew()


def test_a_disk_without_room_for_a_run_is_told_before_it_begins(desk, monkeypatch):
    with monkeypatch.context() as full:
        usage = SimpleNamespace(free=1000, total=10**9, used=10**9)
        full.setattr(shutil, "disk_usage", lambda path: usage)
        desk.dock.run.controls.start.click()
        desk.ends()

    assert "Free some space" in desk.dock.said
    assert not [*runs_folder().glob("*")]
    desk.begins_anew()


def test_strokes_that_find_no_room_are_sent_with_the_next(training, monkeypatch):
    training.start()
    paint, full = learnt.client.paint, [True]

    def painted(*given):
        if full.pop() if full else False:
            raise WriteError("'edit.npz' cannot be written: No space left on device")
        return paint(*given)

    monkeypatch.setattr(learnt.client, "paint", painted)
    training.labels.paint((1, 20, 30), 2)
    training.until(lambda: "What was painted is not learnt" in training.dock.said)
    assert "No space left" in training.dock.said

    training.labels.paint((3, 10, 10), 2)

    training.until(lambda: knows(training.folder, training.labels))
    training.stop()
    training.begins_anew()


def knows(folder, layer):
    """Whether a training was sent all of what is painted."""
    [path] = (folder / "inputs").glob("painted*")
    labels = np.array(read_image(path).array)
    for edit in sorted((folder / "edits").glob("0*.npz")):
        with np.load(edit) as arrays:
            ends = zip(arrays["start"], arrays["values"].shape, strict=True)
            labels[tuple(slice(a, a + n) for a, n in ends)] = arrays["values"]
    return np.array_equal(labels, layer.data)


def test_a_second_training_is_refused_while_one_is_under_way(training, stripes, opened):
    other = Desk(ViewerModel(), stripes, training.until)
    other.dock = opened(other.model)
    training.start()

    other.dock.run.controls.start.click()

    assert "Another training is under way" in other.dock.said
    assert training.folder.name in other.dock.said
    assert not other.dock.run.running
    training.goes_on()
    training.stop()
    other.begins_anew()
