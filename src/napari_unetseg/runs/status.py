"""Where a run stands, read from its folder alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from napari_unetseg.core.events import (
    Block,
    Event,
    Failed,
    Finished,
    Paused,
    Planned,
    Resumed,
    Started,
    Step,
    Stopped,
    Tile,
)
from napari_unetseg.runs import journal
from napari_unetseg.runs.folder import EVENTS, read_question
from napari_unetseg.runs.lock import is_taken

if TYPE_CHECKING:
    from pathlib import Path

State = Literal["new", "running", "stopped", "failed", "finished", "interrupted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatus:
    """Where a run stands.

    Attributes
    ----------
    job : str
        "train" or "segment".
    state : str
        "new": never started. "running": a process holds it. "stopped", "failed",
        "finished": as its last event says. "interrupted": the process is gone and said
        nothing. All but "running" and "finished" can be started (again).
    done, total : int
        Steps or tiles, done and planned; 0 when not known.
    unit : str
        "step", "tile" or "block"; empty when not known.
    paused : bool
        Whether a process holds it and rests until it is to go on; its state is
        "running" all the same.
    message : str
        Why a failed run failed, or the reason of a stopped one.
    result : dict
        What a finished run returned; what a run that was kept or abandoned had made of
        it, and under "resumable" whether it goes on from there (see `events.Stopped`).
    """

    job: str
    state: State
    done: int = 0
    total: int = 0
    unit: str = ""
    paused: bool = False
    message: str = ""
    result: dict[str, Any] = field(default_factory=dict)


def status(folder: Path) -> RunStatus:
    """Tell where the run in `folder` stands.

    Raises
    ------
    RunError
        If the folder holds no run, a damaged one, or one of a newer version.
    """
    job = read_question(folder).job
    # The lock first: a process that ends writes its last event before it lets go.
    taken = is_taken(folder)
    events = journal.read_last(
        folder, lambda event: isinstance(event, Step | Tile | Block)
    )
    done, total, unit = _progress(events)
    state, message, result = _state(folder, events[0] if events else None)
    if taken:
        state, message, result = "running", "", {}
    return RunStatus(
        job=job,
        state=state,
        done=done,
        total=total,
        unit=unit,
        paused=taken and _is_paused(events),
        message=message,
        result=result,
    )


def _state(folder: Path, last: Event | None) -> tuple[State, str, dict[str, Any]]:
    """Read state, message and result from the last event."""
    match last:
        case Finished(result=result):
            return "finished", "", result
        case Stopped(reason=reason, result=result):
            return "stopped", reason, result
        case Failed(message=message):
            return "failed", message, {}
    started = (folder / EVENTS).exists()
    return ("interrupted" if started else "new"), "", {}


def _is_paused(events: list[Event]) -> bool:
    """Whether the last word on it, going backwards, is that the work rests."""
    words = (e for e in events if isinstance(e, Paused | Resumed | Started | Step))
    return isinstance(next(words, None), Paused)


def _progress(events: list[Event]) -> tuple[int, int, str]:
    """Return done, total and unit; `events` go backwards to a step or tile, if any."""
    plan = next((event for event in events if isinstance(event, Planned)), None)
    match events[-1] if events else None:
        case Step(step=step, total=total):
            return step, (plan.total if plan else total), "step"
        case Tile(done=done, total=total):
            return done, (plan.total if plan else total), "tile"
        case Block(done=done, total=total):
            return done, total, "block"
    return (0, plan.total, plan.unit) if plan else (0, 0, "")
