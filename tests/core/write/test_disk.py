"""A full disk is told from other errors, and waited for."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.events import Waiting
from napari_unetseg.core.write import disk
from napari_unetseg.core.write.atomic import write_text_atomic
from napari_unetseg.core.write.disk import is_full, when_there_is_room

if TYPE_CHECKING:
    from pathlib import Path


def full(number: int = errno.ENOSPC) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.fixture(autouse=True)
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Collect the seconds that would be slept."""
    slept: list[float] = []
    monkeypatch.setattr(disk.time, "sleep", slept.append)
    return slept


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (full(), True),
        (full(getattr(errno, "EDQUOT", errno.ENOSPC)), True),
        (OSError("8192 requested and 4096 written"), True),
        (full(errno.EACCES), False),
        (full(errno.EFBIG), False),
        (OSError("something else"), False),
        (ValueError("No space left on device"), False),
        (None, False),
    ],
)
def test_what_says_that_the_disk_is_full(
    error: Exception | None, expected: bool
) -> None:
    assert is_full(error) is expected
    wrapped = WriteError("it cannot be written")
    wrapped.__cause__ = error
    assert is_full(wrapped) is expected


@pytest.mark.skipif(sys.platform != "linux", reason="a device that is always full")
def test_a_disk_that_is_really_full() -> None:
    with (
        pytest.raises(OSError, match="No space") as caught,
        open("/dev/full", "wb") as f,
    ):
        f.write(b"1" * 100_000)
    assert is_full(caught.value)
    with pytest.raises(OSError, match="requested and") as caught:
        np.zeros(100_000).tofile("/dev/full")
    assert is_full(caught.value)


def test_it_is_written_once_there_is_room(tmp_path: Path, naps: list[float]) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    attempts = iter([full(), full(errno.EDQUOT), None])

    def write() -> None:
        assert path.read_text() == "old"
        error = next(attempts)
        if error is not None:
            raise error
        write_text_atomic(path, "new")

    job = when_there_is_room(write, "for 'a.txt'")
    waits = []
    with suppress(StopIteration):
        while True:
            waits.append(next(job))
    assert waits == [Waiting(what="room on the disk for 'a.txt'")] * 2
    assert naps == [1.0, 1.0]
    assert path.read_text() == "new"


def test_it_is_given_up_when_asked() -> None:
    asked = iter([False, True])

    def write() -> None:
        raise full()

    job = when_there_is_room(write, "", lambda: next(asked))
    assert isinstance(next(job), Waiting)
    with pytest.raises(StopIteration) as end:
        next(job)
    assert end.value.value is False


def test_other_errors_do_not_wait() -> None:
    def write() -> None:
        raise full(errno.EACCES)

    with pytest.raises(PermissionError):
        next(when_there_is_room(write, ""))


def test_attempts_that_take_long_are_rare(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 0.0
    attempts = []

    def sleep(seconds: float) -> None:
        nonlocal clock
        clock += seconds

    def write() -> None:
        nonlocal clock
        attempts.append(clock)
        clock += 2.0
        raise full()

    monkeypatch.setattr(disk.time, "monotonic", lambda: clock)
    monkeypatch.setattr(disk.time, "sleep", sleep)
    job = when_there_is_room(write, "")
    for _ in range(21):
        next(job)
    assert attempts == [0.0, 12.0, 24.0]
