"""The progress bar and the buttons of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QHBoxLayout,
    QMessageBox,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from napari_unetseg.gui.parts.buttons import make_button
from napari_unetseg.gui.parts.steady import SteadyButton
from napari_unetseg.gui.parts.swap import swap
from napari_unetseg.runs.story import duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_unetseg.gui.run.words import Words
    from napari_unetseg.runs.story import Story

PAUSE, PAUSING, CONTINUE = "Pause", "Pausing…", "Continue"
_RESTS = {
    PAUSE: "Rest before the next step: it stays in memory, its state is on the disk, "
    "and the computer is free",
    PAUSING: "It will rest before its next step. Press again to let it go on",
    CONTINUE: "Go on with the next step",
}


class Controls(QWidget):
    """Shows what can be done with a run, and how far it is.

    Parameters
    ----------
    words : Words
        What the kind of run is called.
    start, go_on, stop, pause, discard : callable
        What the buttons do.
    """

    def __init__(
        self,
        words: Words,
        *,
        start: Callable[[], None],
        go_on: Callable[[], None],
        stop: Callable[[], None],
        pause: Callable[[], None],
        discard: Callable[[], None],
    ) -> None:
        super().__init__()
        self.progress = QProgressBar()
        self.progress.setToolTip(f"How far the {words.job.lower()} is")
        self.start = make_button(
            words.start, "Begin, with the layers as they are now", start
        )
        self.go_on = make_button("Go on", "Go on from where it was stopped", go_on)
        self.stop = make_button(words.stop, f"Stop it, and keep {words.keeps}", stop)
        self._job, self._rests = words.job.lower(), words.rests
        self.pause = SteadyButton([*_RESTS])
        self.pause.clicked.connect(lambda: pause())
        self.discard = make_button(
            "Discard…", "Stop it if it runs, and delete all that it made", discard
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.progress)
        row = QHBoxLayout()
        for button in (
            self.start,
            self.go_on,
            self.stop,
            self.pause,
            self.discard,
        ):
            row.addWidget(button)
        layout.addLayout(row)

    def is_discard_meant(self) -> bool:
        """Ask the user."""
        answer = QMessageBox.question(
            self,
            "Discard",
            f"Delete this {self._job} and what it needs to go on? "
            "Layers and finished models are not touched.",
        )
        return bool(answer == QMessageBox.StandardButton.Yes)

    def show_state(
        self, *, running: bool, stopping: bool, resumable: bool, pause: str = ""
    ) -> None:
        """Show the buttons that a state allows.

        Parameters
        ----------
        running, stopping, resumable : bool
            Whether a run is under way, is ending as was wished, or can go on.
        pause : str
            What the button to pause says: `PAUSE`, `PAUSING` or `CONTINUE`; empty while
            nothing can rest.
        """
        self.stop.setEnabled(not stopping)
        self.pause.setEnabled(bool(pause) and not stopping)
        self.pause.setText(pause or PAUSE)
        self.pause.setToolTip(_RESTS[pause or PAUSE])
        swap(
            (
                (self.progress, running),
                (self.start, not running),
                (self.go_on, not running and resumable),
                (self.stop, running),
                (self.pause, running and self._rests),
                (self.discard, running or resumable),
            )
        )

    def show_progress(self, story: Story) -> None:
        """Show how far a run is and how long it will take."""
        # Whatever changes here is drawn once: the bar would draw each new value at
        # once, and beside napari's canvas that means the whole window.
        self.progress.setUpdatesEnabled(False)
        # A bar of an unknown end would move, and draw the window all the time.
        self.progress.setRange(0, story.total or 1)
        # What comes after the tiles has no known end: the bar stays full.
        at = story.done if story.total else int(story.unit == "block")
        self.progress.setValue(at)
        self.progress.setFormat(how_far(story))
        self.progress.setUpdatesEnabled(True)


def how_far(story: Story) -> str:
    """How far a run is, and how long it will take, in a few words."""
    item = story.item
    if item is None or item.total == 1:
        return _how_far(story)
    return f"image {item.number} of {item.total}, {_how_far(story)}"


def _how_far(story: Story) -> str:
    if story.waits_for:
        # The dock's sentence says the rest.
        return f"waiting for {story.waits_for.partition(':')[0]}"
    if story.paused:
        far = f"paused at {story.unit} {story.done}"
        return f"{far} of {story.total}" if story.total else far
    if story.unit == "block":
        return f"all tiles done, finishing: block {story.done}"
    if not story.total:
        step = f"{story.unit} {story.done}, measuring the speed"
        return step if story.done else "starting"
    far = f"{story.unit} {story.done} of {story.total}"
    left = story.seconds_left()
    if left is None or story.done >= story.total:
        return far
    return f"{far}, {duration(left)} left"
