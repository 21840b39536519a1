"""A run in a dock's footer: begun, followed, told, and ended as the user wishes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QMessageBox, QVBoxLayout, QWidget

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.events import (
    Edited,
    Event,
    Failed,
    Note,
    Paused,
    Resumed,
    Started,
    Step,
    Stopped,
)
from napari_unetseg.gui.parts.worker import Worker, start_worker
from napari_unetseg.gui.run.controls import CONTINUE, PAUSE, PAUSING, Controls
from napari_unetseg.gui.run.launch import Copying, Plan, follow, launch, resume
from napari_unetseg.gui.run.words import on_closing
from napari_unetseg.runs import client
from napari_unetseg.runs.listing import discard
from napari_unetseg.runs.story import Story, counts_sentence, paused_sentence

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from napari_unetseg.gui.parts.dock import Kind
    from napari_unetseg.gui.run.curves import Curves
    from napari_unetseg.gui.run.dock import RunDock
    from napari_unetseg.gui.run.words import Words


class RunView(QWidget):
    """One run at a time: started here, or found under way.

    Parameters
    ----------
    dock : RunDock
        Where sentences are shown.
    words : Words
        What the kind of run is called.

    Attributes
    ----------
    asked : Signal
        The start button was pressed.
    busy : Signal(bool)
        A run begins or is over.
    heard : Signal(object)
        A tuple of events that the run has told.
    ended : Signal(object, object)
        Folder and last event: Finished, Stopped or Failed.
    controls : Controls
        Progress bar and buttons.
    curves : Curves or None
        Loss and score of a training, in the dock's form.
    folder : Path or None
        The run that is shown.
    warnings : list of str
        What the user should see and has to be told again at the end.
    """

    asked = Signal()
    busy = Signal(bool)
    heard = Signal(object)
    ended = Signal(object, object)

    def __init__(self, dock: RunDock, words: Words) -> None:
        super().__init__(dock)
        self._dock = dock
        self._words = words
        self._story = Story()
        self._worker: Worker | None = None
        # What the user wishes to become of the run that is under way.
        self._wish: Literal["", "cancel", "stop", "discard"] = ""
        # What it was asked to do and has not done yet.
        self._rest: Literal["", "pause", "go on"] = ""
        self._is_new = False
        self._resumable = False
        self.warnings: list[str] = []
        self.folder: Path | None = None
        self.curves: Curves | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.controls = Controls(
            words,
            start=self.asked.emit,
            go_on=self.go_on,
            stop=self.stop,
            pause=self.pause,
            discard=self.discard,
        )
        layout.addWidget(self.controls)
        self._show_state()

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._worker is not None

    def start(self, plan: Plan, name: str) -> None:
        """Start a new run; `name` is what napari calls it when it is closed."""
        job = launch(plan, cancelled=lambda: self._wish in {"cancel", "discard"})
        self._begin(plan.folder, job, name, "Starting…")
        self._is_new = True

    def attach(self, folder: Path) -> None:
        """Show a run that is under way; it does not end with this napari."""
        name = f"{self._words.job} in {folder.name} (goes on without napari)"
        self._begin(folder, follow(folder, stays=True), name, "Found under way.")

    def offer(self, folder: Path) -> None:
        """Show a run that was stopped and can go on."""
        self.folder, self._resumable = folder, True
        self._show_state()

    def go_on(self) -> None:
        """Resume the run that was stopped."""
        assert self.folder is not None
        stays = self._dock.stays
        name = f"{self._words.job} in {self.folder.name} ({on_closing(stays)})"
        self._begin(self.folder, resume(self.folder, stays=stays), name, "Resuming…")

    def stop(self) -> None:
        """Ask the run to keep what it has and to end; before the work, cancel it."""
        if self._is_new and not self._story.started:
            self._wish = "cancel"
            self._dock.say("Cancelling…", "busy")
        else:
            self._wish = "stop"
            self._dock.say(f"Stopping: {self._words.keeps} are being kept.", "busy")
        self._pass_on()

    def pause(self) -> None:
        """Let the run rest before its next step; if it rests or is about to, go on."""
        assert self.folder is not None
        rests = self._pause_text() != PAUSE
        try:
            (client.go_on if rests else client.pause)(self.folder)
        except (OSError, UnetsegError) as error:
            self._dock.say(f"The run cannot be reached: {error}", "error")
            return
        self._rest = "go on" if rests else "pause"
        self._dock.say("Going on." if rests else PAUSING, "busy")
        self._show_state()

    def discard(self) -> None:
        """After a question, stop the run and delete what it made."""
        if self.folder is None:
            return
        answer = QMessageBox.question(
            self,
            "Discard",
            f"Delete this {self._words.job.lower()} and what it needs to go on? "
            "Layers and finished models are not touched.",
        )
        if answer != QMessageBox.StandardButton.Yes:
            return
        if self.running:
            self._wish = "discard"
            self._pass_on()
        else:
            self._forget()
            self._dock.say("Discarded.")

    def follow(self, theme: str) -> None:
        """Take the colours of a napari theme."""
        if self.curves is not None:
            self.curves.follow(theme)

    def _pass_on(self) -> None:
        """Tell the run what is wished; an engine hears it once it has begun."""
        if self._wish and self._story.started and self.folder is not None:
            try:
                client.command(
                    self.folder, "keep" if self._wish == "stop" else "cancel"
                )
            except (OSError, UnetsegError) as error:
                self._wish = ""
                self._dock.say(f"The run cannot be reached: {error}", "error")
        self._show_state()

    def _begin(
        self, folder: Path, job: Generator[object], name: str, text: str
    ) -> None:
        self.folder, self._resumable = folder, False
        self._wish, self._rest, self._is_new = "", "", False
        self._story = Story()
        self.warnings = []
        if self._words.curves:
            self._renew_curves()
        self.controls.show_progress(self._story)
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
        self.heard.emit(news)
        self.controls.show_progress(self._story)

    def _tell(self, event: Event) -> None:
        match event:
            case Note(text=text, level="warning"):
                self.warnings.append(text)
                self._dock.say(" ".join(self.warnings), "warning")
            case Started(device=device, precision=precision):
                if not self.warnings:
                    how = f"{self._words.job} on {device} in {precision}."
                    self._dock.say(how, "busy")
                self._pass_on()
                self._show_state()
            case Paused(step=step):
                self._tell_of_rest("pause", paused_sentence(step, self._story.planned))
            case Resumed(step=step):
                self._tell_of_rest("go on", f"Going on after step {step}.")
            case Step() if self._rest == "go on":
                # It had not begun to rest.
                self._rest = ""
            case Edited(step=step):
                self._tell_gently(counts_sentence(step))

    def _tell_of_rest(self, wish: Literal["pause", "go on"], text: str) -> None:
        """Say that it was done as asked."""
        if self._rest == wish:
            self._rest = ""
        self._show_state()
        self._tell_gently(text)

    def _tell_gently(self, text: str) -> None:
        """Say it beside what was warned of, unless a wish is under way."""
        if not self._wish:
            kind: Kind = "warning" if self.warnings else "busy"
            self._dock.say(" ".join([text, *self.warnings]), kind)

    def _end(self, _: object) -> None:
        end = self._story.end
        folder = self.folder
        self._worker = None
        if end is None or folder is None or self._wish in {"cancel", "discard"}:
            self._forget()
            self._dock.say("Discarded." if self._wish == "discard" else "Cancelled.")
            self.busy.emit(False)
            return
        # What was refused before its work began has made nothing.
        refused = isinstance(end, Failed) and end.mendable and not self._story.started
        if refused and self._is_new:
            self._forget()
        else:
            self._resumable = can_go_on(end)
        self._show_state()
        self.busy.emit(False)
        self.ended.emit(folder, end)

    def _fail(self, error: Exception) -> None:
        self._worker = None
        if self._is_new:
            self.folder = None
        self._resumable = self.folder is not None
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
        self.controls.show_state(
            running=self.running,
            stopping=bool(self._wish),
            resumable=self._resumable,
            pause=self._pause_text(),
        )

    def _pause_text(self) -> str:
        """What the button to pause says; empty before there are steps."""
        if not self._story.started:
            return ""
        if self._rest == "pause":
            return PAUSING
        return CONTINUE if self._story.paused and not self._rest else PAUSE

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


def can_go_on(end: Event) -> bool:
    """Whether a run that ended so can go on from there."""
    if isinstance(end, Stopped):
        return bool(end.result.get("resumable", True))
    return isinstance(end, Failed)
