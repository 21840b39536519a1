"""What a kind of run is called in its dock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.events import Edited, Event, Failed, Paused, Resumed, Stopped
from napari_unetseg.runs.story import counts_sentence, paused_sentence

if TYPE_CHECKING:
    from napari_unetseg.runs.story import Story


@dataclass(frozen=True)
class Words:
    """What a kind of run is called, and whether it has a loss to draw.

    Attributes
    ----------
    job : str
        As in "Training".
    start, stop : str
        On the buttons.
    keeps : str
        What is not lost when it is stopped, as in "the finished tiles".
    curves : bool
        Whether it learns, and has something to show and to discard.
    rests : bool
        Whether it can pause, and go on in the same process.
    alone : bool
        Whether only one may be under way on this computer.
    """

    job: str
    start: str
    stop: str
    keeps: str
    curves: bool = False
    rests: bool = False
    alone: bool = False

    def begun(self, device: str, precision: str) -> str:
        """Say where its work has begun, and how."""
        return f"{self.job} on {device} in {precision}."


def taken_sentence(words: Words, name: str) -> str:
    """Say that something of the kind is under way, so that no other is started."""
    return (
        f"Another {words.job.lower()} is under way, {name}. Wait until it has ended, "
        f"or stop it (U-Net runs shows it), and press {words.start} again."
    )


def on_closing(stays: bool) -> str:
    """What napari shows of a run when it is closed meanwhile."""
    return "goes on without napari" if stays else "stops and keeps"


def copying_sentence(size: int) -> str:
    """Say that so many bytes are being copied."""
    much = f"{size / 1e6:.0f} MB" if size >= 1e6 else "little"
    return f"Copying the layers ({much}) into the run folder…"


def failure_sentence(error: Exception) -> str:
    """Say what has ended a run; of a bug also what it is."""
    if isinstance(error, UnetsegError | OSError):
        return str(error)
    return f"An unexpected error ended this ({type(error).__name__}: {error})."


def meanwhile_sentence(event: Paused | Resumed | Edited, story: Story) -> str:
    """Say what somebody has wished, and what has come true."""
    match event:
        case Paused(step=step):
            return paused_sentence(step, story.planned)
        case Resumed(step=step):
            return f"Going on after step {step}."
        case Edited(step=step):
            return counts_sentence(step)


def can_go_on(end: Event) -> bool:
    """Whether a run that ended so can go on from there."""
    if isinstance(end, Stopped):
        return bool(end.result.get("resumable", True))
    return isinstance(end, Failed)
