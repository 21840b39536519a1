"""napari is closed, or killed, while a network is trained or applied."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from gui.segmenting import model_file, opened
from napari_unetseg.gui.train.dock import KEEP_TRAINING, STOP, TrainDock
from napari_unetseg.runs import client
from napari_unetseg.runs.home import runs_folder
from napari_unetseg.runs.lock import is_taken
from napari_unetseg.runs.preferences import models_folder

pytestmark = pytest.mark.gui

SESSION = Path(__file__).with_name("session.py")


@pytest.fixture
def session():
    """Start a session of napari; it is killed if it does not end."""
    started = []

    def function(closing):
        command = [sys.executable, str(SESSION), closing]
        started.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield function
    for one in started:
        one.kill()
        one.communicate()


def patiently(true, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def the_run():
    (folder,) = runs_folder().glob("*")
    return folder


def test_stop_and_keep_stops_and_keeps(session, model, qtbot, until):
    napari = session(STOP)
    errors = napari.communicate(timeout=90)[1]

    assert napari.returncode == 0, errors
    assert "Traceback" not in errors
    folder = the_run()
    patiently(lambda: not is_taken(folder))
    status = client.status(folder)
    assert status.state == "stopped"
    assert status.result["steps"] > 0
    dock = TrainDock(model)
    qtbot.addWidget(dock)
    until(lambda: "can go on" in dock.said)


def test_keep_training_keeps_training_and_is_found_again(session, model, qtbot, until):
    napari = session(KEEP_TRAINING)
    errors = napari.communicate(timeout=90)[1]

    assert napari.returncode == 0, errors
    assert "Traceback" not in errors
    folder = the_run()
    done = client.status(folder).done
    patiently(lambda: client.status(folder).done > done)
    assert is_taken(folder)
    dock = TrainDock(model)
    qtbot.addWidget(dock)
    until(lambda: "step" in dock.run.controls.progress.format())
    dock.run.controls.stop.click()
    until(lambda: not dock.run.running)
    assert client.status(folder).state == "stopped"


def test_a_segmentation_is_kept_and_goes_on(session, model, scenario, qtbot, until):
    network = model_file(models_folder() / "first.unetseg.safetensors")
    napari = session("segment")
    errors = napari.communicate(timeout=90)[1]

    assert napari.returncode == 0, errors
    assert "Traceback" not in errors
    folder = the_run()
    patiently(lambda: not is_taken(folder))
    assert client.status(folder).state == "stopped"
    assert network.exists()
    scenario("segmenting")
    dock = opened(model, qtbot)
    until(lambda: "can go on" in dock.said)
    (folder / "go on").touch()
    dock.run.controls.go_on.click()
    until(lambda: "labels are in the layer" in dock.said)
    assert (model.layers[-1].data == 1).all()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_a_killed_napari_loses_nothing(session):
    napari = session(STOP)
    patiently(lambda: [*runs_folder().glob("*/events.jsonl")])
    patiently(lambda: client.status(the_run()).done > 0)

    psutil.Process(napari.pid).send_signal(signal.SIGKILL)

    folder = the_run()
    patiently(lambda: not is_taken(folder))
    status = client.status(folder)
    assert (status.state, status.message) == ("stopped", "abandoned")
    assert status.result["steps"] > 0
