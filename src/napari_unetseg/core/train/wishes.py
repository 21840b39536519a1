"""What a person may wish while a training goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_unetseg.core.prepare.edits import Edit


def _no() -> bool:
    return False


def _none(step: int) -> Sequence[Edit]:
    return ()


@dataclass(frozen=True, slots=True)
class Wishes:
    """Asked before each step of a training.

    Attributes
    ----------
    stop : callable
        Whether to end early, with what there is.
    paused : callable
        Whether to rest before the next step.
    edits : callable
        Given the number of steps that are done, changes of the labels from which the
        next step is to learn and which were not returned before, in their order. To a
        training that is resumed each is given at the very step at which it was given
        before; at its first question, all up to then, which their own `step` tells.
    """

    stop: Callable[[], bool] = _no
    paused: Callable[[], bool] = _no
    edits: Callable[[int], Sequence[Edit]] = _none
