"""The scores of the slice in view, above those of all slices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from napari_unetseg.gui.report.table import ReportTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_unetseg.core.evaluate.report import Report

# Room for the longest sentence, so that nothing below moves when another is said.
LINES = 2


class LiveScores(QWidget):
    """A caption that names the slice, over its scores per class.

    A class that was seen once keeps its row, so that rows do not come and go with the
    slices.

    Attributes
    ----------
    caption : QLabel
        Which slice, and its mean IoU; or why there are no scores.
    table : ReportTable
        The scores.
    seen : set of int
        The classes that have a row.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[int] = set()
        self.caption = QLabel()
        self.caption.setWordWrap(True)
        self.caption.setTextFormat(Qt.TextFormat.PlainText)
        self.caption.setAlignment(Qt.AlignmentFlag.AlignBottom)
        self.caption.setToolTip("The slice in view, and its mean IoU")
        self.caption.setSizePolicy(
            QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum
        )
        self.caption.setMinimumHeight(LINES * self.caption.fontMetrics().lineSpacing())
        self.table = ReportTable()
        self.table.setToolTip("Scores of the slice in view")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.caption)
        layout.addWidget(self.table)

    def forget(self) -> None:
        """Begin anew, with other layers."""
        self.seen.clear()
        self.table.setRowCount(0)
        self.table.updateGeometry()

    def show_scores(
        self, plane: str, report: Report, colors: Mapping[str, str]
    ) -> None:
        """Replace what is shown.

        Parameters
        ----------
        plane : str
            Which slice, as in "Z 14"; "" for the only one.
        report : Report
            Its scores.
        colors : mapping of str to str
            Colour of each class, "#rrggbb"; those that are not drawn have none.
        """
        self.seen.update(report.overlap.ids)
        mean = report.overlap.mean_iou
        slice_ = f"Slice {plane}" if plane else "The only slice"
        self.caption.setText(
            f"{slice_}, live" + ("" if mean is None else f": mean IoU {mean:.3f}")
        )
        self.table.show_report(report, colors)

    def show_reason(self, sentence: str) -> None:
        """Say why there are no scores; the rows stay, without numbers."""
        self.caption.setText(sentence)
        self.table.blank()
