"""A script ends while a network is trained, and never closes napari."""

from __future__ import annotations

import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version

from napari_unetseg.runs import client, home
from napari_unetseg.runs.lock import is_taken

pytestmark = pytest.mark.gui

SEVEN = Version("0.7")
SCRIPT = Path(__file__).with_name("script.py")


def test_a_script_that_ends_meanwhile_ends_well_and_the_run_keeps():
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], capture_output=True, text=True, timeout=90
    )

    # If its window is not closed napari 0.6 ends so, with or without a run.
    of_napari = "StatusChecker" in done.stderr and Version(version("napari")) < SEVEN
    assert done.returncode == 0 or of_napari, done.stderr
    assert "Traceback" not in done.stderr
    (folder,) = home.runs_folder().glob("*")
    deadline = time.monotonic() + 60
    while is_taken(folder):
        assert time.monotonic() < deadline, "the run goes on"
        time.sleep(0.05)
    status = client.status(folder)
    assert status.state == "stopped"
    assert status.result["steps"] > 0
