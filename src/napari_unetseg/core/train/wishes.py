"""What a person may wish while a training goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_unetseg.core.prepare.edits import Edit


def _no() -> bool:
    return False


def _none() -> Sequence[Edit]:
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
        Changes of the labels that are new since it was asked before, in their order.
    """

    stop: Callable[[], bool] = _no
    paused: Callable[[], bool] = _no
    edits: Callable[[], Sequence[Edit]] = _none
