"""Files that are there completely or not at all."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from napari_unetseg.core.errors import ReadError, WriteError
from napari_unetseg.core.write import atomic
from napari_unetseg.core.write.atomic import (
    atomic_path,
    check_writable,
    write_bytes_atomic,
    write_text_atomic,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_file_appears_at_the_end_of_the_block(tmp_path: Path) -> None:
    target = tmp_path / "labels v1.5 µ.ome.tif"
    with atomic_path(target) as unfinished:
        assert unfinished.parent == tmp_path
        assert unfinished.name.endswith(".ome.tif")
        unfinished.write_bytes(b"new")
        assert not target.exists()
    assert names(tmp_path) == [target.name]
    assert target.read_bytes() == b"new"


def test_text_is_utf8_with_unix_line_ends(tmp_path: Path) -> None:
    write_text_atomic(tmp_path / "run.json", "µ\n")
    assert (tmp_path / "run.json").read_bytes() == b"\xc2\xb5\n"
    write_bytes_atomic(tmp_path / "run.json", b"\0")
    assert (tmp_path / "run.json").read_bytes() == b"\0"


@pytest.mark.parametrize(
    "error", [ValueError("a bug"), ReadError("a file"), KeyboardInterrupt()]
)
def test_an_error_leaves_the_old_file(tmp_path: Path, error: BaseException) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def fail() -> NoReturn:
        with atomic_path(target) as unfinished:
            unfinished.write_text("half")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert names(tmp_path) == ["a.txt"]
    assert target.read_text() == "old"


def test_what_the_system_refuses_is_said_in_a_sentence(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with (
        pytest.raises(WriteError, match=r"^'a\.txt' cannot.*No space.*Free space.*\.$"),
        atomic_path(target),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path))
    assert target.read_text() == "old"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="No such file or directory") as caught:
        write_text_atomic(tmp_path / "no" / "a.txt", "")
    assert str(tmp_path) not in str(caught.value)


def test_existing_files_are_refused_unless_asked_for(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    refusal = pytest.raises(WriteError, match=r"'a\.txt' exists.*--overwrite")
    with refusal:
        check_writable(target)
    with refusal, atomic_path(target, overwrite=False):
        pytest.fail("the work has begun")
    with pytest.raises(WriteError, match=r"'a\.txt' exists"):
        write_bytes_atomic(target, b"new", overwrite=False)
    check_writable(target, overwrite=True)
    assert target.read_text() == "old"


def test_a_file_that_appears_during_the_work_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"

    def write() -> None:
        with atomic_path(target, overwrite=False) as unfinished:
            unfinished.write_text("mine")
            target.write_text("theirs")

    with pytest.raises(WriteError, match="exists"):
        write()
    assert target.read_text() == "theirs"
    assert names(tmp_path) == ["a.txt"]


def test_a_folder_is_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="is a folder"):
        check_writable(tmp_path, overwrite=True)


def test_check_makes_the_folders_and_leaves_nothing_else(tmp_path: Path) -> None:
    check_writable(tmp_path / "a" / "b" / "c.tif")
    assert names(tmp_path / "a" / "b") == []


def test_a_folder_that_cannot_be_made_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match=r"'c\.tif' cannot be written"):
        check_writable(tmp_path / "file" / "c.tif")


def test_a_read_only_folder_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_options: object) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path))

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(WriteError, match=r"Permission denied.*another folder"):
        check_writable(tmp_path / "a.tif")


def test_renaming_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, refusals = os.replace, iter([True, True, False])

    def scanned(source: Path, target: Path) -> None:
        if next(refusals):
            raise PermissionError(errno.EACCES, "Permission denied")
        replace(source, target)

    monkeypatch.setattr(os, "replace", scanned)
    monkeypatch.setattr(atomic, "PAUSES", (0, 0, 0))
    write_text_atomic(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "new"


def test_renaming_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def held(*_paths: Path) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied")

    (tmp_path / "a.txt").write_text("old")
    monkeypatch.setattr(os, "replace", held)
    monkeypatch.setattr(atomic, "PAUSES", (0, 0))
    with pytest.raises(WriteError, match=r"Permission denied.*Close programs"):
        write_text_atomic(tmp_path / "a.txt", "new")
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs links")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    write_text_atomic(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


FULL_DISK = """
import resource, signal, sys
import numpy as np
from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.image import Image
from napari_unetseg.core.write.atomic import write_bytes_atomic
from napari_unetseg.core.write.ome_tiff import write_ome_tiff

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
noise = np.random.default_rng(0).integers(0, 2**16, (4, 200, 300)).astype("u2")
image = Image(array=noise, axes="ZYX")
for compress in (True, False):
    try:
        write_ome_tiff(sys.argv[1], image, overwrite=True, compress=compress)
    except WriteError as error:
        print(error)
try:
    write_bytes_atomic(sys.argv[1], bytes(200_000))
except WriteError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit of file sizes")
def test_a_full_disk_costs_no_file(tmp_path: Path) -> None:
    target = tmp_path / "a.ome.tif"
    target.write_text("old")
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(target)],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 3, done.stdout + done.stderr
    for line in lines:
        assert line.startswith("'a.ome.tif' cannot be written: ")
        assert line.endswith(". Free space on the disk or choose another folder.")
    assert names(tmp_path) == ["a.ome.tif"]
    assert target.read_text() == "old"
