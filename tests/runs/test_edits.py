"""What is painted counts from one step on, the same one when a run is resumed."""

from __future__ import annotations

import errno
import json
import os
import pickle
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError, RunError, WriteError
from napari_unetseg.runs import client, edits
from napari_unetseg.runs.edits import Edits
from napari_unetseg.runs.folder import EDITS
from napari_unetseg.runs.questions import SegmentQuestion

if TYPE_CHECKING:
    from pathlib import Path

    from napari_unetseg.core.prepare.edits import Edit


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for new changes before each step, however fast they are."""
    monkeypatch.setattr(edits, "LOOK_EVERY", 0)


def numbers(found: list[Edit]) -> list[int]:
    return [edit.number for edit in found]


def stroke(folder: Path, value: int = 1) -> int:
    return client.paint(folder, 0, (0, 0), np.full((2, 2), value, np.uint8))


@pytest.mark.parametrize("dtype", ["u1", "i2", "u4", "i8", "u8", "?", ">i4"])
def test_a_change_comes_back(folder: Path, dtype: str) -> None:
    values = np.arange(12).reshape(1, 3, 4).astype(dtype)
    assert client.paint(folder, 0, (5, 0, 7), values) == 1
    (edit,) = Edits(folder).new(0)
    assert (edit.number, edit.image, edit.start) == (1, 0, (5, 0, 7))
    assert edit.box == (slice(5, 6), slice(0, 3), slice(7, 11))
    np.testing.assert_array_equal(edit.values, values.astype(int))
    assert edit.values.dtype.kind in "iu"
    assert [path.name for path in (folder / EDITS).glob("*.npz")] == ["000001.npz"]


def test_changes_are_given_once_and_in_order(folder: Path) -> None:
    taken = Edits(folder)
    assert taken.new(0) == []
    for number in range(1, 13):
        assert stroke(folder) == number
    assert numbers(taken.new(0)) == list(range(1, 13))
    assert taken.new(0) == []
    assert taken.new(1) == []
    assert stroke(folder, 0) == 13
    assert numbers(taken.new(7)) == [13]


def test_the_step_is_on_record_before_it_is_done(folder: Path) -> None:
    stroke(folder)
    taken = Edits(folder)
    taken.new(4)
    assert json.loads((folder / EDITS / "taken.json").read_text()) == {"1": 4}


def history(folder: Path, steps: range, taken: Edits | None = None) -> list[Any]:
    """Which changes each step learns from, and the labels it then sees."""
    taken = taken or Edits(folder)
    labels = np.zeros((2, 2), int)
    seen = []
    for step in steps:
        for edit in taken.new(step):
            labels[edit.box] = edit.values
        seen.append(labels.copy())
    return seen


@given(
    painted=st.lists(st.integers(0, 9), max_size=6),
    killed=st.integers(0, 10),
    saved=st.integers(0, 10),
    late=st.integers(0, 2),
)
def test_resuming_replays_what_was_taken(
    tmp_path_factory: pytest.TempPathFactory,
    painted: list[int],
    killed: int,
    saved: int,
    late: int,
) -> None:
    """Killed after a step, and resumed from a checkpoint at or before it."""
    folder = tmp_path_factory.mktemp("run")
    saved = min(saved, killed)
    taken = Edits(folder)
    labels = np.zeros((2, 2), int)
    whole = []
    painted_at = []
    value = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edits, "LOOK_EVERY", 0)
        patch.setattr(edits.os, "fsync", lambda number: None)
        for step in range(killed):
            for _ in range(painted.count(step)):
                value += 1
                painted_at.append(step)
                corner = np.full((1, 1 + value % 2), value)
                edits.write_edit(folder, 0, (value % 2, 0), corner)
            for edit in taken.new(step):
                labels[edit.box] = edit.values
            whole.append(labels.copy())
        for _ in range(late):
            value += 1
            edits.write_edit(folder, 0, (0, 0), np.full((2, 2), value))
        again = history(folder, range(saved, killed + 1))
    # What was painted since comes after all that was before.
    known = max(painted_at, default=0) if late else killed
    for step, found in enumerate(again, start=saved):
        before = whole[step] if step < killed else labels
        after = np.full((2, 2), value) if late else labels
        np.testing.assert_array_equal(found, before if step < known else after)


def test_a_new_change_never_overtakes_an_old_one(folder: Path) -> None:
    taken = Edits(folder)
    stroke(folder, 1)
    taken.new(0)
    stroke(folder, 2)
    taken.new(9)
    stroke(folder, 3)
    again = Edits(folder)
    assert numbers(again.new(0)) == [1]
    assert [numbers(again.new(step)) for step in range(1, 9)] == [[]] * 8
    assert numbers(again.new(9)) == [2, 3]
    whole = Edits(folder).new(9)
    assert [(edit.number, edit.step) for edit in whole] == [(1, 0), (2, 9), (3, 9)]


def test_damaged_and_foreign_files_are_left_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for value in range(1, 4):
        stroke(folder, value)
    place = folder / EDITS
    whole = (place / "000001.npz").read_bytes()
    (place / "000002.npz").write_bytes(whole[: len(whole) // 2])
    (place / "000004.npz").write_bytes(b"")
    (place / "000005.npz").write_bytes(pickle.dumps({"a": 1}))
    np.savez(place / "000006.npz", image=0, start=[0, 0], values=np.ones((2, 2)))
    np.savez(place / "000007.npz", image=0, start=[0], values=np.ones((2, 2), int))
    np.savez(place / "000008.npz", image=0, start=[-1, 0], values=np.ones((2, 2), int))
    np.savez(place / "000009.npz", values=np.ones((2, 2), int))
    (place / "000010.npz").mkdir()
    for name in ("notes.txt", "7.npz", ".unfinished-1.npz", "000011.npz.bak"):
        (place / name).write_bytes(whole)
    taken = Edits(folder)
    assert numbers(taken.new(0)) == [1, 3]
    assert taken.new(1) == []
    log = capsys.readouterr().err.splitlines()
    assert len(log) == 8, "each is told once"
    assert all("no change of labels" in line for line in log)
    assert stroke(folder) == 11


def test_a_damaged_record_lets_all_count_at_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stroke(folder)
    Edits(folder).new(5)
    (folder / EDITS / "taken.json").write_text("[1")
    assert numbers(Edits(folder).new(0)) == [1]
    assert "damaged" in capsys.readouterr().err


def test_what_is_taken_waits_for_room_on_the_disk(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stroke(folder)
    taken = Edits(folder)

    def write(path: Path, text: str) -> None:
        cause = OSError(error, os.strerror(error))
        raise WriteError("no") from cause

    error = errno.ENOSPC
    with monkeypatch.context() as full:
        full.setattr(edits, "write_text_atomic", write)
        assert taken.new(3) == []
        assert taken.new(4) == []
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert numbers(taken.new(5)) == [1]
    assert json.loads((folder / EDITS / "taken.json").read_text()) == {"1": 5}
    stroke(folder)
    error = errno.EACCES
    monkeypatch.setattr(edits, "write_text_atomic", write)
    with pytest.raises(WriteError):
        taken.new(6)


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_several_who_paint_get_their_own_numbers(
    folder: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    if not links:

        def link(source: Path, target: Path) -> None:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

        monkeypatch.setattr(os, "link", link)
    given: list[int] = []

    def work() -> None:
        given.extend(stroke(folder) for _ in range(10))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == list(range(1, 41))
    assert numbers(Edits(folder).new(0)) == sorted(given)
    assert not list((folder / EDITS).glob(".unfinished-*"))


def test_of_two_programs_the_slower_takes_the_next_number(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stroke(folder, 1)
    # Looked before the other one painted.
    monkeypatch.setattr(edits, "_numbers", lambda folder: [])
    assert stroke(folder, 2) == 2
    monkeypatch.undo()
    assert [edit.values[0, 0] for edit in Edits(folder).new(0)] == [1, 2]


@pytest.mark.parametrize(
    ("image", "start", "values", "words"),
    [
        (0, (0, 0), np.ones((2, 2)), "Labels of type float64"),
        (0, (0, 0, 0), np.ones((2, 2), int), "one number per axis"),
        (0, (0, 0), np.ones((0, 2), int), "a box with pixels"),
        (0, (), np.ones((), int), "one number per axis"),
        (0, (0, -1), np.ones((2, 2), int), "from 0"),
        (-1, (0, 0), np.ones((2, 2), int), "from 0"),
        (1, (0, 0), np.ones((2, 2), int), "no labels image 1"),
    ],
)
def test_what_cannot_be_painted_is_refused(
    folder: Path, image: int, start: tuple[int, ...], values: Any, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        client.paint(folder, image, start, values)
    assert not (folder / EDITS).exists()


def test_only_a_training_is_painted_for(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not a run folder"):
        stroke(tmp_path)
    client.create(tmp_path, SegmentQuestion(image="i", model="m", out="o"))
    with pytest.raises(RunError, match="learns from no labels"):
        stroke(tmp_path)


def test_a_full_disk_refuses_a_change_and_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fsync(number: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", fsync)
        with pytest.raises(WriteError, match="Free space"):
            stroke(folder)
    assert list((folder / EDITS).iterdir()) == []
    assert stroke(folder) == 1


def test_looking_costs_little(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stroke(folder)
    monkeypatch.setattr(edits, "LOOK_EVERY", 0.1)
    clock = 0.0
    taken = Edits(folder, now=lambda: clock)
    looks = []
    found = edits._numbers
    monkeypatch.setattr(edits, "_numbers", lambda f: looks.append(1) or found(f))
    loads = []
    load = np.load
    monkeypatch.setattr(np, "load", lambda *a, **k: loads.append(1) or load(*a, **k))
    for step in range(1000):
        taken.new(step)
        clock += 0.01
    assert len(looks) <= 101
    assert len(loads) == 1
