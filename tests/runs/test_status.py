from __future__ import annotations

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
    Resumed,
    Saved,
    Started,
    Step,
    Stopped,
    Tile,
)
from napari_unetseg.runs.client import RunStatus, status
from napari_unetseg.runs.journal import Journal
from napari_unetseg.runs.lock import RunLock

if TYPE_CHECKING:
    from pathlib import Path

STEP = Step(step=7, total=10, loss=0.1, learning_rate=0.1)
FAILED = Failed(message="why", mendable=True, error="InputError")


def test_a_new_run_is_new(folder: Path) -> None:
    assert status(folder) == RunStatus(job="train", state="new")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([], {"state": "interrupted"}),
        ([Started(job="train")], {"state": "interrupted"}),
        (
            [Planned(total=10, unit="step")],
            {"state": "interrupted", "total": 10, "unit": "step"},
        ),
        (
            [STEP, Note(text="")],
            {"state": "interrupted", "done": 7, "total": 10, "unit": "step"},
        ),
        (
            [STEP, Stopped(reason="cancelled"), Planned(total=10, unit="step")],
            {"state": "interrupted", "done": 7, "total": 10, "unit": "step"},
        ),
        (
            [Tile(done=3, total=4), Stopped(reason="abandoned")],
            {
                "state": "stopped",
                "message": "abandoned",
                "done": 3,
                "total": 4,
                "unit": "tile",
            },
        ),
        (
            [STEP, Stopped(reason="kept", result={"model": "m", "resumable": True})],
            {
                "state": "stopped",
                "message": "kept",
                "result": {"model": "m", "resumable": True},
                "done": 7,
                "total": 10,
                "unit": "step",
            },
        ),
        ([FAILED], {"state": "failed", "message": "why"}),
        ([FAILED, Started(job="train")], {"state": "interrupted"}),
        (
            [STEP, Finished(result={"a": 1})],
            {
                "state": "finished",
                "result": {"a": 1},
                "done": 7,
                "total": 10,
                "unit": "step",
            },
        ),
    ],
)
def test_the_last_event_tells(
    folder: Path, told: list[Event], expected: dict[str, object]
) -> None:
    with Journal(folder) as journal:
        for event in told:
            journal.append(event)
    assert status(folder) == RunStatus(job="train", **expected)


def test_a_taken_run_is_running_whatever_its_last_event_says(folder: Path) -> None:
    with Journal(folder) as journal:
        journal.append(STEP)
        journal.append(FAILED)
    with RunLock(folder):
        running = RunStatus(job="train", state="running", done=7, total=10, unit="step")
        assert status(folder) == running
    assert status(folder).state == "failed"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([STEP, Saved(step=7), Paused(step=7)], True),
        ([STEP, Paused(step=7), Note(text="n"), Saved(step=7)], True),
        ([Paused(step=0)], True),
        ([STEP, Paused(step=7), Resumed(step=7)], False),
        ([STEP, Paused(step=7), STEP], False),
        # Its process was killed, and another one goes on.
        ([STEP, Paused(step=7), Started(job="train")], False),
    ],
)
def test_a_run_that_rests_is_running_and_paused(
    folder: Path, told: list[Event], expected: bool
) -> None:
    with Journal(folder) as journal:
        for event in told:
            journal.append(event)
    with RunLock(folder):
        found = status(folder)
        assert (found.state, found.paused) == ("running", expected)
    assert not status(folder).paused, "without a process nothing rests"


def test_no_run_has_no_status(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not a run folder"):
        status(tmp_path)
