"""What is known of a run from the events that were heard so far."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from napari_unetseg.core.events import (
    Block,
    Event,
    Failed,
    Finished,
    Forecast,
    Item,
    Paused,
    Planned,
    Resumed,
    Saved,
    Started,
    Step,
    Stopped,
    Tile,
    Validated,
    Waiting,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_LEAST_MEASURED = 3
# What a training that was paused tells of nevertheless does not wake it.
_AWAKE = (Started, Resumed, Step, Finished, Stopped, Failed)


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
        Steps, tiles or blocks; 0 when not known.
    unit : str
        "step", "tile" or "block".
    loss, mean_iou : float or None
        The latest ones.
    saved : int
        Steps behind the latest checkpoint.
    waits_for : str
        What is waited for; empty while the work goes on.
    paused : bool
        Whether the work rests until it is to go on.
    item : Item or None
        Which of several images is worked on.
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
        self.waits_for = ""
        self.item: Item | None = None
        self._rests_since: float | None = None
        self.end: Finished | Stopped | Failed | None = None

    @property
    def paused(self) -> bool:
        """Whether the work rests until it is to go on."""
        return self._rests_since is not None

    def hear(self, event: Event) -> None:
        """Take in one event."""
        self.waits_for = event.what if isinstance(event, Waiting) else ""
        self._rest_or_rise(event)
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
            case Block(done=done, total=total):
                self.total, self.unit, self.done = total, "block", done
                self._first = None
            case Item():
                self.item = event
                self._first = None
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
        now = self._now() if self._rests_since is None else self._rests_since
        if self._first is not None and self.done - self._first[0] >= _LEAST_MEASURED:
            done, since = self._first
            each = (now - since) / (self.done - done)
            return each * (self.total - self.done)
        return max(0.0, self._expected - now) if self._expected else None

    def _rest_or_rise(self, event: Event) -> None:
        """Note when the work rests, and leave the time of rest out of all reckoning."""
        if self._rests_since is None:
            if isinstance(event, Paused):
                self._rests_since = self._now()
            return
        if not isinstance(event, _AWAKE):
            return
        rest = self._now() - self._rests_since
        self._rests_since = None
        if self._first is not None:
            done, since = self._first
            self._first = done, since + rest
        if self._expected:
            self._expected += rest

    def _move(self, done: int) -> None:
        """Note how far the work is; what came before the first note has no speed."""
        self.done = done
        if self._first is None:
            self._first = done, self._now()


def forecast_sentence(told: Forecast) -> str:
    """Say what a segmentation will take."""
    tiles = "1 tile" if told.tiles == 1 else f"{told.tiles} tiles"
    sentences = [
        f"{tiles} of {_size(told.tile)} pixels with a halo of {_size(told.halo)}; "
        f"{_bytes(told.memory)} "
        + (f"of {_bytes(told.free)} free memory" if told.free >= 0 else "of memory")
        + (f"; about {duration(told.seconds)}." if told.seconds else ".")
    ]
    if told.resampled:
        sentences.append(f"It is seen as {_size(told.resampled)} pixels.")
    room = f"; {_bytes(told.disk)} are free on the disk" if told.disk >= 0 else ""
    sentences.append(f"Result: {_bytes(told.size)} before compression{room}.")
    return " ".join(sentences)


def edited_sentence(number: int, step: int, pixels: int) -> str:
    """Say since when a painted change counts."""
    size = "1 pixel" if pixels == 1 else f"{pixels} pixels"
    return f"Painted change {number} ({size}) counts after step {step}."


def counts_sentence(step: int) -> str:
    """Say to who paints since when it counts, after `step` steps without it."""
    return f"Your changes count from step {step + 1} on."


def paused_sentence(step: int, planned: bool) -> str:
    """Say that a training rests, and where its state is.

    Parameters
    ----------
    step : int
        Number of steps that are done.
    planned : bool
        Whether it is known how many there are; before that nothing is on the disk.
    """
    where = "on the disk" if planned else "in memory, as its length is not known yet"
    return f"Paused after step {step}; its state is {where}."


def _size(numbers: list[int]) -> str:
    return " x ".join(map(str, numbers))


def _bytes(number: int) -> str:
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number / 1e3:.1f} kB"


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
