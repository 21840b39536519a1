"""Long work beside the window: a generator on a thread of napari's, told to a dock.

napari knows the workers that outlive their docks, names them when the window is closed,
and calls their `quit`. It never forgets one, and keeps all that it holds: so it is not
told of the many that only read or send something.
"""

from __future__ import annotations

import atexit
import time
from typing import TYPE_CHECKING, Any

from napari.qt.threading import GeneratorWorker, create_worker
from qtpy.QtCore import QObject, QThreadPool
from superqt.utils import create_worker as create_unlisted

from napari_unetseg.gui.parts.lifetime import when_destroyed

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from qtpy.QtWidgets import QWidget


# Seconds that Python's end waits for workers to end.
_PATIENCE = 5.0
_RUNNING: set[Worker] = set()


class Worker(GeneratorWorker):
    """Closes its generator on its own thread as soon as it is told to quit.

    napari's class leaves that to the garbage collector, which does it whenever it
    likes, on the thread of the window.
    """

    def run(self) -> None:
        """Be known as running, from the first signal to the last."""
        _RUNNING.add(self)
        try:
            super().run()
        finally:
            _RUNNING.discard(self)

    def work(self) -> Any:
        """Run the generator to its end, or until `quit`."""
        # It mostly waits: the few threads that napari shares are for those that work.
        pool = QThreadPool.globalInstance()
        assert pool is not None
        pool.releaseThread()
        try:
            return super().work()
        finally:
            self._gen.close()
            pool.reserveThread()


class _Relay(QObject):
    """Hands what the worker says to the dock; dies with the dock, and its slots too."""

    def __init__(
        self,
        owner: QWidget,
        on_event: Callable[[Any], None],
        on_return: Callable[[Any], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        super().__init__(owner)
        self._on_event = on_event
        self._on_return = on_return
        self._on_error = on_error

    def hear(self, event: Any) -> None:
        """Take what was yielded."""
        self._on_event(event)

    def end(self, outcome: Any) -> None:
        """Take the result or the error; nothing comes from a worker that was quit."""
        if isinstance(outcome, tuple):
            result, error = outcome
            if error is None:
                self._on_return(result)
            else:
                self._on_error(error)
        self.deleteLater()


def start_worker(
    job: Generator[Any, None, Any],
    *,
    owner: QWidget,
    name: str,
    on_event: Callable[[Any], None],
    on_return: Callable[[Any], None],
    on_error: Callable[[Exception], None],
    outlives: bool = False,
) -> Worker:
    """Run a generator beside the window.

    Parameters
    ----------
    job : generator
        Yields often, so that `quit` is heard; it is closed on the worker's thread.
    owner : QWidget
        When it is destroyed nothing is told any more, and the worker quits.
    name : str
        What the work is called, as in "Training of em": by napari, when the window is
        closed, if it outlives its owner.
    on_event, on_return, on_error : callable
        Called on the window's thread with what the generator yields, returns or
        raises. A worker that was told to quit neither returns nor fails.
    outlives : bool
        Whether the worker goes on when its owner is destroyed, until napari is closed.

    Returns
    -------
    Worker
        `quit()` closes the generator.
    """

    def run() -> Generator[Any, None, Any]:
        # superqt would take a RuntimeError for a deleted worker and say nothing.
        try:
            result = yield from job
        except Exception as error:  # noqa: BLE001 - whatever happens is told
            return None, error
        return result, None

    run.__qualname__ = name
    create = create_worker if outlives else create_unlisted
    worker = create(run, _worker_class=Worker, _start_thread=False)
    assert isinstance(worker, Worker)
    relay = _Relay(owner, on_event, on_return, on_error)
    worker.yielded.connect(relay.hear)
    worker.returned.connect(relay.end)
    if not outlives:
        # The relay goes with the owner, or when all is said.
        when_destroyed(relay, worker.quit)
    worker.start()
    return worker


@atexit.register
def _end_all() -> None:
    """Let all workers end before Qt's objects are deleted, which they tell.

    A closed window has ended them. A script may leave without closing it.
    """
    for worker in tuple(_RUNNING):
        worker.quit()
    deadline = time.monotonic() + _PATIENCE
    while _RUNNING and time.monotonic() < deadline:
        time.sleep(0.01)
