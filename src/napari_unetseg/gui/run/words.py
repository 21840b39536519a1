"""What a kind of run is called in its dock."""

from __future__ import annotations

from dataclasses import dataclass


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
    """

    job: str
    start: str
    stop: str
    keeps: str
    curves: bool = False
    rests: bool = False


def on_closing(stays: bool) -> str:
    """What napari shows of a run when it is closed meanwhile."""
    return "goes on without napari" if stays else "stops and keeps"
