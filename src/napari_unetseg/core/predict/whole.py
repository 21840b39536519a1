"""Predict a whole image by a plan, in this process."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from napari_unetseg.core.device import choose_device
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.network.geometry import axis_geometries
from napari_unetseg.core.network.planewise import Planewise
from napari_unetseg.core.network.twin import valid_twin
from napari_unetseg.core.predict.forecast import tile_seconds
from napari_unetseg.core.predict.planning import available
from napari_unetseg.core.predict.predictor import Predictor
from napari_unetseg.core.predict.result import Result, Wanted, result_of
from napari_unetseg.core.predict.run import Runner
from napari_unetseg.core.predict.shown import Shown
from napari_unetseg.core.predict.together import Together
from napari_unetseg.core.predict.views import views

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from torch import nn

    from napari_unetseg.core.events import Event
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.member import Member
    from napari_unetseg.core.predict.plan import Plan
    from napari_unetseg.core.predict.work import Task

# Output pixels that keep a GPU busy: smaller tiles go there together.
_BUSY = 1 << 19
_MOST = 16


@dataclass(frozen=True, slots=True, eq=False)
class Local:
    """What predicts an image in this process.

    Attributes
    ----------
    predictor : Predictor or Together
        Of the image.
    wanted : Wanted
        What is made of the scores.
    """

    predictor: Predictor | Together
    wanted: Wanted

    @classmethod
    def of(
        cls, image: Image, members: Sequence[Member], plan: Plan, wanted: Wanted
    ) -> Local:
        """Make networks ready to predict an image by a plan.

        Parameters
        ----------
        image : Image
            With all channels that the networks see.
        members : sequence of Member
            The networks.
        plan : Plan
            With the image's statistics.
        wanted : Wanted
            What is made of the scores.

        Raises
        ------
        InputError
            If the views that the plan averages over do not fit the image.
        """
        frames = Frames(image, len(plan.grid))
        pairs = zip(members, plan.of_each(), strict=True)
        each = [_predictor(frames, member, own) for member, own in pairs]
        if len(each) == 1:
            return cls(each[0], wanted)
        return cls(Together(each, [member.order for member in members]), wanted)

    @property
    def parts(self) -> tuple[int, ...] | None:
        """Longest sides that are computed at once, if the memory was too small."""
        return self.predictor.parts

    def results(
        self, tasks: Iterable[Task]
    ) -> Generator[Callable[[], Result], None, None]:
        """Predict tasks; each result is worked out by who calls it, in any thread."""
        for found in self.predictor.predict(tasks):
            yield partial(result_of, found, self.wanted)


class Here:
    """The process that asks, as one who computes tiles; see `computer.Computer`."""

    def ready(self) -> Iterator[Event]:
        """Be ready at once."""
        return iter(())

    def device(self, wish: str) -> str:
        """The device that is wished for, or the best."""
        return choose_device(wish)

    def free(self, device: str) -> int:
        """Bytes that are free on a device."""
        return available(device)

    def seconds(
        self, members: Sequence[Member], plan: Plan, shape: Sequence[int]
    ) -> float:
        """Seconds that a tile takes."""
        pairs = zip(members, plan.of_each(), strict=True)
        return sum(tile_seconds(one.network, own, shape) for one, own in pairs)

    @contextmanager
    def source(
        self, image: Image, members: Sequence[Member], plan: Plan, wanted: Wanted
    ) -> Iterator[Local]:
        """Make ready to predict an image."""
        yield Local.of(image, members, plan, wanted)


def can_be_turned(frames: Frames, network: nn.Module, grid: Sequence[int]) -> bool:
    """Whether Y and X are of one kind: the same pixel size, and the same geometry.

    Parameters
    ----------
    frames : Frames
        The image.
    network : nn.Module
        As it was trained.
    grid : sequence of int
        ([Z,] Y, X) of a frame as the network sees it. If it is resampled, half a pixel
        more or less at its end makes no difference.
    """
    *_, y, x = axis_geometries(network)
    if y != x:
        return False
    sizes = zip(frames.spacing, frames.shape, grid, strict=True)
    *_, height, width = (step * size / n for step, size, n in sizes)
    *_, rows, columns = grid
    resampled = tuple(grid) != tuple(frames.shape)
    slack = 0.5 * (height / rows + width / columns) if resampled else 0.0
    return abs(height - width) <= slack


def _predictor(frames: Frames, member: Member, plan: Plan) -> Predictor:
    network = member.network
    is_turned = can_be_turned(frames, network, plan.grid)
    shown = Shown(
        frames,
        plan.normalisers(frames),
        plan.grid,
        member.channels,
        planewise=isinstance(network, Planewise),
    )
    return Predictor(
        shown,
        Runner(valid_twin(network, plan.device), plan.device, plan.precision),
        axis_geometries(network),
        views(plan.views, len(plan.grid), is_turned),
        shape=frames.shape,
        grid=plan.grid,
        batch=_batch(plan),
        parts=plan.parts,
    )


def _batch(plan: Plan) -> int:
    if plan.device == "cpu":
        return 1  # Its cores are busy with one, and the bytes stay the same.
    pixels = 1
    for side in plan.sides:
        pixels *= side
    return max(1, min(_MOST, _BUSY // pixels))
