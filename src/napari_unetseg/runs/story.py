"""What is known of a run from the events that were heard so far."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from napari_unetseg.core.events import (
    Event,
    Failed,
    Finished,
    Planned,
    Saved,
    Started,
    Step,
    Stopped,
    Tile,
    Validated,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_LEAST_MEASURED = 3


class Story:
    """Hears events and remembers what a progress line shows.

    Parameters
    ----------
    now : callable
        A clock in seconds, never set back.

    Attributes
    ----------
    started : bool
        Whether the inputs were found sound.
    planned : bool
        Whether it is known how much work there is; only then can it be resumed.
    done, total : int
        Steps or tiles; 0 when not known.
    unit : str
        "step" or "tile".
    loss, mean_iou : float or None
        The latest ones.
    saved : int
        Steps behind the latest checkpoint.
    end : Finished, Stopped, Failed or None
        How it ended.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._first: tuple[int, float] | None = None
        self._expected = 0.0
        self.started = False
        self.planned = False
        self.done = 0
        self.total = 0
        self.unit = "step"
        self.loss: float | None = None
        self.mean_iou: float | None = None
        self.saved = 0
        self.end: Finished | Stopped | Failed | None = None

    def hear(self, event: Event) -> None:
        """Take in one event."""
        match event:
            case Started():
                self.started = True
            case Planned(total=total, unit=unit, seconds=seconds):
                self.planned = True
                self.total, self.unit = total, unit
                self._expected = self._now() + seconds if seconds else 0.0
            case Step(step=step, total=total, loss=loss):
                self.loss = loss
                self.total = total or self.total
                self._move(step)
            case Tile(done=done, total=total):
                self.total, self.unit = total, "tile"
                self._move(done)
            case Validated(mean_iou=mean_iou):
                self.mean_iou = mean_iou
            case Saved(step=step):
                self.saved = step
            case Finished() | Stopped() | Failed():
                self.end = event

    def seconds_left(self) -> float | None:
        """How long the rest will take; None while that is not known."""
        if not self.total:
            return None
        if self._first is not None and self.done - self._first[0] >= _LEAST_MEASURED:
            done, since = self._first
            each = (self._now() - since) / (self.done - done)
            return each * (self.total - self.done)
        return max(0.0, self._expected - self._now()) if self._expected else None

    def _move(self, done: int) -> None:
        """Note how far the work is; what came before the first note has no speed."""
        self.done = done
        if self._first is None:
            self._first = done, self._now()


def duration(seconds: float) -> str:
    """Write a duration as in "1 h 20 min", "3 min 20 s" or "45 s"."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    if not minutes:
        return f"{rest} s"
    if minutes < 10:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes + (rest >= 30), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
