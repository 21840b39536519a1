"""Processor seconds of a training's steps, without what it spends on validation."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING, Any, TypeVar

from napari_unetseg.core.events import Step
from napari_unetseg.core.jobs import train
from napari_unetseg.core.presets import train_config

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from napari_unetseg.core.events import Event
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.jobs import Training

T = TypeVar("T")

WARM_UP = 20
# The first steps prepare memory and kernels, and cost more.
PREPARING = 3
# How far the seconds that were used may be from those that were given.
TOLERANCE = 0.05
ATTEMPTS = 2


@dataclass(slots=True)
class Trained:
    """A training that was watched.

    Attributes
    ----------
    training : Training
        What a user gets, and the model of the last step.
    steps : list of float
        Processor seconds of each step, of all threads.
    wall : float
        Seconds from the first event to the model.
    """

    training: Training
    steps: list[float] = field(default_factory=list)
    wall: float = 0.0

    @property
    def used(self) -> float:
        """Processor seconds of all steps."""
        return sum(self.steps)

    def figures(self) -> dict[str, float | None]:
        """What a report tells of it."""
        return {
            "CPU seconds used": round(self.used, 2),
            "steps": len(self.steps),
            "kept step": self.training.model.card.training["kept_step"],
            "wall seconds, validation included": round(self.wall, 1),
        }


def drained(job: Generator[Event, None, T]) -> T:
    """Run a job to its end."""
    while True:
        try:
            next(job)
        except StopIteration as end:
            result: T = end.value
            return result


def watched(job: Generator[Event, None, Training]) -> Trained:
    """Run a training to its end and time its steps.

    What lies between two events belongs to the second one: the seconds before a `Step`
    are those of its batch, loss and gradient, others are not counted.
    """
    steps: list[float] = []
    begun, mark = time.monotonic(), time.process_time()
    while True:
        try:
            event = next(job)
        except StopIteration as end:
            return Trained(end.value, steps, time.monotonic() - begun)
        now = time.process_time()
        if isinstance(event, Step):
            steps.append(now - mark)
        mark = now


def trained_for(
    seconds: float,
    images: Sequence[Image],
    labels: Sequence[Image],
    *,
    attempts: int = ATTEMPTS,
    **wishes: Any,
) -> Trained:
    """Train for so many steps that they take `seconds` of the processor.

    The schedule depends on how many steps are planned, so that each budget is a
    training of its own. One that misses it by more than a twentieth is done once more.

    Parameters
    ----------
    seconds : float
        The budget.
    images, labels : sequence of Image
        Pairs.
    attempts : int
        How often at most.
    **wishes
        Fields of `TrainConfig`.
    """
    warm_up = train_config(**{**wishes, "steps": WARM_UP, "validation": "0"})
    first = watched(train(images, labels, warm_up)).steps
    each = fmean(first[PREPARING:])
    more = (seconds - sum(first[:PREPARING])) / each
    best, steps = None, max(1, round(PREPARING + more))
    for _ in range(attempts):
        found = watched(train(images, labels, train_config(**wishes, steps=steps)))
        if best is None or off(found.used, seconds) < off(best.used, seconds):
            best = found
        if off(best.used, seconds) <= TOLERANCE:
            break
        steps = max(1, round(steps * seconds / found.used))
    assert best is not None
    return best


def off(used: float, given: float) -> float:
    """How far the seconds that were used are from those that were given."""
    return abs(math.log(used / given))
