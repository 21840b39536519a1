"""``unetseg check``: whether this computer does what it should, and how fast."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari_unetseg.core.events import Event

    Facts = list[tuple[str, str]]

STEPS = 3
SIDE = 512

T = TypeVar("T")


def check() -> None:
    """Look at the computer, then train one step and predict one plane."""
    from napari_unetseg.cli.computer import computer_facts, torch_facts
    from napari_unetseg.cli.info import tell

    tell(computer_facts())
    tell(torch_facts())
    tell(speed_facts())


def speed_facts(steps: int = STEPS, side: int = SIDE) -> Facts:
    """Train and predict for real, on random numbers.

    Parameters
    ----------
    steps : int
        Training steps; the first, which is slow, does not count if there are more.
    side : int
        Side of the plane to train on and to predict, in pixels.
    """
    import numpy as np

    from napari_unetseg.core import jobs
    from napari_unetseg.core.config import SegmentConfig, train_config
    from napari_unetseg.core.events import Planned, Step, Tile
    from napari_unetseg.core.image import Image

    random = np.random.default_rng(0)
    grey = random.integers(0, 256, (side, side), dtype=np.uint8)
    image = Image(array=grey, axes="YX", name="noise")
    labels = Image(array=grey // 128 + 1, axes="YX", name="noise-labels")
    config = train_config(steps=steps, validation="0")
    model, times = _timed(jobs.train([image], [labels], config), Step)
    each = (times[-1] - times[0]) / max(1, len(times) - 1)
    patch = min(config.patch, side)
    trained = config.batch * patch**2 / each if each else 0.0
    _, ends = _timed(jobs.segment(image, model, SegmentConfig()), Planned, Tile)
    predicted = side**2 / max(1e-9, ends[-1] - ends[0])
    base = model.card.network.base
    return [
        (
            "one training step",
            f"{each:.2f} s, {trained / 1e6:.2f} Mpx/s ({config.network}, base {base}, "
            f"{config.batch} patches of {patch} x {patch})",
        ),
        ("one prediction", f"{predicted / 1e6:.2f} Mpx/s ({side} x {side} pixels)"),
    ]


def _timed(
    job: Generator[Event, None, T], *kinds: type[Event]
) -> tuple[T, list[float]]:
    """Run a job to its end; return its result and when the events of a kind came."""
    times: list[float] = []
    while True:
        try:
            event = next(job)
        except StopIteration as end:
            result: T = end.value
            return result, times
        if isinstance(event, kinds):
            times.append(time.perf_counter())
