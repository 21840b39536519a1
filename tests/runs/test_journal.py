from __future__ import annotations

import errno
from typing import TYPE_CHECKING, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.events import Event, Note, Step, Stopped
from napari_unetseg.runs import journal
from napari_unetseg.runs.folder import EVENTS
from napari_unetseg.runs.journal import Journal, end, read, read_last

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def events(folder: Path, offset: int = 0) -> list[Event]:
    return [entry.event for entry in read(folder, offset)]


def write(folder: Path, *written: Event) -> None:
    with Journal(folder, now=lambda: 12.3456) as journal:
        for event in written:
            journal.append(event)


def test_events_come_back_in_order_with_their_time(tmp_path: Path) -> None:
    assert read(tmp_path) == []
    assert end(tmp_path) == 0
    write(tmp_path, Note(text="é"), Stopped(reason="cancelled"))
    first, second = read(tmp_path)
    assert (first.event, first.time) == (Note(text="é"), 12.346)
    assert events(tmp_path, first.end) == [Stopped(reason="cancelled")]
    assert second.end == end(tmp_path) == (tmp_path / EVENTS).stat().st_size
    assert events(tmp_path, second.end) == []


def test_a_loss_that_is_not_a_number_comes_back(tmp_path: Path) -> None:
    write(tmp_path, Step(step=1, total=2, loss=float("nan"), learning_rate=0.1))
    (event,) = events(tmp_path)
    assert isinstance(event, Step)
    assert event.loss != event.loss


def test_a_torn_last_line_waits(tmp_path: Path) -> None:
    write(tmp_path, Note(text="a"), Note(text="b"))
    path = tmp_path / EVENTS
    whole = path.read_bytes()
    path.write_bytes(whole[:-7])
    (first,) = read(tmp_path)
    assert end(tmp_path) == first.end
    path.write_bytes(whole)
    assert events(tmp_path, first.end) == [Note(text="b")]


def test_a_torn_last_line_is_cut_before_going_on(tmp_path: Path) -> None:
    write(tmp_path, Note(text="a"), Note(text="b"))
    path = tmp_path / EVENTS
    path.write_bytes(path.read_bytes()[:-7])
    write(tmp_path, Note(text="c"))
    assert events(tmp_path) == [Note(text="a"), Note(text="c")]


def test_a_damaged_line_costs_only_itself(tmp_path: Path) -> None:
    write(tmp_path, Note(text="a"))
    with (tmp_path / EVENTS).open("ab") as file:
        file.write(b"\x00\xff\n[1]\n\n")
        file.write(b'{"time": 1, "event": "Newer", "x": 1}\n')
        file.write(b'{"time": 1, "event": "Note", "unknown": 1}\n')
        file.write(b'{"event": "Note", "text": "no time"}\n')
    write(tmp_path, Note(text="b"))
    assert events(tmp_path) == [Note(text="a"), Note(text="b")]


def test_reading_backwards_ends_early(tmp_path: Path) -> None:
    write(tmp_path, *(Note(text=str(number)) for number in range(9)))
    last = read_last(tmp_path, lambda event: event == Note(text="7"))
    assert last == [Note(text="8"), Note(text="7")]
    assert len(read_last(tmp_path, lambda event: False)) == 9


@given(
    st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b""))),
    st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"")),
    st.integers(1, 40),
)
def test_backwards_are_the_same_lines(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[bytes],
    torn: bytes,
    block: int,
) -> None:
    folder = tmp_path_factory.mktemp("run")
    whole = b"".join(line + b"\n" for line in lines)
    (folder / EVENTS).write_bytes(whole + torn)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "BLOCK", block)
        assert list(journal._lines_backwards(folder)) == lines[::-1]
        assert end(folder) == len(whole)


def test_of_a_long_story_only_the_end_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, *(Note(text=str(number)) for number in range(2000)))
    blocks = journal._blocks_backwards
    seen = []

    def counted(file: BinaryIO, stop: int) -> Iterator[bytes]:
        for block in blocks(file, stop):
            seen.append(len(block))
            yield block

    monkeypatch.setattr(journal, "BLOCK", 256)
    monkeypatch.setattr(journal, "_blocks_backwards", counted)
    last = read_last(tmp_path, lambda event: event == Note(text="1998"))
    assert last == [Note(text="1999"), Note(text="1998")]
    assert sum(seen) <= 3 * 256 < end(tmp_path) / 100


def test_a_full_disk_leaves_whole_lines(tmp_path: Path) -> None:
    class Full:
        """A file that takes eight bytes and no more."""

        def __init__(self, file) -> None:
            self.file, self.room = file, 8

        def write(self, data: memoryview) -> int:
            if not self.room:
                raise OSError(errno.ENOSPC, "No space left on device")
            written = self.file.write(data[: self.room])
            self.room = 0
            return written

        def truncate(self, size: int) -> None:
            self.file.truncate(size)

    with Journal(tmp_path) as journal:
        journal.append(Note(text="a"))
        real, journal._file = journal._file, Full(journal._file)
        with pytest.raises(OSError, match="No space"):
            journal.append(Note(text="b"))
        journal._file = real
        assert (tmp_path / EVENTS).read_bytes().endswith(b"}\n")
        journal.append(Note(text="c"))
    assert events(tmp_path) == [Note(text="a"), Note(text="c")]
