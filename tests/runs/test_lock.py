from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from napari_unetseg.core.errors import RunError
from napari_unetseg.runs.folder import LOCK
from napari_unetseg.runs.lock import RunLock, is_taken

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys, time
from pathlib import Path
from napari_unetseg.runs.lock import RunLock
with RunLock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_lock_is_given_back(tmp_path: Path) -> None:
    assert not is_taken(tmp_path)
    assert not (tmp_path / LOCK).exists()
    for _ in range(2):
        with RunLock(tmp_path):
            assert is_taken(tmp_path)
        assert not is_taken(tmp_path)


def test_a_second_holder_is_refused(tmp_path: Path) -> None:
    with (
        RunLock(tmp_path),
        pytest.raises(RunError, match="another process") as caught,
        RunLock(tmp_path, patience=0.05),
    ):
        pass
    assert caught.value.remedy == "Wait for it or cancel it"
    assert not is_taken(tmp_path)


def test_a_missing_folder_cannot_be_locked(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be worked on"), RunLock(tmp_path / "x"):
        pass


def test_the_system_gives_the_lock_of_the_dead_back(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"held"
        assert is_taken(tmp_path)
        process.kill()
    with RunLock(tmp_path):
        pass
