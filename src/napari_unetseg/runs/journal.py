"""``events.jsonl``: the story of a run, one event per line, only ever appended to.

Each line is `events.to_json` of the event with its "time" before it (seconds since 1970
in UTC). A line counts once its newline is there. A line that cannot be understood costs
only itself.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Self

from napari_unetseg.core.events import Event, to_json
from napari_unetseg.runs.folder import EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the journal.

    Attributes
    ----------
    time : float
        When it was written, in seconds since 1970 in UTC.
    event : Event
        What it says.
    end : int
        Where the next line starts, in bytes: the offset to read on from.
    """

    time: float
    event: Event
    end: int


class Journal:
    """Appends events; there is one writer, the holder of the run's lock.

    Every line is handed to the system at once. It is not forced onto the disk: a power
    cut may cost the last lines, but not the run, which resumes from its checkpoint.
    """

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self._path = folder / EVENTS
        self._now = now
        self._file: BinaryIO | None = None
        self._end = 0

    def __enter__(self) -> Self:
        """Open the journal behind its last whole line."""
        self._end = end(self._path.parent)
        if self._path.exists():
            os.truncate(self._path, self._end)
        self._file = self._path.open("ab", buffering=0)
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def append(self, event: Event) -> None:
        """Write one event.

        Raises
        ------
        OSError
            If it could not be written whole; the journal is then as it was before.
        """
        if self._file is None:
            raise ValueError("the journal is not open")
        # The time goes behind the opening brace of the event's own line.
        line = f'{{"time": {self._now():.3f}, {to_json(event)[1:]}\n'.encode()
        try:
            # A nearly full disk takes part of a line and fails only on the rest.
            rest = memoryview(line)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            self._file.truncate(self._end)
            raise
        self._end += len(line)


def read(folder: Path, offset: int = 0) -> list[Entry]:
    """Read the whole lines from `offset` on; a last line still being written waits."""
    entries = []
    position = offset
    for line in _lines(folder, offset):
        position += len(line) + 1
        entry = _entry(line, position)
        if entry is not None:
            entries.append(entry)
    return entries


def read_last(folder: Path, enough: Callable[[Event], bool]) -> list[Event]:
    """Read events from the last one backwards, up to the first that is `enough`.

    However long the story is, no more of it is read than that.
    """
    events = []
    for line in _lines_backwards(folder):
        entry = _entry(line, 0)
        if entry is not None:
            events.append(entry.event)
            if enough(entry.event):
                break
    return events


def end(folder: Path) -> int:
    """Return where the last whole line ends, in bytes, which is where to read on."""
    try:
        with (folder / EVENTS).open("rb") as file:
            return _end(file)
    except FileNotFoundError:
        return 0


def _lines(folder: Path, offset: int) -> list[bytes]:
    try:
        with (folder / EVENTS).open("rb") as file:
            file.seek(offset)
            data = file.read()
    except FileNotFoundError:
        return []
    return data.split(b"\n")[:-1]


def _lines_backwards(folder: Path) -> Iterator[bytes]:
    """Whole lines, the last one first, read block by block."""
    try:
        file = (folder / EVENTS).open("rb")
    except FileNotFoundError:
        return
    with file:
        stop = _end(file)
        if not stop:
            return
        later = b""
        for block in _blocks_backwards(file, stop - 1):
            earlier, *lines = (block + later).split(b"\n")
            yield from reversed(lines)
            later = earlier
        yield later


def _end(file: BinaryIO) -> int:
    """Return where the last whole line of an open journal ends."""
    start = file.seek(0, os.SEEK_END)
    for block in _blocks_backwards(file, start):
        start -= len(block)
        found = block.rfind(b"\n")
        if found >= 0:
            return start + found + 1
    return 0


def _blocks_backwards(file: BinaryIO, stop: int) -> Iterator[bytes]:
    """Read the bytes before `stop` in blocks, the last one first."""
    while stop > 0:
        start = max(0, stop - BLOCK)
        file.seek(start)
        yield file.read(stop - start)
        stop = start


def _entry(line: bytes, position: int) -> Entry | None:
    """Understand a line; None for one that is damaged or of a newer version."""
    try:
        values = json.loads(line)
        written = float(values.pop("time"))
        event = Event.kinds[values.pop("event")](**values)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return Entry(written, event, position)
