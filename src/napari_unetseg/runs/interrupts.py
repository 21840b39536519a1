"""Why a run should stop before its end: a command, a signal, or nobody watches.

There are two ways to stop. A story that is *broken off* is closed where it stands. A
story that is *asked to stop*, because its result is wanted or nobody watches, comes to
an end of its own accord, with what there is; it takes its time, and nobody need watch.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any, Self

from napari_unetseg.core.train.wishes import View
from napari_unetseg.runs import inbox
from napari_unetseg.runs.folder import WATCH

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType

    from napari_unetseg.runs.options import RunOptions

LOOK_EVERY = 0.1
UNWATCHED = 60.0
LONGEST_GAP = 5.0

# Windows has no SIGTERM from outside, but a Ctrl+Break that others lack.
SIGNALS: list[signal.Signals] = [
    getattr(signal, name)
    for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK")
    if hasattr(signal, name)
]


class Interrupts:
    """Looks for reasons to stop, between one event and the next.

    Signals only set a flag, so that nothing ever breaks into the work.

    Parameters
    ----------
    folder : Path
        The run folder.
    options : RunOptions
        Whether the run is attached to a watcher, and when it was started.
    now : callable
        A clock in seconds, never set back.
    parent_alive : callable, optional
        Whether the watcher's process still lives.

    Attributes
    ----------
    heeded : str or None
        Why the story was told to `stop`, in the words of `events.Stopped`; None if it
        never was, for example because it was at its end anyhow.
    """

    def __init__(
        self,
        folder: Path,
        options: RunOptions,
        *,
        now: Callable[[], float] = time.monotonic,
        parent_alive: Callable[[], bool] | None = None,
    ) -> None:
        self._folder = folder
        self._since = options.asked or time.time_ns()
        self._attached = options.attached
        self._now = now
        self._parent_alive = parent_alive or _parent_guard(options.parent)
        self._watched = Silence(folder / WATCH, now)
        self._looked = -float("inf")
        self._signalled = False
        self._cancelled = False
        self._wish: str | None = None
        self._paused = False
        self._focus: dict[str, tuple[int, int]] | None = None
        self._view: View | None = None
        self.heeded: str | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        """Receive signals."""
        # Only the main thread may; elsewhere the program around has its own handlers.
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                # Whoever started us with nohup wants the signal ignored.
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signals back to whom they belonged."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._signalled = True

    def reason(self, *, stops_itself: bool = False) -> str | None:
        """Return why to break the story off, in the words of `events.Stopped`.

        Parameters
        ----------
        stops_itself : bool
            Whether the story asks `stop`. One that does not is broken off whatever the
            reason is, and to keep what it has done is to cancel it.

        Returns
        -------
        str or None
            None to go on.
        """
        self._look()
        if self._signalled:
            return "terminated"
        if self._cancelled or (self._wish == "kept" and not stops_itself):
            return "cancelled"
        return None if stops_itself else self._wish

    def stop(self) -> bool:
        """Whether the story should come to its end now, with what there is."""
        self._look()
        self.heeded = self._wish
        return self._wish is not None

    def paused(self) -> bool:
        """Whether the story should rest; not if anything else is wished by now."""
        return not self.ending() and self._paused

    def ending(self) -> bool:
        """Whether the story is to end, in whatever way."""
        return self.reason(stops_itself=True) is not None or self._wish is not None

    def focus(self) -> dict[str, tuple[int, int]] | None:
        """Where somebody looks: start and stop in pixels by axis; None for nowhere."""
        return self._focus

    def view(self) -> View | None:
        """What somebody looks at in a training; None once nobody watches it."""
        self._look()
        if self._view is not None and self._watched.seconds() > UNWATCHED:
            self._view = None
        return self._view

    def _look(self) -> None:
        """Look for commands and for the watcher, ten times a second at most."""
        now = self._now()
        if now - self._looked < LOOK_EVERY:
            return
        self._looked = now
        commands = inbox.take(self._folder, self._since)
        names = [command.name for command in commands]
        for command in commands:
            match command.name:
                case "look":
                    self._focus = _region(command.values)
                case "preview":
                    self._view = _view(command.values)
                case "pause" | "go on":
                    self._paused = command.name == "pause"
        self._cancelled |= "cancel" in names
        if self._wish is None and "keep" in names:
            self._wish = "kept"
        if self._wish is None and self._attached and self._alone():
            self._wish = "abandoned"

    def _alone(self) -> bool:
        return not self._parent_alive() or self._watched.seconds() > UNWATCHED


def _region(values: dict[str, Any]) -> dict[str, tuple[int, int]] | None:
    """Understand where somebody looks; None for nowhere, or what makes no sense."""
    try:
        return {str(k): (int(a), int(b)) for k, (a, b) in values.items()} or None
    except (TypeError, ValueError):
        return None


def _view(values: dict[str, Any]) -> View | None:
    """Understand what somebody looks at; None for nothing, or what makes no sense."""
    image, region = values.get("image"), values.get("region")
    if not isinstance(image, int) or not isinstance(region, dict):
        return None
    understood = _region(region)
    return None if region and understood is None else View(image, understood or {})


class Silence:
    """For how long a file was not touched.

    The file's time is compared only with itself: a file server's clock may be wrong.
    And what passed since the last look counts for a few seconds at most: a computer
    that slept must give the watcher the time to wake up too.
    """

    def __init__(self, path: Path, now: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._now = now
        self._touched = self._mtime()
        self._looked = now()
        self._silent = 0.0

    def seconds(self) -> float:
        """Look at the file and return how long it has been silent."""
        now = self._now()
        self._silent += min(now - self._looked, LONGEST_GAP)
        self._looked = now
        touched = self._mtime()
        if touched != self._touched:
            self._touched = touched
            self._silent = 0.0
        return self._silent

    def _mtime(self) -> int:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return 0


def _parent_guard(parent: int) -> Callable[[], bool]:
    """Return a function that tells whether the process that started this one lives.

    On POSIX an orphan gets another parent at once. Windows never changes the number,
    and a launcher in between hides the parent: there the watch file alone tells.
    """
    if os.name != "posix" or os.getppid() != parent:
        return lambda: True
    return lambda: os.getppid() == parent
