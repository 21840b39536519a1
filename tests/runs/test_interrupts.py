from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from napari_unetseg.core.train.wishes import View
from napari_unetseg.runs import client
from napari_unetseg.runs.folder import WATCH
from napari_unetseg.runs.inbox import Command, put
from napari_unetseg.runs.interrupts import Interrupts, Silence
from napari_unetseg.runs.options import RunOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ATTACHED = RunOptions(attached=True)


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def pass_time(clock: Clock, interrupts: Interrupts, seconds: int) -> str | None:
    reason = None
    for _ in range(seconds):
        clock.time += 1
        reason = reason or interrupts.reason()
    return reason


def touch(folder: Path, clock: Clock) -> None:
    (folder / WATCH).touch()
    os.utime(folder / WATCH, (clock.time, clock.time))


def test_an_unwatched_run_is_abandoned(tmp_path: Path) -> None:
    clock = Clock()
    touch(tmp_path, clock)
    interrupts = Interrupts(tmp_path, ATTACHED, now=clock)
    assert pass_time(clock, interrupts, 59) is None
    touch(tmp_path, clock)
    assert pass_time(clock, interrupts, 60) is None
    assert pass_time(clock, interrupts, 3) == "abandoned"


def test_a_detached_run_needs_nobody(tmp_path: Path) -> None:
    clock = Clock()
    interrupts = Interrupts(
        tmp_path, RunOptions(), now=clock, parent_alive=lambda: False
    )
    assert pass_time(clock, interrupts, 200) is None


def test_an_orphan_is_abandoned_at_once(tmp_path: Path) -> None:
    alive = True
    clock = Clock()
    interrupts = Interrupts(tmp_path, ATTACHED, now=clock, parent_alive=lambda: alive)
    assert interrupts.reason() is None
    alive = False
    assert pass_time(clock, interrupts, 1) == "abandoned"


def test_a_computer_that_slept_gives_the_watcher_time(tmp_path: Path) -> None:
    clock = Clock()
    silence = Silence(tmp_path / WATCH, clock)
    clock.time += 10_000
    assert silence.seconds() < 60


def test_an_old_cancel_is_ignored_and_a_new_one_heard(tmp_path: Path) -> None:
    put(tmp_path, Command("cancel"))
    clock = Clock()
    interrupts = Interrupts(tmp_path, RunOptions(), now=clock)
    assert interrupts.reason() is None
    put(tmp_path, Command("unheard-of"))
    put(tmp_path, Command("cancel"))
    assert interrupts.reason() is None, "it looks ten times a second at most"
    assert pass_time(clock, interrupts, 1) == "cancelled"


def test_what_is_looked_at_is_heard_until_nobody_looks_or_watches(
    tmp_path: Path,
) -> None:
    clock = Clock()
    interrupts = Interrupts(tmp_path, RunOptions(), now=clock)
    assert interrupts.view() is None

    client.preview(tmp_path, Z=(3, 4), X=(-2, 9))
    clock.time += 1
    assert interrupts.view() == View(0, {"Z": (3, 4), "X": (-2, 9)})
    client.preview(tmp_path, 2)
    clock.time += 1
    assert interrupts.view() == View(2, {})

    client.preview(tmp_path, None)
    clock.time += 1
    assert interrupts.view() is None

    touch(tmp_path, clock)
    client.preview(tmp_path, 1)
    looks = []
    for _ in range(100):
        clock.time += 1
        looks.append(interrupts.view())
    assert all(looks[:50])
    assert not any(looks[70:])


@pytest.mark.parametrize(
    "values",
    [{}, {"image": "a"}, {"image": 0}, {"image": 0, "region": {"Z": [1]}}],
)
def test_a_look_that_makes_no_sense_is_none(
    tmp_path: Path, values: dict[str, object]
) -> None:
    clock = Clock()
    interrupts = Interrupts(tmp_path, RunOptions(), now=clock)
    put(tmp_path, Command("preview", values))
    clock.time += 1
    assert interrupts.view() is None


def test_a_wish_to_keep_is_no_reason_to_break_off_what_stops_itself(
    tmp_path: Path,
) -> None:
    clock = Clock()
    interrupts = Interrupts(tmp_path, ATTACHED, now=clock)
    assert not interrupts.stop()
    assert interrupts.heeded is None
    put(tmp_path, Command("keep"))
    clock.time += 1
    assert interrupts.reason(stops_itself=True) is None
    assert interrupts.heeded is None, "it was not yet asked for"
    assert interrupts.stop()
    assert interrupts.heeded == "kept"
    assert interrupts.reason() == "cancelled", "what does not stop itself"


def test_what_is_told_to_stop_may_take_its_time(tmp_path: Path) -> None:
    clock = Clock()
    alive = True
    interrupts = Interrupts(tmp_path, ATTACHED, now=clock, parent_alive=lambda: alive)
    put(tmp_path, Command("keep"))
    assert interrupts.stop()
    alive = False
    for _ in range(200):
        clock.time += 1
        assert interrupts.reason(stops_itself=True) is None
        assert interrupts.stop()
    assert interrupts.heeded == "kept", "and not abandoned"
    put(tmp_path, Command("cancel"))
    clock.time += 1
    assert interrupts.reason(stops_itself=True) == "cancelled"


def test_a_training_that_nobody_watches_is_told_to_stop(tmp_path: Path) -> None:
    clock = Clock()
    interrupts = Interrupts(
        tmp_path, ATTACHED, now=clock, parent_alive=lambda: clock.time < 1002
    )
    assert not interrupts.stop()
    clock.time += 2
    assert interrupts.reason(stops_itself=True) is None
    assert interrupts.stop()
    assert interrupts.heeded == "abandoned"
    assert interrupts.reason() == "abandoned", "what does not stop itself"


def test_to_keep_and_to_cancel_at_once_is_to_cancel(tmp_path: Path) -> None:
    interrupts = Interrupts(tmp_path, RunOptions(), now=Clock())
    put(tmp_path, Command("keep"))
    put(tmp_path, Command("cancel"))
    assert interrupts.reason(stops_itself=True) == "cancelled"


def test_a_pause_lasts_until_it_is_to_go_on(tmp_path: Path) -> None:
    clock = Clock()
    interrupts = Interrupts(tmp_path, RunOptions(), now=clock)
    assert not interrupts.paused()
    put(tmp_path, Command("pause"))
    for _ in range(300):
        clock.time += 1
        assert interrupts.paused()
        assert interrupts.reason(stops_itself=True) is None
        assert not interrupts.stop()
    put(tmp_path, Command("go on"))
    clock.time += 1
    assert not interrupts.paused()
    # Of several the last one counts.
    for name in ("pause", "go on", "pause"):
        put(tmp_path, Command(name))
    clock.time += 1
    assert interrupts.paused()


@pytest.mark.parametrize("name", ["cancel", "keep"])
def test_whoever_wants_an_end_need_not_wait_for_the_pause(
    tmp_path: Path, name: str
) -> None:
    clock = Clock()
    interrupts = Interrupts(tmp_path, RunOptions(), now=clock)
    put(tmp_path, Command("pause"))
    assert interrupts.paused()
    assert not interrupts.ending()
    put(tmp_path, Command(name))
    clock.time += 1
    assert not interrupts.paused()
    assert interrupts.ending()


def test_a_paused_run_that_nobody_watches_is_told_to_stop(tmp_path: Path) -> None:
    clock = Clock()
    touch(tmp_path, clock)
    interrupts = Interrupts(tmp_path, ATTACHED, now=clock)
    put(tmp_path, Command("pause"))
    for _ in range(60):
        clock.time += 1
        assert interrupts.paused()
    clock.time += 2
    assert not interrupts.paused()
    assert interrupts.stop()
    assert interrupts.heeded == "abandoned"


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_a_signal_ends_a_pause(
    tmp_path: Path, until: Callable[[Callable[[], bool]], None]
) -> None:
    with Interrupts(tmp_path, RunOptions()) as interrupts:
        put(tmp_path, Command("pause"))
        assert interrupts.paused()
        os.kill(os.getpid(), signal.SIGTERM)
        until(lambda: not interrupts.paused())
        assert interrupts.reason(stops_itself=True) == "terminated"


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_heard_and_given_back(
    tmp_path: Path, number: int, until: Callable[[Callable[[], bool]], None]
) -> None:
    before = signal.getsignal(number)
    with Interrupts(tmp_path, RunOptions()) as interrupts:
        assert interrupts.reason() is None
        os.kill(os.getpid(), number)
        # Any thread may take it; the main one hears of it a moment later.
        until(lambda: interrupts.reason() == "terminated")
    assert signal.getsignal(number) is before


def test_another_thread_leaves_signals_alone(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    found = []

    def work() -> None:
        with Interrupts(tmp_path, RunOptions()):
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [before]


def test_options_pass_through_the_environment() -> None:
    options = RunOptions(attached=True, polite=True, parent=12, asked=34)
    environment = {"A": "b", **options.environment()}
    assert RunOptions.take(environment) == options
    assert environment == {"A": "b"}
    assert RunOptions.take(environment) == RunOptions()
    newer = {"UNETSEG_ENGINE": '{"polite": true, "newer": 1}'}
    assert RunOptions.take(newer) == RunOptions(polite=True)
