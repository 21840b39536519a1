"""The work of a segmentation as plain numbers: which tile of which frame, and when."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from napari_unetseg.core.frames import Frames, Index
    from napari_unetseg.core.predict.tiling import Bounds

    Region = Mapping[str, tuple[int, int]]
    """Start and stop in pixels along some axes, by letter; of the others all."""


@dataclass(frozen=True, slots=True)
class Task:
    """One tile of one frame.

    Attributes
    ----------
    number : int
        Its place among all tasks of the image, from 0.
    index : tuple of int
        The frame, as from `Frames`.
    box : Bounds
        ([Z,] Y, X) of what is written, in pixels of the image.
    """

    number: int
    index: Index
    box: Bounds


@dataclass(frozen=True, slots=True)
class Work:
    """All tasks of an image, numbered frame by frame.

    Attributes
    ----------
    axes : str
        The letters of the grid of frames, and after them those of a frame.
    frames : sequence of tuple of int
        Indices of the frames.
    boxes : sequence of Bounds
        What the tiles of each frame write.
    chosen : sequence of int, optional
        Which of these tasks there are, rising; numbered anew from 0. All if not given.
    """

    axes: str
    frames: Sequence[Index]
    boxes: Sequence[Bounds]
    chosen: Sequence[int] | None = None

    @classmethod
    def of(
        cls, frames: Frames, boxes: Sequence[Bounds], region: Region | None = None
    ) -> Work:
        """The work on those frames of an image that lie in a region."""
        wanted = region or {}
        inside = [
            index
            for index in frames
            if all(
                _meets((i, i + 1), wanted.get(axis))
                for axis, i in zip(frames.grid_axes, index, strict=True)
            )
        ]
        return cls(frames.grid_axes + frames.axes, inside, boxes)

    def __len__(self) -> int:
        """Number of tasks."""
        if self.chosen is not None:
            return len(self.chosen)
        return len(self.frames) * len(self.boxes)

    def __getitem__(self, number: int) -> Task:
        """The task of a number from 0 on."""
        place = number if self.chosen is None else self.chosen[number]
        frame, tile = divmod(place, len(self.boxes))
        return Task(number, self.frames[frame], self.boxes[tile])

    def touching(self, region: Region) -> list[int]:
        """Numbers of the tasks that write into a region, rising."""
        count = len(self.axes) - len(self.boxes[0]) if self.boxes else 0
        grid, own = self.axes[:count], self.axes[count:]
        tiles = [
            number
            for number, box in enumerate(self.boxes)
            if all(
                _meets(ends, region.get(axis))
                for axis, ends in zip(own, box, strict=True)
            )
        ]
        frames = [
            number
            for number, index in enumerate(self.frames)
            if all(
                _meets((i, i + 1), region.get(axis))
                for axis, i in zip(grid, index, strict=True)
            )
        ]
        found = [frame * len(self.boxes) + tile for frame in frames for tile in tiles]
        return found if self.chosen is None else _places(found, self.chosen)

    @property
    def pixels(self) -> int:
        """Pixels that all tasks write together."""
        if self.chosen is None:
            each = sum(prod(b - a for a, b in box) for box in self.boxes)
            return len(self.frames) * each
        tasks = (self[number] for number in range(len(self)))
        return sum(prod(b - a for a, b in task.box) for task in tasks)


def _places(wanted: Sequence[int], rising: Sequence[int]) -> list[int]:
    """Where those of some numbers stand that are among others."""
    places = ((number, bisect_left(rising, number)) for number in wanted)
    return [at for one, at in places if at < len(rising) and rising[at] == one]


def _meets(ends: tuple[int, int], wanted: tuple[int, int] | None) -> bool:
    return wanted is None or (ends[0] < wanted[1] and wanted[0] < ends[1])


def _nowhere() -> None:
    return None


class Order:
    """The tasks that are left, those in focus first.

    Parameters
    ----------
    work : Work
        All tasks.
    done : iterable of int
        Numbers of those that are finished.
    focus : callable
        Asked before each task: the region that somebody looks at, or None.

    Attributes
    ----------
    done, total : int
        Tasks that were finished at the beginning, and all.
    """

    def __init__(
        self,
        work: Work,
        done: Iterable[int] = (),
        focus: Callable[[], Region | None] = _nowhere,
    ) -> None:
        self._work = work
        self._focus = focus
        self._taken = bytearray(len(work))
        for number in done:
            self._taken[number] = True
        self.total = len(work)
        self.done = sum(self._taken)
        self._next = 0
        self._seen: Region | None = None
        self._first: deque[int] = deque()

    def __iter__(self) -> Iterator[Task]:
        """Yield each task that is left once."""
        while (number := self._number()) is not None:
            self._taken[number] = True
            yield self._work[number]

    def _number(self) -> int | None:
        region = self._focus()
        if region != self._seen:
            self._seen = region
            self._first = deque(self._work.touching(region) if region else ())
        while self._first:
            number = self._first.popleft()
            if not self._taken[number]:
                return number
        found = self._taken.find(0, self._next)
        if found < 0:
            return None
        self._next = found
        return found
