"""Which runs can be gone on with."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from napari_unetseg.cli import starting
from napari_unetseg.core.errors import RunError
from napari_unetseg.runs import client
from napari_unetseg.runs.lock import RunLock
from napari_unetseg.runs.questions import SegmentQuestion


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "o.run"
    client.create(path, SegmentQuestion(image="/a", model="/m", out="/o"))
    return path


def test_a_new_run_can_be_gone_on_with(folder: Path) -> None:
    assert starting.check_resumable(folder, "segment").state == "new"


def test_a_run_of_the_other_kind_is_refused(folder: Path) -> None:
    with pytest.raises(RunError, match="by unetseg segment"):
        starting.check_resumable(folder, "train")


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not a run folder"):
        starting.check_resumable(tmp_path, "train")


def test_a_run_that_is_just_ending_is_waited_for(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held = threading.Event()

    def hold() -> None:
        with RunLock(folder):
            held.set()
            time.sleep(0.5)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    assert starting.check_resumable(folder, "segment").state == "new"
    thread.join()
    assert "waiting for it to end" in capsys.readouterr().err


def test_a_run_that_goes_on_elsewhere_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "PATIENCE", 0.1)
    with RunLock(folder), pytest.raises(RunError, match="another process"):
        starting.check_resumable(folder, "segment")


def test_the_command_to_go_on_can_be_pasted() -> None:
    command = starting.how_to_resume("segment", None, Path("my out.tif"), "--out")
    assert command == "Continue with: unetseg segment --out 'my out.tif' --resume"
    command = starting.how_to_resume("train", Path("r"), Path("m"), "--model")
    assert command == "Continue with: unetseg train --run r --resume"
