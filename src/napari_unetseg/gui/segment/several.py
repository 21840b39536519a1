"""A dock whose runs may be several, one after the other, which are told as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.gui.run.dock import RunDock
from napari_unetseg.gui.run.words import failure_sentence
from napari_unetseg.gui.segment.queue import Batch, Queue

if TYPE_CHECKING:
    from pathlib import Path

    from napari.viewer import Viewer

    from napari_unetseg.core.events import Event
    from napari_unetseg.gui.parts.dock import Kind


class QueueDock(RunDock):
    """Begins the next run when one has ended, whether it has made something or not.

    Attributes
    ----------
    queue : Queue
        What waits, and what became of the others.
    """

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self.queue = Queue()
        self._last_words: tuple[str, Kind] | None = None

    def begin_all(self, batch: Batch) -> None:
        """Begin the first of several runs, or a single one."""
        self.queue = Queue(batch)
        self._next()

    def _next(self) -> None:
        self._last_words = None
        self.begin(*self.queue.next())

    def _on_end(self, folder: Path, end: Event) -> None:
        goes_on = self.queue.take(folder, end, self.run.warnings)
        super()._on_end(folder, end)
        if goes_on:
            self._next()

    def show_failure(self, error: Exception) -> None:
        """Say why a run could not be begun; of several go on with the next."""
        why = failure_sentence(error)
        if not self.queue.is_of(self.run.folder):
            super().show_failure(error)
        elif self.queue.lose(why):
            self._next()
        else:
            self.tell(why, "error")
        if not isinstance(error, UnetsegError | OSError):
            raise error

    def unread(self, folder: Path, error: Exception) -> None:
        """Say that what a run has made cannot be read."""
        if self.queue.forget(folder, failure_sentence(error)):
            self.tell_of(folder, "", "error")
        else:
            self.say(failure_sentence(error), "error")

    def tell_of(self, folder: Path, text: str, kind: Kind = "done") -> None:
        """Say what became of a run whose labels were read, as `tell` does."""
        # What was said of a later one must not be lost.
        if folder != self.queue.current and self._last_words is not None:
            text, kind = self._last_words
        self.tell(text, kind)

    def tell(self, text: str, kind: Kind = "done", more: str = "") -> None:
        """Say how a run has ended; of several, once all have and are shown."""
        if self.queue.is_of(self.run.folder):
            if self.queue.going or self.run.running:
                return
            self._last_words = text, kind
            if self.queue.reading:
                return
            text, kind = self.queue.sentence(text, kind)
        super().tell(text, kind, more)
