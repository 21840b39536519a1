"""How long to train, and how fast to learn when; all of it counted in steps."""

from __future__ import annotations

import math
import time
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_unetseg.core.config import Schedule

WARM_UP = 20
"""Steps of rising learning rate. They do not depend on how many steps follow, so that
the number of steps may be fixed after them, once they have shown the speed."""

PARTS = 8
"""In how many parts a training is divided to be validated, time permitting."""

_MOST_FOR_VALIDATION = 0.2
_FALLS: dict[Schedule, Callable[[float], float]] = {
    "cosine": lambda progress: 0.5 * (1 + math.cos(math.pi * progress)),
    "poly": lambda progress: (1 - progress) ** 0.9,
    "constant": lambda progress: 1.0,
}
_LEAST_MEASURED = 3


def learning_rate(
    step: int, total: int | None, peak: float, schedule: Schedule = "cosine"
) -> float:
    """Linear warm-up, then a fall to zero.

    Parameters
    ----------
    step : int
        Number of steps already done.
    total : int or None
        Number of all steps; None while it is not yet known, during the warm-up.
    peak : float
        The largest learning rate.
    schedule : {"cosine", "poly", "constant"}
        How it falls: as a cosine (Loshchilov, Hutter: SGDR. ICLR 2017), as the power
        0.9 of the part that is left (Chen et al.: DeepLab. TPAMI 2018.
        doi:10.1109/TPAMI.2017.2699184), or not at all.
    """
    if step < WARM_UP or total is None:
        return peak * min(1.0, (step + 1) / WARM_UP)
    progress = min((step - WARM_UP) / max(1, total - WARM_UP), 1.0)
    return peak * _FALLS[schedule](progress)


def is_validated(step: int, total: int | None, parts: int = PARTS) -> bool:
    """Whether the weights after `step` steps are scored.

    They are before the first step and after the last. In between they are after every
    second part of a training, and after each of its second half, where the best weights
    are found.
    """
    if step == 0 or step == total:
        return True
    if total is None:
        return False
    part, rest = divmod(step, math.ceil(total / parts))
    return not rest and (part % 2 == 0 or 2 * part > parts)


class Pace:
    """Measures how fast a training is, and turns its minutes into steps.

    Parameters
    ----------
    minutes : float or None
        How long the training may take; None if its steps are given.
    begun : float, optional
        `time.monotonic()` from which the minutes count; now, by default.

    Attributes
    ----------
    steps : list of float
        Seconds that each step took.
    validation : float
        Seconds that the latest validation took.
    """

    def __init__(self, minutes: float | None, begun: float | None = None) -> None:
        self._seconds = None if minutes is None else 60 * minutes
        self._begun = time.monotonic() if begun is None else begun
        self.steps: list[float] = []
        self.validation = 0.0

    def rested(self, seconds: float) -> None:
        """Leave out a time in which nothing was learnt."""
        self._begun += seconds

    def parts(self) -> int:
        """In how many parts the rest of the training is divided."""
        return parts_within(self.left(), self.validation)

    def left(self) -> float:
        """Seconds that are left."""
        return (self._seconds or 0.0) - (time.monotonic() - self._begun)

    def more_steps(self) -> int | None:
        """Steps that still fit; None before the speed is known.

        It is known after the warm-up, or once a tenth of the time is gone.
        """
        if self._seconds is None or len(self.steps) < _LEAST_MEASURED:
            return None
        if len(self.steps) < WARM_UP and self.left() > 0.9 * self._seconds:
            return None
        # The first steps are slower: memory and kernels are prepared in them.
        step = median(self.steps[_LEAST_MEASURED - 1 :])
        return steps_within(self.left(), step, self.validation)


def validations(parts: int) -> int:
    """How often a training in some parts is scored, but for before its first step."""
    return sum(is_validated(part, parts, parts) for part in range(1, parts + 1))


def parts_within(seconds: float, validation_seconds: float) -> int:
    """In how many parts to divide a training, so that scoring takes a fifth at most.

    Parameters
    ----------
    seconds : float
        Time that is left.
    validation_seconds : float
        Duration of one validation, in the same unit.
    """
    parts = PARTS
    while (
        parts > 1
        and validations(parts) * validation_seconds > _MOST_FOR_VALIDATION * seconds
    ):
        parts //= 2
    return parts


def steps_within(seconds: float, step_seconds: float, validation_seconds: float) -> int:
    """Number of steps that fit into a time, with their validations.

    Parameters
    ----------
    seconds : float
        Time from the first step to the end.
    step_seconds, validation_seconds : float
        Measured duration of one step and of one validation.
    """
    still_to_come = validations(parts_within(seconds, validation_seconds))
    time_for_steps = seconds - still_to_come * validation_seconds
    return max(WARM_UP, int(time_for_steps / max(step_seconds, 1e-6)))
