"""Watching a run: its events as they are written, and a sentence if it dies."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from napari_unetseg.core.events import Event, Failed, Finished, Stopped
from napari_unetseg.runs import journal
from napari_unetseg.runs.folder import LOG
from napari_unetseg.runs.lock import is_taken
from napari_unetseg.runs.process import RunProcess, touch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENDS = (Finished, Stopped, Failed)
TOUCH_EVERY = 1.0
LAST_LINES = 5
LAST_BYTES = 2000


class Watcher:
    """Looks at a run without ever waiting, for a program with a loop of its own.

    Parameters
    ----------
    folder : Path
        The run folder.
    process : RunProcess, optional
        What `start` returned; None for a run that was found running.
    offset : int, optional
        Byte of the journal to begin at. By default where the story of `process`
        begins, or, without a process, all that was ever told.

    Attributes
    ----------
    ended : bool
        Whether the last event was seen.
    """

    def __init__(
        self,
        folder: Path,
        process: RunProcess | None = None,
        *,
        offset: int | None = None,
    ) -> None:
        if offset is None:
            offset = process.story if process is not None else 0
        self._folder = folder
        self._process = process
        self._offset = offset
        self._touched = -float("inf")
        self.ended = False

    def look(self) -> list[Event]:
        """Return the events since the last look, and keep the run attached.

        The very last is Finished, Stopped or Failed, also when the process died without
        a word. Ends of earlier processes of a resumed run are left out.
        """
        if self.ended:
            return []
        if time.monotonic() - self._touched >= TOUCH_EVERY:
            touch(self._folder)
            self._touched = time.monotonic()
        # Looked at before reading: what it wrote before it died is not missed.
        gone = self._is_gone()
        events: list[Event] = []
        entries = journal.read(self._folder, self._offset)
        for entry in entries:
            if not isinstance(entry.event, ENDS):
                events.append(entry.event)
            elif entry is entries[-1]:
                if self._process is None and not gone:
                    # This process's end, or an earlier one's? The next look tells.
                    break
                events.append(entry.event)
                self.ended = True
            self._offset = entry.end
        if gone and not self.ended:
            events.append(_died(self._folder, self._process))
            self.ended = True
        return events

    def _is_gone(self) -> bool:
        if self._process is None:
            return not is_taken(self._folder)
        return self._process.poll() is not None


def watch(
    folder: Path,
    process: RunProcess | None = None,
    *,
    offset: int | None = None,
    poll: float = 0.1,
) -> Iterator[Event]:
    """Yield the run's events until it ends; while consumed, keep it attached.

    Parameters
    ----------
    folder, process, offset
        As for `Watcher`.
    poll : float
        Seconds between two looks.

    Yields
    ------
    Event
        The last one is Finished, Stopped or Failed.
    """
    watcher = Watcher(folder, process, offset=offset)
    while True:
        yield from watcher.look()
        if watcher.ended:
            return
        time.sleep(poll)


def _died(folder: Path, process: RunProcess | None) -> Failed:
    """Say that the process ended without saying so itself."""
    message = (
        f"The engine ended unexpectedly ({_how(process)}). "
        "What was saved is kept, and it can go on from there (on the command line: "
        "--resume)."
    )
    lines = _last_lines(folder, process.log if process is not None else 0)
    if lines:
        message += f" The last lines of {LOG}:\n{lines}"
    return Failed(message=message, mendable=False, error="EngineEnded")


def _how(process: RunProcess | None) -> str:
    """Tell what is known of a process's end."""
    if process is None:
        return "its process is gone"
    code = process.returncode
    if code >= 0:
        return f"exit code {code}"
    known = {int(number): number.name for number in signal.Signals}
    name = f"signal {-code}, {known.get(-code, 'unknown')}"
    if known.get(-code) == "SIGKILL":
        name += "; the system does this when memory runs out"
    return name


def _last_lines(folder: Path, offset: int) -> str:
    """Read the end of the log, as far as it is of this process."""
    try:
        with (folder / LOG).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(offset, size - LAST_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    lines = [line for line in text.splitlines() if line.strip()]
    return "\n".join(lines[-LAST_LINES:])
