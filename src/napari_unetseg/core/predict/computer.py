"""Where tiles are computed: in this process, or by whoever else can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from napari_unetseg.core.events import Event
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.member import Member
    from napari_unetseg.core.predict.plan import Plan
    from napari_unetseg.core.predict.result import Result, Wanted
    from napari_unetseg.core.predict.work import Task


class Source(Protocol):
    """Where the results of an image come from."""

    @property
    def parts(self) -> tuple[int, ...] | None:
        """Longest sides that are computed at once, if the memory was too small."""

    def results(
        self, tasks: Iterable[Task]
    ) -> Generator[Callable[[], Result] | Event, None, None]:
        """Predict tasks, taken one by one as there is somebody to compute them.

        Yields
        ------
        callable
            Works out a result, in any thread; each task's comes once, in any order.
        Event
            What is to be told meanwhile.
        """


class Computer(Protocol):
    """One who computes tiles.

    `whole.Here` is this process; `cluster.Cluster` are the workers of Dask.
    """

    def ready(self) -> Iterator[Event]:
        """Wait until something can be computed, and tell what is waited for."""

    def device(self, wish: str) -> str:
        """The device that it computes on; a wish is that of `device.choose_device`."""

    def free(self, device: str) -> int:
        """Bytes that are free there for a tile."""

    def seconds(
        self, members: Sequence[Member], plan: Plan, shape: Sequence[int]
    ) -> float:
        """Seconds that a tile takes of the whole, where several compute at once.

        Parameters
        ----------
        members : sequence of Member
            The networks.
        plan : Plan
            Its statistics are not needed.
        shape : sequence of int
            ([Z,] Y, X) of a frame, in pixels.
        """

    def source(
        self, image: Image, members: Sequence[Member], plan: Plan, wanted: Wanted
    ) -> AbstractContextManager[Source]:
        """Make ready to predict an image by a plan that has its statistics."""
