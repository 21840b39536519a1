"""Whether a run rests, is about to, or is to go on: what its button says and does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from napari_unetseg.core.events import Event, Paused, Resumed, Step
from napari_unetseg.gui.run.controls import CONTINUE, PAUSE, PAUSING
from napari_unetseg.runs import client

if TYPE_CHECKING:
    from pathlib import Path

    from napari_unetseg.runs.story import Story


class Rest:
    """Asks a run to pause, and to go on."""

    def __init__(self) -> None:
        # What it was asked to do and has not done yet.
        self._wish: Literal["", "pause", "go on"] = ""

    def text(self, story: Story) -> str:
        """What the button says; empty before there are steps to rest before."""
        if not story.started:
            return ""
        if self._wish == "pause":
            return PAUSING
        return CONTINUE if story.paused and not self._wish else PAUSE

    def press(self, folder: Path, story: Story) -> str:
        """Let the run rest, or go on if it rests or is about to; say what happens.

        Raises
        ------
        OSError, UnetsegError
            If the run cannot be reached.
        """
        if self.text(story) == PAUSE:
            client.pause(folder)
            self._wish = "pause"
            return PAUSING
        client.go_on(folder)
        self._wish = "go on"
        return "Going on."

    def hear(self, event: Event) -> None:
        """Note that it has done what it was asked to."""
        match event:
            case Paused() if self._wish == "pause":
                self._wish = ""
            # A step, if it had not begun to rest.
            case Resumed() | Step() if self._wish == "go on":
                self._wish = ""
