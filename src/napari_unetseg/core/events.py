"""What a job says while it works.

A job is a generator of these small frozen records. They hold plain values only, so
that one line of JSON is the whole event (`to_json`, `from_json`), in a run's
``events.jsonl``, on the terminal and in a test.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events."""

    kinds: ClassVar[dict[str, type[Event]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Register the event under its name, so that `from_json` finds it."""
        Event.kinds[cls.__name__] = cls


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(Event):
    """The inputs are sound and the work begins.

    Attributes
    ----------
    job : str
        "train", "segment" or "evaluate".
    device : str
        Where the network runs, for example "cpu" or "cuda:0".
    precision : str
        "fp32" or "bf16".
    """

    job: str
    device: str = ""
    precision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Event):
    """A sentence the user should see. `level` is "info" or "warning"."""

    text: str
    level: str = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(Event):
    """Nothing can be done until something is there; told again and again.

    Attributes
    ----------
    what : str
        What is waited for, to follow the words "Waiting for".
    """

    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned(Event):
    """How much work there is; from here on nothing depends on the clock.

    Attributes
    ----------
    total : int
        Number of training steps, of tiles or of blocks.
    unit : str
        "step", "tile" or "block".
    seconds : float
        Expected duration of all that is planned, in seconds; 0 when unknown.
    """

    total: int
    unit: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(Event):
    """The next of several images begins.

    Attributes
    ----------
    name : str
        Its file's.
    number, total : int
        Which one it is, from 1, and of how many.
    """

    name: str
    number: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast(Event):
    """What a segmentation will take, told before it begins.

    Attributes
    ----------
    tile, halo : list of int
        ([Z,] Y, X) of a tile's written part, and how far the network sees beyond it on
        either side, in pixels.
    tiles : int
        Number of tiles.
    memory, free : int
        Bytes that a tile takes on the device, and bytes that are free there; -1 if no
        tile is left.
    seconds : float
        Expected duration, from the speed of one small tile; 0 when unknown.
    size, disk : int
        Bytes of the part that is segmented, before compression (a TIFF holds the whole
        image all the same), and bytes that are free where it is written; -1 if it is
        kept in memory.
    resampled : list of int
        ([Z,] Y, X) of a frame at the model's pixel size; empty if it has that already.
    """

    tile: list[int]
    halo: list[int]
    tiles: int
    memory: int
    free: int
    seconds: float
    size: int
    disk: int = -1
    resampled: list[int] = field(default_factory=list)


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
    """The training rests after `step` steps, its state on disk, until it is to go on.

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
class Tile(Event):
    """A tile of the result is finished.

    Attributes
    ----------
    done, total : int
        Finished tiles and all tiles.
    start, stop : list of int
        The tile's box in the output array, in the output's axis order, pixels.
    number : int
        Which tile of the plan it is, from 0; those in view can come first.
    checksum : int
        CRC-32 of what was written, by which a damaged one is found.
    """

    done: int
    total: int
    start: list[int] = field(default_factory=list)
    stop: list[int] = field(default_factory=list)
    number: int = -1
    checksum: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(Event):
    """A block of the result was gone through after all tiles were there.

    Attributes
    ----------
    done, total : int
        Blocks, counted over all that is done to the result.
    """

    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished(Event):
    """The job is done; `result` is what the user asked for, as plain values."""

    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped(Event):
    """The job ended early because it was asked to; everything done so far is kept.

    Attributes
    ----------
    reason : str
        "kept" (asked to end with what there is), "cancelled", "terminated" (a signal)
        or "abandoned" (nobody watched).
    result : dict
        What was made of what was done, as in `Finished`, and under "resumable" whether
        the job goes on from here when it is started again, rather than from its
        beginning. Filled when a training was kept or abandoned. There is no model in it
        if no step was done.
    """

    reason: str
    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(Event):
    """The job ended with an error.

    Attributes
    ----------
    message : str
        The sentence for the user.
    mendable : bool
        True for a `UnetsegError`; False for a bug, whose traceback is in the log.
    error : str
        Name of the exception's class.
    """

    message: str
    mendable: bool
    error: str


def to_json(event: Event) -> str:
    """One line of JSON that holds the whole event, its name under "event"."""
    return json.dumps({"event": type(event).__name__, **asdict(event)})


def from_json(line: str) -> Event:
    """Inverse of `to_json`.

    Raises
    ------
    ValueError
        If the line is not JSON or names no known event.
    """
    values = json.loads(line)
    name = values.pop("event", None) if isinstance(values, dict) else None
    if name not in Event.kinds:
        raise ValueError(f"not an event: {line!r}")
    return Event.kinds[name](**values)
