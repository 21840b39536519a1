"""Work beside the window that is waited for: a bar, and a button that gives it up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.gui.parts.buttons import make_button
from napari_unetseg.gui.parts.worker import Worker, start_worker

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from napari_unetseg.gui.parts.dock import Dock

# What is done sooner is not worth a bar that flashes up.
PATIENCE_MS = 200


class Waiting(QWidget):
    """Seen while something is worked out; one thing at a time.

    Parameters
    ----------
    dock : Dock
        That says what goes wrong.
    changed : callable
        Called when the work has begun, and when it is over.

    Attributes
    ----------
    bar : QProgressBar
        Tells what is done.
    cancel : QPushButton
        Gives it up.
    """

    def __init__(self, dock: Dock, changed: Callable[[], None]) -> None:
        super().__init__()
        self._dock, self._changed = dock, changed
        self._worker: Worker | None = None
        self._stop: Callable[[], None] | None = None
        self.bar = QProgressBar()
        self.cancel = make_button("Cancel", "Give it up", self.give_up)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self.show)
        self.hide()

    @property
    def busy(self) -> bool:
        """Whether something is worked out."""
        return self._worker is not None

    def work(
        self,
        job: Generator[Any, None, Any],
        *,
        name: str,
        done: Callable[[Any], None],
        stop: Callable[[], None] | None = None,
    ) -> None:
        """Run a generator beside the window.

        Parameters
        ----------
        job : generator
            Yields often; a pair (done, of) of numbers moves the bar.
        name : str
            What is done, as in "Drawing patches".
        done : callable
            Takes what the generator returns.
        stop : callable, optional
            Ends what the generator waits for, if it is given up.
        """
        self.give_up()
        self.bar.setRange(0, 1)
        self.bar.setValue(0)
        self.bar.setFormat(f"{name}…")
        self.bar.setToolTip(name)
        self._stop = stop
        self._worker = start_worker(
            job,
            owner=self,
            name=name,
            on_event=self._hear,
            on_return=lambda found: self._end(found, done),
            on_error=self._fail,
        )
        self._patience.start()
        self._changed()

    def give_up(self) -> None:
        """End the work; nothing comes of it."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        worker.quit()
        if self._stop is not None:
            self._stop()
        self._over()

    def _hear(self, news: object) -> None:
        if isinstance(news, tuple) and self._worker is not None:
            done, total = news
            self.bar.setRange(0, total)
            self.bar.setValue(done)

    def _end(self, found: Any, done: Callable[[Any], None]) -> None:
        self._worker = None
        self._over()
        done(found)

    def _fail(self, error: Exception) -> None:
        self._worker = None
        self._over()
        self._dock.say(str(error), "error")
        if not isinstance(error, UnetsegError | OSError):
            raise error

    def _over(self) -> None:
        self._stop = None
        self._patience.stop()
        self.hide()
        self._changed()
