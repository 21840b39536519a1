"""What the docks share that start runs: check, start, watch, find again."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from napari.utils.notifications import show_info

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.events import Event, Failed, Finished, Stopped, Waiting
from napari_unetseg.gui.parts.dock import Dock, Kind
from napari_unetseg.gui.parts.wording import in_a_dock
from napari_unetseg.gui.run.view import RunView
from napari_unetseg.gui.run.words import (
    Words,
    failure_sentence,
    on_closing,
    taken_sentence,
)
from napari_unetseg.runs import listing, settings
from napari_unetseg.runs.folder import PREVIEWS, STATE
from napari_unetseg.runs.status import status

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from napari.viewer import Viewer

    from napari_unetseg.gui.parts.form import Folded
    from napari_unetseg.gui.run.plan import Plan
    from napari_unetseg.runs.status import RunStatus

OPEN_ONE = "Open one, or try a sample: File > Open Sample > U-Net Segmentation"
_HOW = {"failed": "failed", "interrupted": "was broken off"}


class RunDock(Dock):
    """A form whose question is answered by a run.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose layers are asked about.

    Attributes
    ----------
    job : str
        Kind of the runs, "train" or "segment"; settings are remembered under it.
    words : Words
        What such a run is called.
    run : RunView
        The run that is shown, in the footer.
    """

    job: ClassVar[str]
    words: ClassVar[Words]

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self.run = RunView(self, self.words)
        self.footer.addWidget(self.run)
        self.run.asked.connect(self._start)
        self.run.busy.connect(self._on_busy)
        self.run.heard.connect(self._on_heard)
        self.run.ended.connect(self._on_end)
        self._waits = False  # Whether the run has said so last.
        self._folded: list[Folded] = []
        self.later(self._find_run)

    @abstractmethod
    def check(self) -> object:
        """Refuse a question that cannot be asked; called often, so it reads no pixel.

        Raises
        ------
        UnetsegError
            In a sentence, if something is missing or does not fit.
        """

    @abstractmethod
    def plan(self) -> Plan:
        """The run that is asked for, with the layers as they are now.

        Raises
        ------
        UnetsegError
            As `check`.
        """

    @property
    def stays(self) -> bool:
        """Whether a run goes on when napari is closed."""
        return False

    @abstractmethod
    def values(self) -> dict[str, Any]:
        """Plain values of the settings, to be remembered."""

    @abstractmethod
    def show_result(self, folder: Path, result: dict[str, Any], before: str) -> None:
        """Show what a run has made, with a word before the sentence about it."""

    def tell(self, text: str, kind: Kind = "done", more: str = "") -> None:
        """Say how a run has ended, what it warned of too, wherever the user looks."""
        warnings = " ".join(self.run.warnings)
        kind = "warning" if warnings and kind != "error" else kind
        self.say(f"{text} {warnings}".strip(), kind, more)
        if not self.isVisible():
            show_info(f"{self.words.job}: {in_a_dock(text)}")

    def refresh(self) -> None:
        """Let it be started if it can be; say what is missing if not."""
        if self.run.running:
            return
        try:
            self.check()
        except UnetsegError as error:
            self.run.controls.start.setEnabled(False)
            self.hint(str(error))
        else:
            self.run.controls.start.setEnabled(True)
            self.hint("")

    def fold(self, box: Folded) -> None:
        """Add a form that can be opened."""
        self._folded.append(box)
        self.add_below_form(box)

    def _start(self) -> None:
        other = _running(listing.found(self.job)) if self.words.alone else None
        if other is not None:
            self.say(taken_sentence(self.words, other.name), "error")
            return
        try:
            plan = self.plan()
        except (UnetsegError, OSError) as error:
            self.say(str(error), "error")
            return
        settings.remember(self.job, self.values())
        self.begin(plan, plan.about)

    def begin(self, plan: Plan, of: str) -> None:
        """Start a run; `of` is the name of what it is about."""
        name = f"{self.words.job} of {of} ({on_closing(plan.stays)})"
        self.run.start(plan, name)

    def _on_busy(self, busy: bool) -> None:
        for form in (self.form, *(box.form for box in self._folded)):
            form.lock(busy)

    def _on_heard(self, news: object) -> None:
        """Say what the run waits for, and that it goes on."""
        for event in news if isinstance(news, tuple) else ():
            if isinstance(event, Waiting):
                self.say(f"Waiting for {event.what}.", "warning")
            elif self._waits:
                self.say(" ".join(["Going on.", *self.run.warnings]), "busy")
            self._waits = isinstance(event, Waiting)

    def _on_end(self, folder: Path, end: Event) -> None:
        match end:
            case Finished(result=result):
                listing.tidy(folder, STATE, PREVIEWS)
                self.show_result(folder, result, "")
            # Whoever stops before the first step has made nothing.
            case Stopped(result=result) if result.keys() - {"resumable"}:
                self.show_result(folder, result, "Stopped. ")
            case Stopped():
                self.show_unfinished(folder, "Stopped; what is done is kept.", "done")
            case Failed(message=message):
                self.show_unfinished(folder, message, "error")

    def show_failure(self, error: Exception) -> None:
        """Say why a run could not be begun or followed; a bug keeps its traceback."""
        self.say(failure_sentence(error), "error")
        if not isinstance(error, UnetsegError | OSError):
            raise error

    def show_unfinished(self, folder: Path, text: str, kind: Kind) -> None:
        """Show what a run has left that did not come to its end."""
        self.tell(text, kind)

    def show_run(self, folder: Path) -> None:
        """Show a run that was chosen from a list: watch it, or see what it made.

        Raises
        ------
        RunError
            If the folder holds no run.
        """
        where = status(folder)
        if self.run.running:
            return
        if where.state == "interrupted":
            self._offer(folder, where)
        elif where.state == "running":
            self.run.attach(folder)
        else:
            self.run.attach(folder, "Reading its story…")

    def resume_run(self, folder: Path) -> None:
        """Go on with a run that was chosen from a list."""
        if not self.run.running:
            self.run.offer(folder)
            self.run.go_on()

    def _find_run(self) -> None:
        """Show the newest run: under way, ended unseen, or able to go on."""
        if self.run.running:
            return
        runs = listing.found(self.job)
        under_way = _running(runs)
        if under_way is not None:
            self.run.attach(under_way)
            return
        for folder, where in runs[:1]:
            if where.state == "finished" and not listing.is_seen(folder):
                self.show_result(folder, where.result, "Ended meanwhile. ")
                return
        for folder, where in runs:
            if where.state != "finished" and where.total:
                self._offer(folder, where)
                return

    def _offer(self, folder: Path, where: RunStatus) -> None:
        self.run.offer(folder)
        how = _HOW.get(where.state, "was stopped")
        self.say(
            f"The {self.words.job.lower()} {folder.name} {how} at {where.unit} "
            f"{where.done} of {where.total}. It can go on."
        )

    def _on_theme(self) -> None:
        super()._on_theme()
        self.run.follow(self.viewer.theme)


def _running(runs: Iterable[tuple[Path, RunStatus]]) -> Path | None:
    """The first of some runs that a process works on."""
    return next((folder for folder, where in runs if where.state == "running"), None)
