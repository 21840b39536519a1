"""The IoU report dock: two labels layers become a table of scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magicgui.widgets import ComboBox, LineEdit
from qtpy.QtCore import QSize

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.gui.parts import sources
from napari_unetseg.gui.parts.choices import follow_layers
from napari_unetseg.gui.parts.dock import HEIGHT, Dock
from napari_unetseg.gui.parts.worker import Worker, start_worker
from napari_unetseg.gui.report import correct, errors_row
from napari_unetseg.gui.report.buttons import ReportButtons
from napari_unetseg.gui.report.correct import Correcting
from napari_unetseg.gui.report.guide import Guide
from napari_unetseg.gui.report.looks import widen
from napari_unetseg.gui.report.pair import Pair
from napari_unetseg.gui.report.question import (
    KINDS,
    Answer,
    Comparison,
    Terms,
    ask,
    compare,
    ids_in,
)
from napari_unetseg.gui.report.saving import save_table
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
        self._asked: Comparison | None = None
        self._outdated = False
        self.pair = Pair(napari_viewer, self._on_change)
        self.prediction, self.truth = self.pair.prediction, self.pair.truth
        self.ignore = LineEdit(
            name="ignore",
            label="Not annotated",
            tooltip="Labels whose pixels do not count, in either layer, as in 0 or "
            "0, 255. Empty if every pixel counts.",
        )
        self.ignore.native.setPlaceholderText("e.g. 0, 255; empty: all count")
        self.kind = ComboBox(
            name="kind",
            label="Ids are",
            choices=KINDS,
            tooltip="What a label stands for: a class, or an object of its own, which "
            "goes through the slices or not. Of objects, SEG and F1 are told, and "
            "which were missed, split or merged.",
        )
        self.form.extend([self.prediction, self.truth, self.ignore, self.kind])
        self.correcting = Correcting(self, self.pair.layers, self._terms)
        self.form.add_row("Live", correct.TOOLTIP, self.correcting.box)
        self.form.add_row("Errors of", errors_row.TOOLTIP, self.correcting.row)
        self.add_below_form(self.correcting.scores)
        self.scores = Scores(self.viewer.theme)
        self.scores.hide()
        self.add_below_form(self.scores)
        self.guide = Guide(self)
        self.scores.add(self.guide.table)
        self.buttons = ReportButtons(
            compare=self.compare, cancel=self.cancel, copy=self.copy, save=self.save
        )
        self.footer.addWidget(self.buttons)
        self.ignore.changed.connect(self._on_change)
        self.kind.changed.connect(self._on_change)
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
        return ask(*self.pair.layers(), *self._terms())

    def _terms(self) -> Terms:
        return Terms(ids_in(self.ignore.value), self.kind.value)

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
        self._watch.at(prediction, truth)
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
        self.scores.table.copy_all()
        self.say("The table is on the clipboard.", "done")

    def save(self) -> None:
        """Ask for a file and write the table to it."""
        if self.report is None:
            return
        try:
            path = save_table(self.report, self)
        except (UnetsegError, OSError) as error:
            self.say(str(error), "error")
        else:
            if path is not None:
                self.say(f"Saved {path}", "done")

    def _hear(self, question: Comparison, share: float) -> None:
        if question is self._asked:
            self.buttons.progress.setValue(int(100 * share))

    def _show(
        self, question: Comparison, answer: Answer, prediction: Labels, truth: Labels
    ) -> None:
        if question is not self._asked:
            return
        self.report = answer.report
        ids = answer.report.overlap.ids
        self.scores.show_answer(answer, sources.class_colors(truth, ids))
        self.scores.set_current(not self._outdated)
        if not self._outdated:
            self.correcting.found(ids)
        self.scores.show()
        terms = Terms(question.ignore, question.kind)
        self.guide.show_answer(answer, prediction, truth, terms)
        self.reveal(self.scores)
        self.say(outcome(answer), "done")
        self._over()
        self._refresh()

    def _fail(self, question: Comparison, error: Exception) -> None:
        if question is not self._asked:
            return
        self._over()
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

    def _on_layers(self) -> None:
        if self.pair.choose():
            self._outdate()
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
        self._outdate()
        self.correcting.touch()
        if self._worker is None:
            self.say("")
        self._refresh()

    def _refresh(self) -> None:
        """Say what is missing."""
        if self._worker is not None:
            return
        try:
            self.pair.layers()
            ids_in(self.ignore.value)
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
