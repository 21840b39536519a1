"""What is told of a run in the list."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_unetseg.gui.runs.rows import Row, folder_bytes, now, rows, size_text
from napari_unetseg.runs import listing
from napari_unetseg.runs.status import RunStatus
from oracles.runs import made

FOLDER = Path("2026-01-31-235959-train-my em-stack-3f9a")


def row(folder=FOLDER, size=0, **where):
    return Row(folder, RunStatus(**{"job": "train", "state": "stopped"} | where), size)


def drained(job):
    while True:
        try:
            next(job)
        except StopIteration as done:
            return done.value


def test_name_and_time_are_those_of_the_folder():
    assert (row().name, row().time) == ("my em-stack", "2026-01-31 23:59")


def test_a_new_folder_is_told_as_it_was_named():
    one = row(listing.new_folder("segment", "cells - 2"))
    assert one.name == "cells - 2"
    assert len(one.time) == len("2026-01-31 23:59")


def test_a_folder_of_another_name_is_told_by_it():
    one = row(Path("mine"))
    assert (one.name, one.time) == ("mine", "")


@pytest.mark.parametrize(
    ("where", "told", "can_go_on"),
    [
        ({"state": "running", "done": 1, "total": 4}, "under way, 25%", False),
        ({"state": "running", "paused": True, "total": 4}, "paused, 0%", False),
        ({"state": "stopped", "done": 2, "total": 4}, "stopped, 50%", True),
        (
            {"state": "stopped", "total": 4, "result": {"resumable": False}},
            "stopped, 0%",
            False,
        ),
        ({"state": "failed"}, "failed", False),
        ({"state": "failed", "done": 4, "total": 4}, "failed, 100%", True),
        ({"state": "interrupted", "done": 1, "total": 2}, "broken off, 50%", True),
        ({"state": "finished", "done": 4, "total": 4}, "finished", False),
    ],
)
def test_its_state_says_what_can_be_done(where, told, can_go_on):
    one = row(**where)
    assert (one.state, one.can_go_on) == (told, can_go_on)
    assert one.is_running == (where["state"] == "running")


def test_runs_of_both_kinds_are_listed_the_newest_first(own_home):
    older = made("2026-01-30-101010-train-b-0000")
    newer = made("2026-01-31-101010-segment-a-0000", "segment")
    found = drained(rows())
    assert [one.folder for one in found] == [newer, older]
    assert [one.where.job for one in found] == ["segment", "train"]
    assert found[1].state == "failed, 38%"
    assert found[1].bytes == sum(p.stat().st_size for p in older.rglob("*"))


def test_without_runs_the_list_is_empty(own_home):
    assert drained(rows()) == []


def test_a_run_that_has_gone_is_none(own_home):
    folder = made("2026-01-30-101010-train-b-0000")
    (one,) = drained(rows())
    assert now(one) == one
    listing.discard(folder)
    assert now(one) is None


def test_files_in_all_folders_count(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "one").write_bytes(bytes(10))
    (tmp_path / "a" / "b" / "two").write_bytes(bytes(7))
    (tmp_path / "link").symlink_to(tmp_path / "nowhere" / "very" / "far")
    linked = (tmp_path / "link").lstat().st_size
    assert folder_bytes(tmp_path) == 17 + linked


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (1_830_000, "1.83 MB"),
        (12_345_678_901, "12.3 GB"),
        (5 * 10**12, "5 TB"),
    ],
)
def test_a_size_has_three_digits(count, text):
    assert size_text(count) == text
