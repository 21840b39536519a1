"""A run in a dock's footer: begun, followed, told, and ended as the user wishes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.events import (
    Edited,
    Event,
    Failed,
    Note,
    Paused,
    Resumed,
    Started,
)
from napari_unetseg.core.train.wishes import Predicted
from napari_unetseg.gui.parts.worker import Worker, start_worker
from napari_unetseg.gui.run.controls import Controls
from napari_unetseg.gui.run.copies import Copying
from napari_unetseg.gui.run.launch import follow, launch, resume
from napari_unetseg.gui.run.plan import Plan
from napari_unetseg.gui.run.plot import Plot
from napari_unetseg.gui.run.rest import Rest
from napari_unetseg.gui.run.words import (
    can_go_on,
    copying_sentence,
    meanwhile_sentence,
    on_closing,
)
from napari_unetseg.runs import client
from napari_unetseg.runs.listing import discard
from napari_unetseg.runs.story import Story

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
        A tuple of events that the run has told, or a `Predicted`.
    ended : Signal(object, object)
        Folder and last event: Finished, Stopped or Failed.
    discarded : Signal
        The run is deleted with all that it made.
    controls : Controls
        Progress bar and buttons.
    folder : Path or None
        The run that is shown.
    warnings : list of str
        What the user should see and has to be told again at the end.
    """

    asked = Signal()
    busy = Signal(bool)
    heard = Signal(object)
    ended = Signal(object, object)
    discarded = Signal()

    def __init__(self, dock: RunDock, words: Words) -> None:
        super().__init__(dock)
        self._dock, self._words = dock, words
        self._story, self._rest = Story(), Rest()
        self._worker: Worker | None = None
        # What the user wishes to become of the run that is under way.
        self._wish: Literal["", "cancel", "stop", "discard"] = ""
        self._is_new = self._resumable = False
        self.warnings: list[str] = []
        self.folder: Path | None = None
        self._plot = Plot(dock)
        self.controls = Controls(
            words,
            start=self.asked.emit,
            go_on=self.go_on,
            stop=self.stop,
            pause=self.pause,
            discard=self.discard,
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.controls)
        self._show_state()

    @property
    def curves(self) -> Curves | None:
        """Loss and score of a training, in the dock's form."""
        return self._plot.curves

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._worker is not None

    @property
    def at_work(self) -> bool:
        """Whether the process of a run hears what it is told."""
        return self.running and self._story.started

    def start(self, plan: Plan, name: str) -> None:
        """Start a new run; `name` is what napari calls it when it is closed."""
        job = launch(plan, cancelled=lambda: self._wish in {"cancel", "discard"})
        self._begin(plan.folder, job, name, "Starting…")
        self._is_new = True

    def attach(self, folder: Path, text: str = "Found under way.") -> None:
        """Show a run to its end, which it does not reach with that of this napari."""
        name = f"{self._words.job} in {folder.name} ({on_closing(stays=True)})"
        self._begin(folder, follow(folder, stays=True), name, text)

    def offer(self, folder: Path) -> None:
        """Show a run that was stopped and can go on."""
        self.folder, self._resumable = folder, True
        self._show_state()

    def go_on(self) -> None:
        """Resume the run that was stopped."""
        if self.running or self.folder is None:
            return  # A run whose end is being told is not to be begun again.
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
        try:
            self._dock.say(self._rest.press(self.folder, self._story), "busy")
        except (OSError, UnetsegError) as error:
            self._dock.say(f"The run cannot be reached: {error}", "error")
        self._show_state()

    def discard(self) -> None:
        """After a question, stop the run and delete what it made."""
        if self.folder is None or not self.controls.is_discard_meant():
            return
        self._wish = "discard"
        if self.running:
            self._pass_on()
        else:
            self._forget()
            self._wish = ""
            self._dock.say("Discarded.")

    def follow(self, theme: str) -> None:
        """Take the colours of a napari theme."""
        self._plot.follow(theme)

    def _pass_on(self) -> None:
        """Tell the run what is wished; an engine hears it once it has begun."""
        if self._wish and self._story.started and self.folder is not None:
            try:
                name = "keep" if self._wish == "stop" else "cancel"
                client.command(self.folder, name)
            except (OSError, UnetsegError) as error:
                self._wish = ""
                self._dock.say(f"The run cannot be reached: {error}", "error")
        self._show_state()

    def _begin(
        self, folder: Path, job: Generator[object], name: str, text: str
    ) -> None:
        self.folder, self._resumable = folder, False
        self._wish, self._rest, self._is_new = "", Rest(), False
        self._story, self.warnings = Story(), []
        if self._words.curves:
            self._plot.begin()
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
            self._dock.say(copying_sentence(news.bytes), "busy")
            return
        if isinstance(news, Predicted):
            self.heard.emit(news)
            return
        assert isinstance(news, tuple)
        if not news:
            return
        for event in news:
            self._story.hear(event)
            self._rest.hear(event)
            self._tell(event)
        self._plot.hear(news)
        self.controls.show_progress(self._story)
        self.heard.emit(news)

    def _tell(self, event: Event) -> None:
        match event:
            case Note(text=text, level="warning"):
                self.warnings.append(text)
                self._dock.say(" ".join(self.warnings), "warning")
            case Started(device=device, precision=precision):
                if not self.warnings:
                    self._dock.say(self._words.begun(device, precision), "busy")
                self._pass_on()
                self._show_state()
            case Paused() | Resumed() | Edited():
                self._tell_gently(meanwhile_sentence(event, self._story))
                self._show_state()

    def _tell_gently(self, text: str) -> None:
        """Say it beside what was warned of, unless a wish is under way."""
        if not self._wish:
            kind: Kind = "warning" if self.warnings else "busy"
            self._dock.say(" ".join([text, *self.warnings]), kind)

    def _end(self, _: object) -> None:
        end, folder = self._story.end, self.folder
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
        self.folder = None if self._is_new else self.folder
        self._resumable = self.folder is not None
        self._show_state()
        self.busy.emit(False)
        self._dock.show_failure(error)

    def _forget(self) -> None:
        # Nothing but what was begun here, or what the user wants to be rid of.
        if self.folder is not None and (self._is_new or self._wish):
            discard(self.folder)
            self.discarded.emit()
        self.folder, self._resumable = None, False
        self._plot.drop()
        self._show_state()

    def _show_state(self) -> None:
        self.controls.show_state(
            running=self.running,
            stopping=bool(self._wish),
            resumable=self._resumable,
            pause=self._rest.text(self._story),
        )
