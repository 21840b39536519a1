"""The IoU report dock: two labels layers become a table of scores."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QSize

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.gui.parts import sources
from napari_unetseg.gui.parts.choices import follow_layers
from napari_unetseg.gui.parts.dock import HEIGHT, Dock
from napari_unetseg.gui.parts.worker import Worker, start_worker
from napari_unetseg.gui.report import correct, errors_row
from napari_unetseg.gui.report.buttons import ReportButtons
from napari_unetseg.gui.report.correct import Correcting
from napari_unetseg.gui.report.deciding import Deciding
from napari_unetseg.gui.report.evidence import evidence
from napari_unetseg.gui.report.fields import Fields
from napari_unetseg.gui.report.guide import Guide
from napari_unetseg.gui.report.looks import widen
from napari_unetseg.gui.report.pair import Pair
from napari_unetseg.gui.report.question import (
    Answer,
    Comparison,
    Terms,
    ask,
    compare,
)
from napari_unetseg.gui.report.rival import RivalBox
from napari_unetseg.gui.report.saving import ask_where, saved
from napari_unetseg.gui.report.scores import Scores
from napari_unetseg.gui.report.watch import Watch
from napari_unetseg.gui.report.words import outcome

if TYPE_CHECKING:
    from napari.layers import Labels
    from napari.viewer import Viewer

    from napari_unetseg.core.evaluate.report import Report

# Room for all columns of the table.
WIDTH = 420


class ReportDock(Dock):
    """Compare two labels layers: IoU, Dice, precision and recall per class.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        Whose layers are compared.

    Attributes
    ----------
    report : Report or None
        The scores in the table.
    scores : Scores
        The table, and what is said about it.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer)
        self.report: Report | None = None
        self._worker: Worker | None = None
        self._saving: Worker | None = None
        self._answer: Answer | None = None
        self._answered: Comparison | None = None
        self._asked: Comparison | None = None
        self._outdated = False
        self.pair = Pair(napari_viewer, self._on_change)
        self.prediction, self.truth = self.pair.prediction, self.pair.truth
        self.rival = RivalBox(napari_viewer, self.pair)
        self.form.extend([self.prediction, self.truth, self.rival])
        self.rival.changed.connect(lambda _: self._on_change())
        self.fields = Fields(self.form)
        self.ignore, self.kind = self.fields.ignore, self.fields.kind
        self.correcting = Correcting(self, self.pair.layers, self.fields.terms)
        self.form.add_row("Live", correct.TOOLTIP, self.correcting.box)
        self.form.add_row("Errors of", errors_row.TOOLTIP, self.correcting.row)
        self.add_below_form(self.correcting.scores)
        self.scores = Scores(self.viewer.theme)
        self.scores.hide()
        self.add_below_form(self.scores)
        self.guide = Guide(self)
        self.scores.add(self.guide.by)
        self.scores.add(self.guide.table)
        self.deciding = Deciding(self)
        self.scores.add(self.deciding.folded)
        self.buttons = ReportButtons(
            compare=self.compare, cancel=self.cancel, copy=self.copy, save=self.save
        )
        self.footer.addWidget(self.buttons)
        self.fields.on_change(self._on_change)
        self._watch = Watch(self)
        self._watch.changed.connect(self._outdate)
        follow_layers(napari_viewer, self, self._on_layers)
        self._on_layers()
        self.later(lambda: widen(self, WIDTH))

    def sizeHint(self) -> QSize:
        """Size that napari gives the dock when it opens it."""
        return QSize(WIDTH, HEIGHT)

    # -- what is asked ------------------------------------------------------------

    def question(self) -> Comparison:
        """The comparison that is asked for, of the layers as they are now.

        Raises
        ------
        InputError
            In a sentence, if something is missing or does not fit.
        """
        prediction, truth = self.pair.layers()
        return replace(
            ask(prediction, truth, *self.fields.terms()),
            borders=self.fields.borders.isChecked(),
            evidence=evidence(prediction, self.viewer.layers),
            rival=self.rival.placed(),
        )

    # -- what happens -------------------------------------------------------------

    def compare(self) -> None:
        """Compare beside the window; the table changes when all is counted."""
        if self._worker is not None:
            return
        try:
            question = self.question()
        except UnetsegError as error:
            self.say(str(error), "error")
            return
        prediction, truth = self.prediction.value, self.truth.value
        self._outdate()
        self._asked, self._outdated = question, False
        rival = self.rival.layer
        self._watch.at(prediction, truth, *([] if rival is None else [rival]))
        self._worker = start_worker(
            compare(question),
            owner=self,
            name=f"Comparison with {truth.name}",
            on_event=lambda share: self._hear(question, share),
            on_return=lambda answer: self._show(question, answer, prediction, truth),
            on_error=lambda error: self._fail(question, error),
        )
        self.say("Comparing…", "busy")
        self._show_state()

    def cancel(self) -> None:
        """Stop comparing; the table stays as it is."""
        if self._worker is not None:
            self._worker.quit()
            self._over()
            self.say("Cancelled.")
            self._refresh()

    def copy(self) -> None:
        """Put the table on the clipboard."""
        assert self.report is not None
        of_classes = self.report.task == "classes"
        (self.scores.table if of_classes else self.scores.measures).copy_all()
        self.say("The table is on the clipboard.", "done")

    def save(self) -> None:
        """Ask for a file and write the report to it, beside the window."""
        if self._answer is None or self._answered is None:
            return
        where = ask_where(self._answer.report, self)
        if where is None:
            return
        path, overwrite = where
        self._saving = start_worker(
            saved(self._answer, self._answered, path, overwrite=overwrite),
            owner=self,
            name=f"Saving of {path.name}",
            on_event=lambda _: None,
            on_return=lambda path: self.say(f"Saved {path}", "done"),
            on_error=self._tell_error,
        )

    def _hear(self, question: Comparison, share: float) -> None:
        if question is self._asked:
            self.buttons.progress.setValue(int(100 * share))

    def _show(
        self, question: Comparison, answer: Answer, prediction: Labels, truth: Labels
    ) -> None:
        if question is not self._asked:
            return
        self.report, self._answer, self._answered = answer.report, answer, question
        ids = answer.report.overlap.ids
        self.scores.show_answer(answer, sources.class_colors(truth, ids))
        self.scores.set_current(not self._outdated)
        if not self._outdated:
            self.correcting.found(ids)
        self.scores.show()
        self.deciding.show_answer(answer.report, question.evidence)
        terms = Terms(question.ignore, question.kind, question.identity)
        self.guide.show_answer(answer, prediction, truth, terms)
        self.reveal(self.scores)
        self.say(outcome(answer), "done")
        self._over()
        self._refresh()

    def _fail(self, question: Comparison, error: Exception) -> None:
        if question is not self._asked:
            return
        self._over()
        self._tell_error(error)

    def _tell_error(self, error: Exception) -> None:
        if isinstance(error, UnetsegError | OSError):
            self.say(str(error), "error")
            return
        self.say(
            f"An unexpected error ended this ({type(error).__name__}: {error}).",
            "error",
        )
        raise error

    def _over(self) -> None:
        self._worker = self._asked = None
        self._show_state()

    def _on_theme(self) -> None:
        super()._on_theme()
        self.scores.follow(self.viewer.theme)
        self.deciding.view.follow(self.viewer.theme)

    def _on_layers(self) -> None:
        if self.pair.choose():
            self._outdate()
        self._offer_rivals()
        self.correcting.touch()
        self._refresh()

    def _outdate(self) -> None:
        """Note that what is compared, or was, is not what would be compared now."""
        self._outdated = True
        if self.scores.current:
            self.scores.set_current(False)
            if self._worker is None:
                self.say("")

    def _on_change(self) -> None:
        """Take back what was said of another question."""
        self._offer_rivals()
        self.fields.show()
        self._outdate()
        self.correcting.touch()
        if self._worker is None:
            self.say("")
        self._refresh()

    def _offer_rivals(self) -> None:
        """Offer the layers that are neither prediction nor truth, if there are any."""
        with self.rival.changed.blocked():
            self.rival.reset_choices()
        self.form.show_row(self.rival.native, self.rival.has_any)

    def _refresh(self) -> None:
        """Say what is missing."""
        if self._worker is not None:
            return
        try:
            self.pair.layers()
            self.fields.terms()
        except UnetsegError as error:
            self.buttons.compare.setEnabled(False)
            self.hint(str(error))
        else:
            self.buttons.compare.setEnabled(True)
            self.hint("")

    def _show_state(self) -> None:
        self.buttons.show_state(
            running=self._worker is not None, has_report=self.report is not None
        )
