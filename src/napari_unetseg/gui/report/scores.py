"""The scores in the report dock: what was compared, the table, and a summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QGraphicsOpacityEffect,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_unetseg.gui.parts.looks import faintness
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
    table : ReportTable
        The scores.
    current : bool
        Whether they answer what the dock asks now.
    """

    def __init__(self, theme: str) -> None:
        super().__init__()
        self.current = False
        self._compared = ""
        self.caption = _text("Prediction and truth that were compared")
        self.table = ReportTable()
        self.summary = _text("Share of wrong pixels, and what was not counted")
        numbers = QWidget()
        inside = QVBoxLayout(numbers)
        inside.setContentsMargins(0, 0, 0, 0)
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
        self.table.show_report(answer.report, colors)
        self.summary.setText(in_words(answer))
        self.set_current(True)

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
