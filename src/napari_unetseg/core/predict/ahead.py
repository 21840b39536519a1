"""Reading ahead and writing behind, in one thread each, while the network works."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, Full, Queue
from typing import TYPE_CHECKING, Generic, Self, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

T = TypeVar("T")

_PATIENCE = 0.1
_END = object()


def ahead(items: Iterable[T], count: int = 2) -> Generator[T, None, None]:
    """Work out the next items in a thread while the present one is used.

    Parameters
    ----------
    items : iterable
        Asked in the thread alone, one item after the other.
    count : int
        Items that may wait.

    Yields
    ------
    item
        All of them, in their order. What the iterable raises is raised here, after the
        items before it. When this generator is closed the thread has ended.
    """
    reader = _Reader(items, count)
    reader.start()
    try:
        yield from reader.found()
    finally:
        reader.end()


class _Reader(threading.Thread, Generic[T]):
    """Goes through an iterable, never further ahead than it may."""

    def __init__(self, items: Iterable[T], count: int) -> None:
        super().__init__(name="unetseg-ahead", daemon=True)
        self._items = items
        self._waiting: Queue[object] = Queue(count)
        self._stop_asked = threading.Event()
        self._failed: BaseException | None = None

    def run(self) -> None:
        """Work in the thread."""
        try:
            for item in self._items:
                self._put(item)
                if self._stop_asked.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - raised again by `found`
            self._failed = error
        finally:
            self._put(_END)

    def found(self) -> Iterator[T]:
        """Yield what was worked out, and raise what has gone wrong."""
        while (item := self._waiting.get()) is not _END:
            yield cast(T, item)
        if self._failed is not None:
            raise self._failed

    def end(self) -> None:
        """Wait until the thread has ended; what nobody took is lost."""
        self._stop_asked.set()
        while self.is_alive():
            with suppress(Empty):
                self._waiting.get_nowait()
            self.join(_PATIENCE)

    def _put(self, item: object) -> None:
        while not self._stop_asked.is_set():
            with suppress(Full):
                self._waiting.put(item, timeout=_PATIENCE)
                return


class Behind(Generic[T]):
    """Does work in one thread, in the order in which it is given.

    Parameters
    ----------
    count : int
        Pieces of work that may be unfinished.
    """

    def __init__(self, count: int = 2) -> None:
        self._count = count
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="unetseg-behind")
        self._left: deque[Future[T]] = deque()

    def __enter__(self) -> Self:
        """Give work by `put`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Finish the piece that is begun, leave the others."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def put(self, work: Callable[[], T]) -> Iterator[T]:
        """Give a piece of work; yield the results of pieces that are finished.

        What a piece raises is raised here. Waits if too many are unfinished.
        """
        self._left.append(self._pool.submit(work))
        while self._left and (len(self._left) > self._count or self._left[0].done()):
            yield self._left.popleft().result()

    def rest(self) -> Iterator[T]:
        """Wait for all that is left; yield the results."""
        while self._left:
            yield self._left.popleft().result()
