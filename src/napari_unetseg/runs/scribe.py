"""Writes a run's story down. While the disk is full, it holds the run and waits.

What could not be written stays in memory. The run is held because it must not do what
its story does not tell; whoever wants it to end is heard meanwhile.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from napari_unetseg.core.errors import RunError, WriteError
from napari_unetseg.core.events import Event, Paused, Waiting
from napari_unetseg.core.write.disk import is_full
from napari_unetseg.runs.reserve import Reserve

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_unetseg.runs.interrupts import Interrupts
    from napari_unetseg.runs.journal import Journal

LOOK_EVERY = 0.1
TRY_EVERY = 1.0
REPEAT_EVERY = 10.0


class Scribe:
    """Writes into a journal for as long as the ``with`` block lasts.

    Parameters
    ----------
    folder : Path
        The run folder.
    journal : Journal
        Open.
    interrupts : Interrupts
        Asked, while there is no room, whether the run is to end.
    now, sleep : callable
        A clock in seconds, never set back, and how to wait.

    Raises
    ------
    RunError
        On entering, if there is no room to begin with.
    """

    def __init__(
        self,
        folder: Path,
        journal: Journal,
        interrupts: Interrupts,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folder = folder
        self._journal = journal
        self._interrupts = interrupts
        self._now = now
        self._sleep = sleep
        self._reserve = Reserve(folder)
        self._unwritten: deque[Event] = deque()
        self._last: Event | None = None
        self._last_told = 0.0

    def __enter__(self) -> Self:
        """Take hold of the reserve."""
        if not self._reserve.make():
            raise RunError(
                f"The disk is full: there is no room in {self._folder}",
                "Free some space and start it again",
            )
        return self

    def __exit__(self, *_: object) -> None:
        """Give the reserve back, for what is still to be said."""
        self._reserve.drop()
        with suppress(OSError):
            self._write()

    def tell(self, event: Event) -> None:
        """Write an event; on a full disk hold the run until there is room.

        If meanwhile somebody wants the run to end, it returns, and the event is written
        with the next one. That it still waits or rests is not written again and again.

        Raises
        ------
        OSError
            If it cannot be written for another reason.
        """
        if self._is_old_news(event):
            return
        self._last, self._last_told = event, self._now()
        self._unwritten.append(event)
        self.write(self._write)

    def end(self, event: Event) -> None:
        """Write the last event, in the room of the reserve if there is no other.

        Raises
        ------
        OSError
            If it cannot be written, and somebody wants the run to end.
        """
        self._reserve.drop()
        self._unwritten.append(event)
        while True:
            try:
                return self._write()
            except OSError as error:
                if not is_full(error) or self._interrupts.ending():
                    raise
            self._sleep(TRY_EVERY)

    def write(self, write: Callable[[], object]) -> None:
        """Write something; on a full disk hold the run as for an event.

        Parameters
        ----------
        write : callable
            Writes all of it or, if it raises, nothing.
        """
        if self._try(write):
            return
        self._tell_that_it_waits()
        tried = self._now()
        while not self._interrupts.ending():
            self._sleep(LOOK_EVERY)
            if self._now() - tried >= TRY_EVERY:
                tried = self._now()
                if self._reserve.make() and self._try(write):
                    return

    def _try(self, write: Callable[[], object]) -> bool:
        try:
            write()
        except (OSError, WriteError) as error:
            if not is_full(error):
                raise
            return False
        return True

    def _write(self) -> None:
        while self._unwritten:
            self._journal.append(self._unwritten[0])
            self._unwritten.popleft()

    def _tell_that_it_waits(self) -> None:
        """Say it in the room of the reserve, before what could not be written."""
        what = (
            f"room on the disk: free some space for {self._folder}; until then the run "
            "is held, and nothing is lost"
        )
        self._reserve.drop()
        with suppress(OSError):
            sys.stderr.write(f"Waiting for {what}.\n")
        with suppress(OSError):
            self._journal.append(Waiting(what=what))

    def _is_old_news(self, event: Event) -> bool:
        if event != self._last:
            return False
        recently = self._now() - self._last_told < REPEAT_EVERY
        return isinstance(event, Paused) or (isinstance(event, Waiting) and recently)
