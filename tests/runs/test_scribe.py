"""On a full disk a run is held; nobody who wants it to end has to wait for room."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from napari_unetseg.core.errors import RunError
from napari_unetseg.core.events import (
    Event,
    Failed,
    Finished,
    Note,
    Paused,
    Planned,
    Step,
    Stopped,
    Waiting,
)
from napari_unetseg.runs import client, engine, interrupts, journal, scribe
from napari_unetseg.runs.engine import Stop, Story, execute
from napari_unetseg.runs.folder import RESERVE, RUN, read_question
from napari_unetseg.runs.journal import Journal
from napari_unetseg.runs.reserve import SIZE, Reserve

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_unetseg.runs.questions import Question

NOTE = Note(text="what must not be lost")


def events(folder: Path) -> list[Event]:
    return [entry.event for entry in journal.read(folder)]


def told(folder: Path) -> list[Event]:
    """What was told but for the waiting."""
    return [event for event in events(folder) if not isinstance(event, Waiting)]


class Disk:
    """A disk that can be filled: only the room of the reserve is left then.

    Attributes
    ----------
    room : int
        Events that fit where the reserve was, once it is given up; -1 on a disk that is
        not full.
    naps : int
        How often somebody waited for room.
    on_nap : callable
        Called then.
    """

    def __init__(self) -> None:
        self.room = -1
        self.naps = 0
        self.on_nap: Callable[[], None] = lambda: None
        self.clock = 0.0

    def nap(self, seconds: float) -> None:
        self.naps += 1
        self.clock += seconds
        assert self.naps < 1000, "it waits for ever"
        self.on_nap()

    def check(self, folder: Path) -> None:
        if self.room < 0:
            return
        if (folder / RESERVE).exists() or not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.room -= 1


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk()
    append, make = Journal.append, Reserve.make

    def appended(self: Journal, event: Event) -> None:
        made.check(self._path.parent)
        append(self, event)

    monkeypatch.setattr(Journal, "append", appended)
    monkeypatch.setattr(
        Reserve, "make", lambda self: make(self) if made.room < 0 else False
    )
    monkeypatch.setattr(interrupts, "LOOK_EVERY", 0)
    monkeypatch.setattr(scribe.time, "sleep", made.nap)
    monkeypatch.setattr(
        engine,
        "Scribe",
        lambda *given: scribe.Scribe(*given, now=lambda: made.clock, sleep=made.nap),
    )
    return made


def fills(disk: Disk, *, room: int = 9) -> Callable[[Question, Path, Stop], Story]:
    """Answer with notes, between which the disk is filled."""

    def answer(question: Question, folder: Path, stop: Stop) -> Story:
        yield Planned(total=9, unit="step")
        disk.room = room
        try:
            yield NOTE
            yield Note(text="further")
            return {"iou": 1.0}
        finally:
            (folder / "closed").touch()

    return answer


def test_a_run_is_held_until_there_is_room(
    folder: Path, disk: Disk, capsys: pytest.CaptureFixture[str]
) -> None:
    def free() -> None:
        assert not (folder / "closed").exists(), "the story was not held"
        assert told(folder) == [Planned(total=9, unit="step")]
        if disk.naps == 100:
            disk.room = -1

    disk.on_nap = free
    assert execute(folder, fills(disk)) == engine.FINISHED
    assert told(folder) == [
        Planned(total=9, unit="step"),
        NOTE,
        Note(text="further"),
        Finished(result={"iou": 1.0}),
    ]
    (waited,) = [event for event in events(folder) if isinstance(event, Waiting)]
    assert "room on the disk" in waited.what
    assert str(folder) in waited.what
    assert "room on the disk" in capsys.readouterr().err
    assert not (folder / RESERVE).exists()


def test_the_waiting_is_told_in_the_room_of_the_reserve(
    folder: Path, disk: Disk
) -> None:
    seen: list[Event] = []

    def look() -> None:
        seen.extend(events(folder)[-1:])
        disk.room = -1

    disk.on_nap = look
    execute(folder, fills(disk))
    assert isinstance(seen[0], Waiting)


@pytest.mark.parametrize("room", [9, 0], ids=["reserve", "not even a reserve"])
def test_a_run_that_is_held_can_be_cancelled(
    folder: Path, disk: Disk, room: int
) -> None:
    disk.on_nap = lambda: client.command(folder, "cancel")
    code = execute(folder, fills(disk, room=room))
    assert (folder / "closed").exists(), "its state was not saved"
    assert disk.naps < 20
    if room:
        assert code == engine.STOPPED
        end = Stopped(reason="cancelled")
        assert told(folder) == [Planned(total=9, unit="step"), NOTE, end]
    else:
        assert code == engine.BROKEN
        assert told(folder) == [Planned(total=9, unit="step")]


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_a_run_that_is_held_hears_a_signal(folder: Path, disk: Disk) -> None:
    disk.on_nap = lambda: os.kill(os.getpid(), 15)
    assert execute(folder, fills(disk)) == engine.TERMINATED
    assert told(folder)[-2:] == [NOTE, Stopped(reason="terminated")]
    assert (folder / "closed").exists()


def test_a_run_that_is_held_can_be_kept(folder: Path, disk: Disk) -> None:
    def answer(question: Question, folder: Path, stop: Stop) -> Story:
        yield Planned(total=9, unit="step")
        disk.room = 9
        number = 0
        while not stop():
            number += 1
            yield Step(step=number, total=9, loss=0.0, learning_rate=0.0)
        return {"steps": number}

    disk.on_nap = lambda: client.keep(folder)
    assert execute(folder, answer) == engine.STOPPED
    result = {"steps": 1, "resumable": True}
    assert told(folder)[-1] == Stopped(reason="kept", result=result)
    assert [e.step for e in told(folder) if isinstance(e, Step)] == [1]


def test_the_last_event_waits_for_room_too(folder: Path, disk: Disk) -> None:
    def answer(question: Question, folder: Path, stop: Stop) -> Story:
        yield NOTE
        disk.room = 0
        return {"iou": 1.0}

    def free() -> None:
        if disk.naps == 5:
            disk.room = -1

    disk.on_nap = free
    assert execute(folder, answer) == engine.FINISHED
    assert events(folder) == [NOTE, Finished(result={"iou": 1.0})]


def test_the_steps_are_fixed_once_there_is_room(
    folder: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))] * 3
    fix = engine.fix_steps

    def fix_steps(folder: Path, total: int) -> None:
        if left:
            raise left.pop()
        fix(folder, total)

    monkeypatch.setattr(engine, "fix_steps", fix_steps)

    def answer(question: Question, folder: Path, stop: Stop) -> Story:
        yield Planned(total=9, unit="step")
        return {}

    assert execute(folder, answer) == engine.FINISHED
    assert disk.naps >= 20, "it was tried too often"
    assert read_question(folder).config.steps == 9  # type: ignore[union-attr]


def test_an_error_is_told_in_the_room_of_the_reserve(folder: Path, disk: Disk) -> None:
    def answer(question: Question, folder: Path, stop: Stop) -> Story:
        yield NOTE
        disk.room = 1
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    assert execute(folder, answer) == engine.BROKEN
    end = events(folder)[-1]
    assert isinstance(end, Failed)
    assert "The disk is full" in end.message
    assert not disk.naps


def test_a_run_without_room_is_not_begun(
    folder: Path, disk: Disk, capsys: pytest.CaptureFixture[str]
) -> None:
    disk.room = 9
    assert execute(folder, fills(disk)) == engine.MENDABLE
    assert "no room" in capsys.readouterr().err
    (end,) = events(folder)
    assert isinstance(end, Failed)
    assert end.error == RunError.__name__
    assert not (folder / "closed").exists()


def test_other_errors_end_the_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def append(self: Journal, event: Event) -> None:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    def answer(question: Question, folder: Path, stop: Stop) -> Story:
        yield NOTE
        raise AssertionError("it went on")

    monkeypatch.setattr(Journal, "append", append)
    assert execute(folder, answer) == engine.BROKEN
    assert (folder / RUN).exists()


def test_that_it_rests_or_waits_is_not_told_again_and_again(
    folder: Path, disk: Disk
) -> None:
    def answer(question: Question, folder: Path, stop: Stop) -> Story:
        for _ in range(100):
            disk.clock += 1
            yield Waiting(what="workers")
        for _ in range(100):
            disk.clock += 1
            yield Paused(step=1)
        yield NOTE
        yield NOTE
        yield Paused(step=1)
        return {}

    assert execute(folder, answer) == engine.FINISHED
    found = events(folder)
    assert found[:10] == [Waiting(what="workers")] * 10
    rest = [Paused(step=1), NOTE, NOTE, Paused(step=1), Finished()]
    assert found[10:] == rest


def test_a_reserve_takes_room_and_gives_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve = Reserve(tmp_path)
    path = tmp_path / RESERVE
    path.write_bytes(b"of a run that was killed")
    assert reserve.make()
    content = path.read_bytes()
    assert len(content) == SIZE
    assert len(set(content)) > 200, "a file system could store it in no room"
    assert reserve.make()
    assert path.read_bytes() == content, "it was written again"
    reserve.drop()
    reserve.drop()
    assert not path.exists()

    def fsync(number: int) -> None:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    monkeypatch.setattr(os, "fsync", fsync)
    assert not reserve.make()
    assert not path.exists()
    with pytest.raises(FileNotFoundError):
        Reserve(tmp_path / "gone").make()
