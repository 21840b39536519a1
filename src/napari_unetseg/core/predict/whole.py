"""Predict a whole image by a plan, in this process."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from napari_unetseg.core.device import choose_device
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.network.geometry import axis_geometries
from napari_unetseg.core.network.twin import valid_twin
from napari_unetseg.core.predict.forecast import tile_seconds
from napari_unetseg.core.predict.planning import available
from napari_unetseg.core.predict.predictor import Predictor
from napari_unetseg.core.predict.result import Result, Wanted, result_of
from napari_unetseg.core.predict.run import Runner
from napari_unetseg.core.predict.shown import Shown
from napari_unetseg.core.predict.views import views

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from torch import nn

    from napari_unetseg.core.events import Event
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.card import ModelCard
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
    predictor : Predictor
        Of the image.
    wanted : Wanted
        What is made of the scores.
    """

    predictor: Predictor
    wanted: Wanted

    @classmethod
    def of(cls, image: Image, network: nn.Module, plan: Plan, wanted: Wanted) -> Local:
        """Make a network ready to predict an image by a plan.

        Parameters
        ----------
        image : Image
            With the network's channels.
        network : nn.Module
            As it was trained.
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
        is_turned = can_be_turned(frames, network, plan.grid)
        geometries = axis_geometries(network)
        predictor = Predictor(
            Shown(frames, plan.normalisers(frames), plan.grid),
            Runner(valid_twin(network, plan.device), plan.device, plan.precision),
            geometries,
            views(plan.views, len(plan.grid), is_turned),
            shape=frames.shape,
            grid=plan.grid,
            batch=_batch(plan),
            parts=plan.parts,
        )
        return cls(predictor, wanted)

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
        self, card: ModelCard, network: nn.Module, plan: Plan, shape: Sequence[int]
    ) -> float:
        """Seconds that a tile takes."""
        return tile_seconds(network, plan, shape)

    @contextmanager
    def source(
        self,
        image: Image,
        card: ModelCard,
        network: nn.Module,
        plan: Plan,
        wanted: Wanted,
    ) -> Iterator[Local]:
        """Make ready to predict an image."""
        yield Local.of(image, network, plan, wanted)


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


def _batch(plan: Plan) -> int:
    if plan.device == "cpu":
        return 1  # Its cores are busy with one, and the bytes stay the same.
    pixels = 1
    for side in plan.sides:
        pixels *= side
    return max(1, min(_MOST, _BUSY // pixels))
