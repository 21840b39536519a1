"""The whole way with real processes, whose engine is scripted in ``child.py``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from napari_unetseg.core.errors import RunError
from napari_unetseg.core.events import (
    Event,
    Failed,
    Finished,
    Planned,
    Started,
    Step,
    Stopped,
)
from napari_unetseg.runs import client, inbox, journal, process
from napari_unetseg.runs.lock import is_taken
from napari_unetseg.runs.process import RunProcess

Start = Callable[..., RunProcess]
Until = Callable[[Callable[[], bool]], None]

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")


def first_step(events: Iterator[Event]) -> None:
    while not isinstance(next(events), Step):
        pass


def last(events: Iterator[Event]) -> Event:
    return list(events)[-1]


def test_events_arrive_in_order_and_the_process_is_as_asked(
    folder: Path, start: Start
) -> None:
    run = start("count", polite=True, threads=3)
    told = list(client.watch(folder, run))
    assert [type(event) for event in told] == [
        Started,
        Planned,
        *[Step] * 5,
        Finished,
    ]
    assert [event.step for event in told if isinstance(event, Step)] == [1, 2, 3, 4, 5]
    end = told[-1]
    assert isinstance(end, Finished)
    assert end.result["folder"] == str(folder)
    assert end.result["threads"] == "3"
    assert end.result["options"] is False
    if os.name == "posix":
        assert end.result["nice"] >= 10
    assert run.wait() == 0
    assert (folder / "log.txt").read_text(encoding="utf-8") == "a library prints, ä\n"
    assert client.status(folder).state == "finished"


def test_the_command_line_is_the_designs(tmp_path: Path) -> None:
    argv = client.engine_command(tmp_path, "/opt/python")
    expected = ["/opt/python", "-P", "-m", "napari_unetseg", "run", str(tmp_path)]
    assert argv == expected


def test_a_cancel_is_heard_and_what_was_done_is_kept(
    folder: Path, start: Start
) -> None:
    # Of before the start: it was meant for another process.
    client.command(folder, "cancel")
    run = start("endless")
    events = client.watch(folder, run)
    first_step(events)
    with pytest.raises(RunError, match="another process"):
        client.start(folder)
    client.command(folder, "cancel")
    assert last(events) == Stopped(reason="cancelled")
    assert run.wait() == 3
    assert int((folder / "saved").read_text()) > 0
    assert not is_taken(folder)

    # Resumed: the story goes on, its watcher sees none of the old one.
    run = start("count")
    told = list(client.watch(folder, run))
    assert isinstance(told[0], Started)
    assert not any(isinstance(event, Stopped) for event in told)
    # And who comes later reads all but the end that was none.
    told = list(client.watch(folder))
    assert sum(isinstance(event, Started) for event in told) == 2
    assert not any(isinstance(event, Stopped) for event in told)
    assert isinstance(told[-1], Finished)


def test_a_cancel_right_after_the_start_is_not_lost(folder: Path, start: Start) -> None:
    run = start("endless")
    assert client.cancel(folder, run) == 3
    assert last(client.watch(folder, run)) == Stopped(reason="cancelled")
    assert client.cancel(folder, run) == 3, "nothing is left to cancel"


def test_a_run_is_kept_and_resumed(folder: Path, start: Start) -> None:
    run = start("endless")
    events = client.watch(folder, run)
    first_step(events)
    client.keep(folder)
    end = last(events)
    assert isinstance(end, Stopped)
    assert end.reason == "kept"
    assert run.wait() == 3
    assert client.status(folder).result == end.result
    steps = int((folder / "saved").read_text())
    # Its plan was never told.
    assert end.result == {"model": "m", "steps": steps, "resumable": False}
    assert isinstance(last(client.watch(folder, start("count"))), Finished)


def test_a_keep_right_after_the_start_does_no_step(folder: Path, start: Start) -> None:
    run = start("endless")
    client.keep(folder)
    told = list(client.watch(folder, run))
    assert not any(isinstance(event, Step) for event in told)
    assert isinstance(told[-1], Stopped)
    assert told[-1].reason == "kept"


def test_a_kept_run_needs_no_watcher_and_can_be_cancelled(
    folder: Path, start: Start, until: Until
) -> None:
    run = start("slow_to_stop")
    first_step(client.watch(folder, run))
    client.keep(folder)
    until(lambda: "still scoring" in (folder / "events.jsonl").read_text())
    assert client.status(folder).state == "running"
    assert client.cancel(folder, run) == 3
    assert last(client.watch(folder)) == Stopped(reason="cancelled")


def test_a_cancel_is_enforced(folder: Path, start: Start) -> None:
    run = start("deaf")
    next(client.watch(folder, run))
    code = client.cancel(folder, run, grace=0.1)
    assert code != 0
    if os.name == "posix":
        assert code == -signal.SIGKILL
    assert client.status(folder).state == "interrupted"


def test_a_killed_run_is_told_and_can_be_resumed(
    folder: Path, start: Start, until: Until
) -> None:
    (folder / "log.txt").write_text("of an earlier run\n")
    run = start("endless", attached=False)
    events = client.watch(folder, run)
    found = client.watch(folder)
    first_step(events)
    first_step(found)
    with (folder / "log.txt").open("a") as log:
        log.write("the last words\n")
    run.kill()
    for story in (events, found):
        end = last(story)
        assert isinstance(end, Failed)
        assert not end.mendable
        assert "ended unexpectedly" in end.message
        assert "--resume" in end.message
        assert "the last words" in end.message
        if story is events:
            assert "of an earlier run" not in end.message
            if os.name == "posix":
                assert "signal 9" in end.message
    assert client.status(folder).state == "interrupted"
    with (folder / "events.jsonl").open("ab") as file:
        file.write(b'{"time": 17')
    assert isinstance(last(client.watch(folder, start("count"))), Finished)


@posix
def test_a_signal_saves_and_has_its_own_exit_code(folder: Path, start: Start) -> None:
    run = start("endless")
    events = client.watch(folder, run)
    first_step(events)
    run.terminate()
    assert last(events) == Stopped(reason="terminated")
    assert run.wait() == 143
    assert (folder / "saved").exists()


@posix
def test_an_attached_run_ends_with_its_parent(folder: Path, until: Until) -> None:
    parent = run_parent(folder, "attached")
    until(lambda: client.status(folder).done > 0)
    parent.kill()
    parent.wait()
    killed = time.monotonic()
    until(lambda: not is_taken(folder))
    assert time.monotonic() - killed < 3
    found = client.status(folder)
    assert found.message == "abandoned"
    assert found.result["steps"] == int((folder / "saved").read_text())


@posix
def test_a_detached_run_outlives_its_parent(folder: Path, until: Until) -> None:
    parent = run_parent(folder, "detached")
    until(lambda: client.status(folder).done > 0)
    parent.kill()
    parent.wait()
    done = client.status(folder).done
    until(lambda: client.status(folder).done > done + 30)
    client.command(folder, "cancel")
    assert last(client.watch(folder)) == Stopped(reason="cancelled")


def run_parent(folder: Path, kind: str) -> subprocess.Popen[bytes]:
    script = Path(__file__).with_name("parent.py")
    return subprocess.Popen([sys.executable, str(script), str(folder), kind])


def test_an_error_of_the_user_has_exit_code_2(folder: Path, start: Start) -> None:
    run = start("mendable")
    end = last(client.watch(folder, run))
    sentence = "the image is empty. Choose another."
    assert end == Failed(message=sentence, mendable=True, error="InputError")
    assert run.wait() == 2
    assert (folder / "log.txt").read_text() == sentence + "\n"


def test_a_bug_leaves_its_traceback_in_the_log(folder: Path, start: Start) -> None:
    run = start("bug")
    end = last(client.watch(folder, run))
    assert isinstance(end, Failed)
    assert (end.mendable, end.error) == (False, "ZeroDivisionError")
    assert run.wait() == 1
    log = (folder / "log.txt").read_text()
    assert "Traceback" in log
    assert "a very particular bug" in log


@posix
def test_a_full_disk_loses_no_line_and_no_answer(folder: Path, start: Start) -> None:
    run = start("full")
    end = last(client.watch(folder, run))
    assert isinstance(end, Failed)
    assert "File too large" in end.message
    assert run.wait() == 1
    steps = [entry.event for entry in journal.read(folder)]
    assert steps[-1] == Step(step=199, total=200, loss=1 / 199, learning_rate=1e-3)
    assert (folder / "events.jsonl").read_bytes().endswith(b"}\n")
    assert (folder / "saved").exists()


def test_a_python_that_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(RunError, match="no-such-python"):
        client.start(folder, python=str(folder / "no-such-python"))
    assert not is_taken(folder)


def test_what_is_no_run_is_not_started(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not a run folder"):
        client.start(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_watched_run_is_touched(folder: Path, start: Start) -> None:
    run = start("endless")
    events = client.watch(folder, run)
    first_step(events)
    (folder / "watch").unlink()
    for _ in events:
        if (folder / "watch").exists():
            break
    inbox.put(folder, inbox.Command("cancel"))
    assert last(events) == Stopped(reason="cancelled")


def test_a_process_that_does_not_end_after_its_last_word_is_ended(
    start: Callable[..., RunProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "LAST_WORDS", 0.1)
    run = start("deaf")

    client.let_end(run)

    assert run.returncode is not None
    assert run.returncode != 0
