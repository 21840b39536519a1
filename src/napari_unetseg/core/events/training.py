"""What a training says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from napari_unetseg.core.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Divided(Event):
    """Which parts of the labels teach, and which are only scored.

    Attributes
    ----------
    parts : list of dict
        For each box the number of its "image", its "name" ("train", "validation" or
        "gap"), and "start" and "stop" in pixels of the labels, as of
        `core.prepare.parts.Part`.
    """

    parts: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Event):
    """One training step is done; `loss` is the mean over the batch's pixels."""

    step: int
    total: int
    loss: float
    learning_rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Validated(Event):
    """The averaged weights were scored on the validation slices.

    Attributes
    ----------
    step : int
        Number of training steps behind the scored weights.
    iou : dict of str to float or None
        Intersection over union per class id; None for a class that is absent.
    mean_iou, pixel_error : float or None
        As in the evaluation report; None when nothing could be scored.
    best : bool
        Whether these weights are the best so far and were kept.
    seg, f1 : float or None
        Of single objects, where these are taught.
    """

    step: int
    iou: dict[str, float | None]
    mean_iou: float | None
    pixel_error: float | None
    best: bool
    seg: float | None = None
    f1: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved(Event):
    """The state of the training after `step` steps is safely on disk."""

    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused(Event):
    """The training rests after `step` steps until it is to go on.

    Its state is on the disk, but before the number of its steps is known.

    It may be told again while it rests.
    """

    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed(Event):
    """A training that was paused after `step` steps goes on, in the same process."""

    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited(Event):
    """Labels were changed while they are learnt from.

    Attributes
    ----------
    number : int
        Which change it is, from 1, as in `core.prepare.edits.Edit`.
    step : int
        Number of steps that were done without it; the next one learns from it.
    pixels : int
        How many pixels got another label by it.
    """

    number: int
    step: int
    pixels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed(Event):
    """What somebody looks at was predicted, with the averaged weights of now.

    Attributes
    ----------
    number : int
        Which prediction it is, from 1; only the latest ones are kept.
    step : int
        Number of steps behind the weights.
    image : int
        Which of the images, from 0.
    start, stop : list of int
        Its box in the image along each axis but C, Y and X last, in pixels. It may be
        smaller than what is in view.
    """

    number: int
    step: int
    image: int
    start: list[int]
    stop: list[int]
