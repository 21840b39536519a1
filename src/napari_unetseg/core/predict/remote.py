"""Tiles that the workers of a cluster compute, as the coordinator sees them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from itertools import islice
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from napari_unetseg.core.errors import DeviceError
from napari_unetseg.core.events import Waiting
from napari_unetseg.core.predict.recipe import compute

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from distributed import Client, Future

    from napari_unetseg.core.events import Event
    from napari_unetseg.core.predict.recipe import Answer, Recipe
    from napari_unetseg.core.predict.result import Result
    from napari_unetseg.core.predict.work import Task

T = TypeVar("T")

# What a group of tiles should take, so that sending it costs little, and bytes that its
# results may have.
_SECONDS = 2.0
_BYTES = 1 << 26
# Groups that a worker has: one that it computes, and the next.
_EACH = 2
# Seconds between two looks at the workers, and from which on something takes long.
_LOOK = 1.0
_LONG = 5.0

_WARN_FROM = "distributed.admin.large-graph-warning-threshold"
_RESUME = "finished tiles are kept, and --resume goes on"


def group_size(before: int, seconds: float, size: float) -> int:
    """How many tiles the next groups have.

    Parameters
    ----------
    before : int
        How many they have now.
    seconds : float
        How long a tile takes.
    size : float
        Bytes of a tile's results.

    Returns
    -------
    int
        At least 1, at most twice as many as now.
    """
    lasting = _SECONDS / max(seconds, 1e-9)
    fitting = _BYTES / max(size, 1)
    return max(1, int(min(2 * before, lasting, fitting)))


class Remote:
    """What predicts an image on a cluster; the twin of `whole.Local`.

    Parameters
    ----------
    client : Client
        Connected.
    recipe : Recipe
        How the workers predict.
    where : str
        The cluster's address, to name it.
    patience : float
        Seconds to wait for a worker when there is none.

    Attributes
    ----------
    parts : tuple of int or None
        Longest sides that are computed at once, by the worker of the smallest memory.
    """

    def __init__(
        self, client: Client, recipe: Recipe, where: str, patience: float
    ) -> None:
        self._client = client
        self._recipe = recipe
        self._where = where
        self._patience = patience
        self._size = 1
        self._seconds = 0.0
        self._workers = 0
        self._looked = -float("inf")
        self._seen = time.monotonic()
        self.parts = recipe.plan.parts

    def results(
        self, tasks: Iterable[Task]
    ) -> Generator[Callable[[], Result] | Event, None, None]:
        """Predict tasks; results come as they are finished, each task's once.

        Parameters
        ----------
        tasks : iterable of Task
            Taken only when a worker has room for them, so that their order may still
            change.

        Yields
        ------
        callable
            Gives the result, as that of `whole.Local.results` does.
        Waiting
            As long as there is no worker, or if a tile takes long.

        Raises
        ------
        DeviceError
            If the workers die again and again, or none is left.
        UnetsegError
            What a worker raises.
        """
        drawn = iter(tasks)
        finished: SimpleQueue[Future] = SimpleQueue()
        flying: dict[Future, list[Task]] = {}
        recipe = self._sent()
        fetcher = ThreadPoolExecutor(1, "napari-unetseg fetches")
        try:
            while True:
                self._look()
                while len(flying) < _EACH * max(1, self._workers):
                    group = list(islice(drawn, self._size))
                    if not group:
                        break
                    future = self._client.submit(compute, recipe, group, pure=False)
                    flying[future] = group
                    future.add_done_callback(finished.put)
                if not flying:
                    return
                future = yield from self._next(finished)
                answer = yield from self._answer(future, flying[future], fetcher)
                del flying[future]
                future.release()
                self._learn(answer)
                for result in answer.results:
                    yield partial(_given, result)
        finally:
            if self._client.status == "running":
                self._client.cancel([*flying, recipe])
            # Not waited for: what it fetches has just been cancelled.
            fetcher.shutdown(wait=False)

    def _sent(self) -> Future:
        """Give the recipe to the cluster, which hands it on to each worker once.

        As the result of a task it is made anew when all who know it have died, and it
        vanishes from the cluster when this program does.
        """
        import dask

        # Dask warns of large values that are given to a function, as this one is once.
        with dask.config.set({_WARN_FROM: "1TB"}):
            return self._client.submit(_given, self._recipe, pure=False)

    def _next(self, finished: SimpleQueue[Future]) -> Generator[Waiting, None, Future]:
        """Wait for a group, as long as there may be somebody who computes it."""
        begun = time.monotonic()
        while True:
            try:
                return finished.get(timeout=_LOOK)
            except Empty:
                self._look()
            if not self._workers or time.monotonic() - begun > _LONG:
                yield self._waiting()

    def _answer(
        self, future: Future, group: list[Task], fetcher: ThreadPoolExecutor
    ) -> Generator[Waiting, None, Answer]:
        """Fetch what became of a group; it may have to be computed once more."""
        from distributed import CancelledError, KilledWorker

        fetched = fetcher.submit(future.result)
        while not wait([fetched], timeout=_LONG).done:
            self._look()
            yield self._waiting()
        try:
            answer: Answer = fetched.result()
        except KilledWorker as error:
            raise _killed(self._where, group) from error
        except (CancelledError, OSError) as error:
            if future.status == "error":
                raise  # The worker's own, as of a file that it cannot read.
            raise lost(self._where) from error
        return answer

    def _waiting(self) -> Waiting:
        what = "a tile of" if self._workers else "workers of"
        return Waiting(what=f"{what} the cluster at {self._where}")

    def _learn(self, answer: Answer) -> None:
        """Take from an answer how large groups may be, and the memory of a worker."""
        count = len(answer.results)
        size = sum(array.nbytes for r in answer.results for array in r.arrays.values())
        seconds = answer.seconds / count
        self._seconds = (self._seconds + seconds) / 2 if self._seconds else seconds
        self._size = group_size(self._size, self._seconds, size / count)
        if answer.parts is not None:
            before = self.parts or answer.parts
            self.parts = tuple(map(min, before, answer.parts))

    def _look(self) -> None:
        """Count the workers now and then; give up when there was none for long."""
        now = time.monotonic()
        if now - self._looked < _LOOK:
            return
        self._looked = now
        try:
            self._workers = len(self._client.nthreads())
        except OSError as error:
            raise lost(self._where) from error
        if self._workers:
            self._seen = now
        elif now - self._seen > self._patience:
            raise no_worker(self._where, self._patience)


def _given(value: T) -> T:
    return value


def no_worker(where: str, seconds: float) -> DeviceError:
    """What is raised if a cluster has no worker for long."""
    since = f" for {seconds:.0f} seconds" if seconds else ""
    return DeviceError(
        f"The cluster at {where} has had no worker{since}",
        f"Start workers; {_RESUME}",
    )


def lost(where: str) -> DeviceError:
    """What is raised if a scheduler does not answer any more."""
    return DeviceError(
        f"The connection to the cluster at {where} was lost",
        f"See whether its scheduler still runs; {_RESUME}",
    )


def _killed(where: str, group: Sequence[Task]) -> DeviceError:
    first, last = group[0].number + 1, group[-1].number + 1
    return DeviceError(
        f"Workers of the cluster at {where} died again and again while they computed "
        + (f"tile {first}" if first == last else f"the tiles {first} to {last}"),
        "Mostly their memory is too small: give each more, or choose smaller tiles; "
        + _RESUME,
    )
