"""The workers of a Dask cluster, on this computer or elsewhere.

All workers follow one plan, made before, and so compute the same tiles. They read the
image by themselves and send back results, which the coordinator alone writes.

On computers of one kind the bytes are those of one computer, if torch has as many
threads there: it parts the sums of a convolution among them, and the last digits tell
how. Measured on a CPU, in float32 and bfloat16: 1, 2, 4 and 8 threads give different
bytes with most networks. Those of 1 and 2 differed by 5e-7 in scores, and in no label.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self
from uuid import uuid4

from napari_unetseg.core.device import import_torch
from napari_unetseg.core.errors import DeviceError, UnetsegError
from napari_unetseg.core.events import Event, Waiting
from napari_unetseg.core.predict import recipe
from napari_unetseg.core.predict.remote import Remote, lost, no_worker
from napari_unetseg.core.predict.sent import Sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from distributed import Client

    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.member import Member
    from napari_unetseg.core.predict.plan import Plan
    from napari_unetseg.core.predict.result import Wanted

# Seconds to wait for a worker: a computer starts another in seconds, a cluster's queue
# takes longer. And those between two looks, and that a trial may take.
_PATIENCE_HERE = 60.0
_PATIENCE_THERE = 300.0
_LOOK = 0.5
_TRIAL = 10.0


def _nothing() -> Image:
    raise RuntimeError("the workers were not told which image to read")


@dataclass(frozen=True, slots=True)
class Workers:
    """One who computes tiles by others; see `computer.Computer`.

    Attributes
    ----------
    client : Client
        Connected.
    where : str
        The cluster's address, to name it.
    processes : int
        How many of them this computer is starting; 0 for a cluster that has a life of
        its own.
    open_image : callable
        Opens the image, with the network's channels, in the process of a worker. It
        must be picklable, and what it opens be there: of a file, give its path.
    """

    client: Client
    where: str
    processes: int = 0
    open_image: Callable[[], Image] = _nothing

    def reading(self, open_image: Callable[[], Image]) -> Self:
        """The same workers, who read another image."""
        return replace(self, open_image=open_image)

    def ready(self) -> Iterator[Event]:
        """Wait for workers: for all that this computer starts, if it can.

        Raises
        ------
        DeviceError
            If there is none for long, or the connection is lost.
        """
        begun = time.monotonic()
        while (count := self._count()) < max(1, self.processes):
            if time.monotonic() - begun > self._patience:
                if count:
                    return
                raise no_worker(self.where, self._patience)
            yield Waiting(what=f"workers of the cluster at {self.where}")
            time.sleep(_LOOK)

    def device(self, wish: str) -> str:
        """The device of all workers.

        Raises
        ------
        DeviceError
            If one lacks the wished device, or they have several kinds.
        """
        found = sorted({room.device for room in self._rooms(wish)})
        if len(found) > 1:
            raise DeviceError(
                f"The workers of the cluster at {self.where} have different devices: "
                + ", ".join(found),
                "Choose the device that all of them have",
            )
        return found[0]

    def free(self, device: str) -> int:
        """Bytes that are free for a tile, where they are fewest."""
        rooms = self._rooms(device)
        sharing = Counter(room.place for room in rooms)
        shares = [room.free // sharing[room.place] for room in rooms]
        return min(shares + [room.own for room in rooms if room.own is not None])

    def seconds(
        self, members: Sequence[Member], plan: Plan, shape: Sequence[int]
    ) -> float:
        """Seconds of a tile, if all compute; 0 if nobody has time for a trial."""
        from distributed import CancelledError, KilledWorker

        future = self.client.submit(
            recipe.trial,
            [Sent.of(one, weights=False) for one in members],
            plan,
            shape,
            self._threads(),
            pure=False,
        )
        try:
            alone: float = future.result(timeout=_TRIAL)
        except (TimeoutError, KilledWorker):
            return 0.0
        except (CancelledError, OSError) as error:
            raise lost(self.where) from error
        finally:
            future.cancel()
        return alone / max(1, self._count())

    @contextmanager
    def source(
        self, image: Image, members: Sequence[Member], plan: Plan, wanted: Wanted
    ) -> Iterator[Remote]:
        """Make ready to predict an image by a plan that has its statistics."""
        told = recipe.Recipe(
            token=uuid4().hex,
            open_image=self.open_image,
            members=tuple(map(Sent.of, members)),
            plan=plan,
            wanted=wanted,
            threads=self._threads(),
            share=self.processes > 0,
        )
        try:
            yield Remote(self.client, told, self.where, self._patience)
        finally:
            # Processes of this computer end anyhow; others go on without the network.
            if not self.processes and self.client.status == "running":
                with suppress(OSError):
                    self.client.run(recipe.forget, told.token, on_error="ignore")

    @property
    def _patience(self) -> float:
        return _PATIENCE_HERE if self.processes else _PATIENCE_THERE

    def _count(self) -> int:
        try:
            return len(self.client.nthreads())
        except OSError as error:
            raise lost(self.where) from error

    def _rooms(self, wish: str) -> list[recipe.Room]:
        """What each worker has; those that do not answer any more do not count."""
        share = self.processes > 0
        try:
            told = self.client.run(recipe.room, wish, share, on_error="return")
        except OSError as error:
            raise lost(self.where) from error
        found = []
        for answer in told.values():
            if isinstance(answer, recipe.Room):
                found.append(answer)
            elif isinstance(answer, UnetsegError):
                raise answer
            elif not isinstance(answer, OSError):
                raise DeviceError(
                    f"A worker of the cluster at {self.where} cannot compute: {answer}",
                    "Install the same version of napari-unetseg there",
                )
        if not found:
            raise no_worker(self.where, 0)
        return found

    def _threads(self) -> int | None:
        """The part of torch's threads that each process of this computer gets."""
        if not self.processes:
            return None
        threads: int = import_torch().get_num_threads()
        return max(1, threads // self.processes)
