from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from napari_unetseg.core.errors import RunError
from napari_unetseg.runs import client
from napari_unetseg.runs.folder import LOCK, RUN, read_question
from napari_unetseg.runs.lock import RunLock
from napari_unetseg.runs.questions import SegmentQuestion, TrainQuestion

if TYPE_CHECKING:
    from pathlib import Path

OTHER = SegmentQuestion(image="i.tif", model="m", out="o.tif")


def test_a_run_is_created(tmp_path: Path, question: TrainQuestion) -> None:
    folder = tmp_path / "a" / "b"
    client.create(folder, question)
    assert read_question(folder) == question
    (tmp_path / "empty").mkdir()
    client.create(tmp_path / "empty", question)


def test_a_run_is_not_replaced_unasked(folder: Path, question: TrainQuestion) -> None:
    with pytest.raises(RunError) as caught:
        client.create(folder, OTHER)
    assert "--resume" in str(caught.value)
    assert "--overwrite" in str(caught.value)
    assert read_question(folder) == question


def test_a_run_is_replaced_when_asked(folder: Path, tmp_path: Path) -> None:
    (folder / "state").mkdir()
    (folder / "state" / "1.pt").touch()
    (folder / "log.txt").touch()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").touch()
    # Windows lets not everybody make links.
    with suppress(OSError):
        (folder / "link").symlink_to(outside, target_is_directory=True)
    client.create(folder, OTHER, overwrite=True)
    assert sorted(path.name for path in folder.iterdir()) == [LOCK, RUN]
    assert read_question(folder) == OTHER
    assert (outside / "precious").exists()


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("name", ["photo.tif", RUN])
def test_a_folder_that_is_no_run_is_never_touched(
    tmp_path: Path, name: str, overwrite: bool
) -> None:
    (tmp_path / name).write_text('{"format": "of another program"}')
    with pytest.raises(RunError, match="not a run folder"):
        client.create(tmp_path, OTHER, overwrite=overwrite)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="not a run folder"):
        client.create(tmp_path / "file", OTHER, overwrite=True)
    with pytest.raises(RunError, match="cannot be made a run folder"):
        client.create(tmp_path / "file" / "below", OTHER)


def test_a_run_at_work_is_not_replaced(folder: Path, question: TrainQuestion) -> None:
    with RunLock(folder), pytest.raises(RunError, match="another process"):
        client.create(folder, OTHER, overwrite=True)
    assert read_question(folder) == question


def test_a_broken_off_creation_can_be_repeated(tmp_path: Path) -> None:
    (tmp_path / LOCK).touch()
    (tmp_path / ".unfinished-0123.json").touch()
    client.create(tmp_path, OTHER)
    assert sorted(path.name for path in tmp_path.iterdir()) == [LOCK, RUN]
    assert read_question(tmp_path) == OTHER


def test_the_client_loads_no_torch() -> None:
    code = (
        "import sys, napari_unetseg.runs.client\n"
        "heavy = {'torch', 'numpy', 'scipy', 'napari', 'napari_unetseg.runs.engine'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    argv = [sys.executable, "-c", code]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
