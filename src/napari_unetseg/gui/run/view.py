"""A run in a dock's footer: progress, curves, and the buttons that fit its state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import (
    QHBoxLayout,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.events import (
    Event,
    Failed,
    Finished,
    Note,
    Planned,
    Started,
    Stopped,
)
from napari_unetseg.gui.parts.worker import Worker, start_worker
from napari_unetseg.gui.run.launch import Copying, Plan, follow, launch, resume
from napari_unetseg.runs import client
from napari_unetseg.runs.listing import discard
from napari_unetseg.runs.story import Story, duration

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from napari_unetseg.gui.parts.dock import Dock
    from napari_unetseg.gui.run.curves import Curves


@dataclass(frozen=True)
class Words:
    """What a kind of run is called.

    Attributes
    ----------
    job : str
        As in "Training".
    start, stop : str
        On the buttons.
    stopping : str
        The sentence while it ends.
    curves : bool
        Whether it has a loss to draw.
    """

    job: str
    start: str
    stop: str
    stopping: str
    curves: bool = False


class RunView(QWidget):
    """One run at a time: started here, or found under way.

    Parameters
    ----------
    dock : Dock
        Where sentences are shown.
    words : Words
        What the kind of run is called.

    Attributes
    ----------
    asked : Signal
        The start button was pressed.
    busy : Signal(bool)
        A run begins or is over.
    ended : Signal(object, object)
        Folder and last event: Finished, Stopped or Failed.
    folder : Path or None
        The run that is shown.
    warnings : list of str
        What the user should see and has to be told again at the end.
    """

    asked = Signal()
    busy = Signal(bool)
    ended = Signal(object, object)

    def __init__(self, dock: Dock, words: Words) -> None:
        super().__init__(dock)
        self._dock = dock
        self._words = words
        self._story = Story()
        self._worker: Worker | None = None
        # What the user wishes to become of the run that is under way.
        self._wish: Literal["", "cancel", "stop", "discard"] = ""
        self._is_new = False
        self._resumable = False
        self.warnings: list[str] = []
        self._stays = False
        self.folder: Path | None = None
        self.curves: Curves | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self.progress = QProgressBar()
        self.progress.setTextVisible(True)
        self.progress.setToolTip(f"How far the {words.job.lower()} is")
        self._layout.addWidget(self.progress)
        self.start_button = self._button(
            words.start, "Begin, with the layers as they are now", self.asked.emit
        )
        self.resume_button = self._button(
            "Go on", "Go on from where it was stopped", self.go_on
        )
        self.stop_button = self._button(words.stop, words.stopping, self.stop)
        self.discard_button = self._button(
            "Discard…", "Stop it if it runs, and delete all that it made", self.discard
        )
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        for button in (
            self.start_button,
            self.resume_button,
            self.stop_button,
            self.discard_button,
        ):
            row.addWidget(button)
        self._layout.addLayout(row)
        self._show_state()

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._worker is not None

    def start(self, plan: Plan, name: str) -> None:
        """Start a new run; `name` is what napari calls it when it is closed."""
        self._stays = plan.stays
        job = launch(plan, cancelled=lambda: self._wish in {"cancel", "discard"})
        self._begin(plan.folder, job, name, "Starting…")
        self._is_new = True

    def attach(self, folder: Path) -> None:
        """Show a run that is under way; it does not end with this napari."""
        self._stays = True
        name = f"{self._words.job} in {folder.name}"
        self._begin(folder, follow(folder, stays=True), name, "Found under way.")

    def offer(self, folder: Path) -> None:
        """Show a run that was stopped and can go on."""
        self.folder, self._resumable = folder, True
        self._show_state()

    def go_on(self) -> None:
        """Resume the run that was stopped."""
        assert self.folder is not None
        name = f"{self._words.job} in {self.folder.name}"
        job = resume(self.folder, stays=self._stays)
        self._begin(self.folder, job, name, "Resuming…")

    def stop(self) -> None:
        """Ask the run to keep what it has and to end; before the work, cancel it."""
        if self._is_new and not self._story.started:
            self._wish = "cancel"
            self._dock.say("Cancelling…", "busy")
        elif self._command("keep"):
            self._wish = "stop"
            self._dock.say(self._words.stopping, "busy")
        self._show_state()

    def discard(self) -> None:
        """After a question, stop the run and delete what it made."""
        if self.folder is None:
            return
        answer = QMessageBox.question(
            self,
            "Discard",
            f"Delete this {self._words.job.lower()} and all that it has made? "
            "Layers are not touched.",
        )
        if answer != QMessageBox.StandardButton.Yes:
            return
        if not self.running:
            self._forget()
            self._dock.say("Discarded.")
        elif (self._is_new and not self._story.started) or self._command("cancel"):
            self._wish = "discard"
            self._show_state()

    def follow(self, theme: str) -> None:
        """Take the colours of a napari theme."""
        if self.curves is not None:
            self.curves.follow(theme)

    def _command(self, name: str) -> bool:
        assert self.folder is not None
        try:
            client.command(self.folder, name)
        except (OSError, UnetsegError) as error:
            self._dock.say(f"The run cannot be reached: {error}", "error")
            return False
        return True

    def _begin(
        self, folder: Path, job: Generator[object], name: str, text: str
    ) -> None:
        self.folder, self._resumable = folder, False
        self._wish, self._is_new = "", False
        self._story = Story()
        self.warnings = []
        if self._words.curves:
            self._renew_curves()
        self.progress.setRange(0, 0)
        self.progress.setFormat("")
        self._worker = start_worker(
            job,
            owner=self,
            name=name,
            outlives=True,
            on_event=self._hear,
            on_return=self._end,
            on_error=self._fail,
        )
        self._dock.say(text, "busy")
        self._show_state()
        self.busy.emit(True)

    def _hear(self, news: object) -> None:
        if isinstance(news, Copying):
            size = f"{news.bytes / 1e6:.0f} MB" if news.bytes >= 1e6 else "little"
            self._dock.say(f"Copying the layers ({size}) into the run folder…", "busy")
            return
        assert isinstance(news, tuple)
        if not news:
            return
        for event in news:
            self._story.hear(event)
            self._tell(event)
        if self.curves is not None:
            self.curves.hear(news)
        self._show_progress()

    def _tell(self, event: Event) -> None:
        match event:
            case Note(text=text, level="warning"):
                self.warnings.append(text)
                self._dock.say(" ".join(self.warnings), "warning")
            case Started(device=device, precision=precision):
                if not self.warnings:
                    how = f"{self._words.job} on {device} in {precision}."
                    self._dock.say(how, "busy")
                self._show_state()
            case Planned():
                self._show_state()

    def _show_progress(self) -> None:
        story = self._story
        if not story.total:
            done = f"step {story.done}, measuring the speed" if story.done else ""
            self.progress.setFormat(done or "starting")
            return
        left = story.seconds_left()
        parts = [f"{story.unit} {story.done} of {story.total}"]
        if left is not None and story.done < story.total:
            parts.append(f"{duration(left)} left")
        self.progress.setRange(0, story.total)
        self.progress.setValue(story.done)
        self.progress.setFormat(", ".join(parts))

    def _end(self, _: object) -> None:
        end = self._story.end
        folder = self.folder
        self._worker = None
        if end is None or folder is None or self._wish == "discard":
            self._forget()
            self._dock.say("Discarded." if self._wish == "discard" else "Cancelled.")
            self.busy.emit(False)
            return
        blameless = isinstance(end, Failed) and end.mendable and not self._story.started
        if blameless:
            self._forget()
        self._resumable = not blameless and resumable(end)
        self._show_state()
        self.busy.emit(False)
        self.ended.emit(folder, end)

    def _fail(self, error: Exception) -> None:
        self._worker = None
        self.folder = None
        self._show_state()
        self.busy.emit(False)
        if isinstance(error, UnetsegError | OSError):
            self._dock.say(str(error), "error")
            return
        self._dock.say(
            f"An unexpected error ended this ({type(error).__name__}: {error}).",
            "error",
        )
        raise error

    def _forget(self) -> None:
        if self.folder is not None:
            discard(self.folder)
        self.folder, self._resumable = None, False
        self._drop_curves()
        self._show_state()

    def _show_state(self) -> None:
        running = self.running
        self.progress.setVisible(running)
        self.start_button.setVisible(not running)
        self.resume_button.setVisible(not running and self._resumable)
        self.stop_button.setVisible(running)
        self.stop_button.setEnabled(running and not self._wish)
        has_discard = self._words.curves and (running or self._resumable)
        self.discard_button.setVisible(has_discard)

    def _renew_curves(self) -> None:
        from napari_unetseg.gui.run.curves import Curves

        self._drop_curves()
        self.curves = Curves(self._dock.viewer.theme)
        self._dock.add_below_form(self.curves)
        self._dock.reveal(self.curves)

    def _drop_curves(self) -> None:
        if self.curves is not None:
            self.curves.setParent(None)
            self.curves.deleteLater()
            self.curves = None

    def _button(
        self, text: str, tooltip: str, pressed: Callable[[], None]
    ) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tooltip)
        button.clicked.connect(lambda: pressed())
        return button


def resumable(end: Event) -> bool:
    """Whether a run that ended so can go on from there."""
    match end:
        case Stopped(result=result):
            return bool(result.get("resumable", True))
        case Failed(mendable=mendable):
            return not mendable
        case Finished():
            return False
    return False
