"""The scores in the report dock: what was compared, the table, and a summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import (
    QComboBox,
    QGraphicsOpacityEffect,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_unetseg.core.evaluate.seen import WORDS
from napari_unetseg.core.evaluate.sentences import ORDER, lead
from napari_unetseg.gui.parts.cut import cut_in_the_middle
from napari_unetseg.gui.parts.looks import faintness
from napari_unetseg.gui.report.measures import MeasureTable
from napari_unetseg.gui.report.table import ReportTable
from napari_unetseg.gui.report.words import compared, in_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_unetseg.gui.report.question import Answer


class Scores(QWidget):
    """A table under a caption and over a summary; dimmed once it is out of date.

    Parameters
    ----------
    theme : str
        Name of napari's theme.

    Attributes
    ----------
    caption, summary : QLabel
        Which layers were compared; how many pixels are wrong, and what was left out.
    lead : QLabel
        Whether the scores can be believed: the first line.
    pixels : QComboBox
        Of which pixels the tables are, where uses of pixels are known.
    measures : MeasureTable
        All scores, with intervals.
    table : ReportTable
        The scores of classes.
    current : bool
        Whether they answer what the dock asks now.
    """

    def __init__(self, theme: str) -> None:
        super().__init__()
        self.current = False
        self._compared = ""
        self.caption = _text("Prediction and truth that were compared")
        self.lead = _text("Whether these pixels taught or chose the model")
        self.pixels = QComboBox()
        self.pixels.setToolTip(
            "Which pixels the tables below are of: only those that the model has never "
            "seen tell how good it is on others"
        )
        self.pixels.setAccessibleName("Scores of")
        cut_in_the_middle(self.pixels)
        self.measures = MeasureTable()
        self.table = ReportTable()
        self.summary = _text("Share of wrong pixels, and what was not counted")
        numbers = QWidget()
        inside = QVBoxLayout(numbers)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.lead)
        inside.addWidget(self.pixels)
        inside.addWidget(self.measures)
        inside.addWidget(self.table)
        inside.addWidget(self.summary)
        self._inside = inside
        self._veil = QGraphicsOpacityEffect(numbers)
        self.follow(theme)
        self._veil.setEnabled(False)
        numbers.setGraphicsEffect(self._veil)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.caption)
        layout.addWidget(numbers)
        self._answer: Answer | None = None
        self._colors: Mapping[str, str] = {}
        self.pixels.currentIndexChanged.connect(lambda _: self._draw())

    def add(self, widget: QWidget) -> None:
        """Put what is dimmed together with the numbers below them."""
        self._inside.addWidget(widget)

    def follow(self, theme: str) -> None:
        """Dim what is out of date so that it can be read in a napari theme."""
        self._veil.setOpacity(faintness(theme))

    def show_answer(self, answer: Answer, colors: Mapping[str, str]) -> None:
        """Replace what is shown; it is current.

        Parameters
        ----------
        answer : Answer
            The scores, and how pixels were matched.
        colors : mapping of str to str
            Colour of each class, "#rrggbb"; those that are not drawn have none.
        """
        self._compared = compared(answer.report)
        self._answer, self._colors = answer, colors
        report = answer.report
        self.lead.setText(lead(report))
        parts = [name for name in ORDER if name in report.parts]
        several = len(parts) > 1
        with QSignalBlocker(self.pixels):
            self.pixels.clear()
            # What is unseen comes first, and is what is shown.
            for name in parts if several else ():
                self.pixels.addItem(f"Scores of {WORDS[name]}", name)
            self.pixels.addItem("Scores of all pixels", "")
        self.pixels.setVisible(several)
        self._draw()
        self.set_current(True)

    def _draw(self) -> None:
        """Fill the tables with the scores of the chosen pixels."""
        if self._answer is None or self.pixels.currentIndex() < 0:
            return
        name = self.pixels.currentData()
        report = self._answer.report
        shown = report.parts[name] if name else report
        self.measures.show_report(
            shown,
            self._answer.spans.get(name, {}),
            self._answer.against.get(name),
            self._answer.rival,
        )
        self.table.show_report(shown, self._colors)
        self.summary.setText(in_words(self._answer, shown))

    def set_current(self, current: bool) -> None:
        """Say whether these are the scores that the dock asks for now."""
        self.current = current
        self.caption.setText(
            self._compared
            if current
            else f"Scores of the earlier comparison: {self._compared}. "
            "Press Compare for new ones."
        )
        self._veil.setEnabled(not current)


def _text(tooltip: str) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setToolTip(tooltip)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return label
