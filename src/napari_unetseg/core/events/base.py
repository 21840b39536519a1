"""What every job says, and events as lines of JSON."""

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
