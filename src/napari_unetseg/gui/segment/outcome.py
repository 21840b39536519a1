"""What a run makes, in the viewer: while it grows, and when it has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.events import Started
from napari_unetseg.gui.parts.worker import start_worker
from napari_unetseg.gui.run.plan import INPUTS, LAYER
from napari_unetseg.gui.segment.focus import Focus
from napari_unetseg.gui.segment.live import Live, unfinished
from napari_unetseg.gui.segment.result import Made, result_of
from napari_unetseg.gui.segment.shown import put_labels, show
from napari_unetseg.runs import listing
from napari_unetseg.runs.client import status
from napari_unetseg.runs.store import RESULT

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from napari_unetseg.core.events import Event
    from napari_unetseg.gui.parts.dock import Kind
    from napari_unetseg.gui.segment.several import QueueDock
    from napari_unetseg.runs.status import RunStatus


class Outcome(QObject):
    """Shows what the runs of a dock make, and tells them where somebody looks.

    Parameters
    ----------
    dock : QueueDock
        In whose viewer, and where sentences are shown.

    Attributes
    ----------
    live : Live
        The layer that fills up.
    focus : Focus
        Where somebody looks.
    """

    def __init__(self, dock: QueueDock) -> None:
        super().__init__(dock)
        self._dock = dock
        self.live = Live(dock)
        self.focus = Focus(dock.viewer)

    def hear(self, events: Sequence[Event]) -> None:
        """Take in what a run has told."""
        folder = self._dock.run.folder
        # Results of a folder's images belong to no layer.
        if folder is None or not (folder / LAYER).exists():
            return
        if any(isinstance(event, Started) for event in events):
            # The process has just begun, and knows nothing of an earlier one's.
            self.focus.forget()
            self.focus.tell(folder)
        self.live.hear(folder, events)

    def look(self) -> None:
        """Tell a run that is under way that the viewer shows something else."""
        run = self._dock.run
        if run.at_work and run.folder is not None:
            self.focus.tell(run.folder)

    def over(self) -> None:
        """Show no more tiles: the run has ended, or nothing is left of it."""
        if self._dock.run.folder is None:
            self.live.drop()
        self.live.end()

    def finished(self, folder: Path) -> None:
        """Read what was made beside the window, and add it as layers."""
        self._dock.say("Reading the labels…", "busy")
        self._read(folder, result_of(folder), self._add)

    def stopped(self, folder: Path, text: str, kind: Kind) -> None:
        """Keep the tiles that are done in a layer that says how many they are."""
        try:
            percent = percent_of(status(folder))
        except UnetsegError:
            percent = 0  # It was refused before it began, and is gone.
        if not percent:
            self._dock.tell(text, kind)
            return

        def add(folder: Path, made: Made) -> None:
            layer = put_labels(self._dock.viewer, made, folder.name)
            told = f"{text} It is in the layer '{layer.name}'."
            self._dock.tell_of(folder, told, kind)

        def fail(_: Exception) -> None:
            self._dock.tell_of(folder, text, kind)

        self._read(folder, unfinished(folder, percent), add, fail)

    def _add(self, folder: Path, found: list[Made]) -> None:
        labels, *others = show(self._dock.viewer, found, folder.name)
        listing.mark_seen(folder)
        listing.tidy(folder, INPUTS, RESULT)
        names = ", ".join(f"'{layer.name}'" for layer in others)
        more = f" Hidden below it: {names}." if names else ""
        told = f"The labels are in the layer '{labels.name}'.{more}"
        self._dock.tell_of(folder, told)

    def _read(
        self,
        folder: Path,
        job: Generator[None, None, Any],
        then: Callable[[Path, Any], None],
        fail: Callable[[Exception], None] | None = None,
    ) -> None:
        self._dock.queue.reading.add(folder)

        def ended(then: Callable[..., None], *found: Any) -> None:
            self._dock.queue.reading.discard(folder)
            then(*found)

        failed = fail or (lambda error: self._dock.unread(folder, error))
        start_worker(
            job,
            owner=self._dock,
            name=f"Reading {folder.name}",
            on_event=lambda _: None,
            on_return=lambda found: ended(then, folder, found),
            on_error=lambda error: ended(failed, error),
        )


def percent_of(where: RunStatus) -> int:
    """How much of a run that did not end is done, in percent; at most 99."""
    if where.unit == "block":
        return 99  # All tiles are; how many blocks follow nobody knows.
    if where.unit != "tile" or not where.total:
        return 0
    return max(min(99, 100 * where.done // where.total), min(where.done, 1))
