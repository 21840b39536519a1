"""Scores of a report one below the other, each with its confidence interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QTableWidgetItem

from napari_unetseg.core.evaluate.sentences import TITLES
from napari_unetseg.core.evaluate.uncertain import headline, units_of
from napari_unetseg.gui.report.copying import CopyTable
from napari_unetseg.gui.report.table import as_tall_as_its_rows, number_item, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_unetseg.core.evaluate.intervals import Difference, Interval
    from napari_unetseg.core.evaluate.report import Report

    Row = tuple[str, float | int | str | None, str]

COUNTS = (
    ("true objects", "true_objects"),
    ("predicted objects", "predicted_objects"),
    ("matched (IoU > 0.5)", "matched"),
    ("unmatched true (FN)", "missed"),
    ("unmatched predicted (FP)", "spurious"),
    ("split", "split"),
    ("merged", "merged"),
)
TOLD = {
    "mean IoU": "Mean of the IoU of the classes that occur, from one confusion matrix "
    "over all pixels",
    "mean Dice": "Mean of the Dice coefficient of the classes that occur",
    "pixel error": "Share of the pixels whose class is wrong",
    "SEG": "Cell Tracking Challenge: mean IoU of the true objects with the predicted "
    "one that holds more than half of each; a missed one counts 0",
    "DET": "Cell Tracking Challenge: 1 less what mending the objects costs, by what "
    "drawing all of them costs",
    "F1 (IoU > 0.5)": "2 TP / (2 TP + FP + FN) of objects that match one to one",
    "AP (IoU > 0.5)": "TP / (TP + FP + FN) of objects that match one to one",
    "mean AP (0.5 to 0.95)": "Mean of AP over ten IoU thresholds",
    "panoptic quality": "IoU of the matches by TP + FP / 2 + FN / 2",
    "split": "True objects in which more than half of each of two predicted ones lies",
    "merged": "True objects of which one predicted one holds more than half, and more "
    "than half of another one",
    "V-Rand": "ISBI 2012, 2015: foreground-restricted Rand score after thinning the "
    "borders; 1 is perfect",
    "V-Info": "ISBI 2012, 2015: foreground-restricted information score; 1 is perfect",
    "warping error": "ISBI 2012: wrong pixels that no bending of the borders mends",
}


class MeasureTable(CopyTable):
    """One row per score: its value, and where it lies with 95 % confidence."""

    def __init__(self) -> None:
        super().__init__(0, 3)
        self.setToolTip("Scores of all that was compared, with confidence intervals")
        as_tall_as_its_rows(self)

    def show_report(
        self,
        report: Report,
        spans: Mapping[str, Interval],
        against: Mapping[str, Difference] | None = None,
        other: str = "",
    ) -> None:
        """Replace all rows.

        Parameters
        ----------
        report : Report
            What was found.
        spans : mapping of str to Interval
            As from `uncertain.intervals_of`; empty of fewer than three slices.
        against : mapping of str to Difference, optional
            How another prediction did.
        other : str
            Its name.
        """
        what, units = units_of(report)
        header = f"95 % over {len(units)} {what}" if spans else "95 %"
        why = (
            f"In 95 of 100 draws of the {what} with replacement it lies in between"
            if spans
            else "Three slices or images are needed to tell how far a score varies"
        )
        titles = (
            ("score", "What is measured"),
            ("value", "1 is perfect, but for errors"),
            (header, why),
        )
        for column, (title, tooltip) in enumerate(titles):
            item = QTableWidgetItem(title)
            item.setToolTip(tooltip)
            self.setHorizontalHeaderItem(column, item)
        rows = [*rows_of(report, spans), *rows_against(against or {}, other)]
        self.setRowCount(len(rows))
        for row, (name, value, span) in enumerate(rows):
            first = QTableWidgetItem(name)
            first.setToolTip(TOLD.get(name, name))
            self.setItem(row, 0, first)
            number = number_item(shown(value))
            if value is not None:
                exact = value if isinstance(value, str) else repr(value)
                number.setData(Qt.ItemDataRole.UserRole, exact)
            self.setItem(row, 1, number)
            self.setItem(row, 2, number_item(span))
        self.updateGeometry()


def rows_against(against: Mapping[str, Difference], other: str) -> list[Row]:
    """By how much each score is larger than that of another prediction."""
    if not against:
        return []
    rows: list[Row] = [(f"less those of '{other}'", "", "")]
    for name, one in against.items():
        if name in TITLES:
            span = one.interval
            text = f"{span.low:+.3f} \N{EN DASH} {span.high:+.3f}" if span else ""
            title = f"\N{GREEK CAPITAL LETTER DELTA} {TITLES[name]}"
            rows.append((title, f"{one.first - one.second:+.3f}", text))
    return rows


def rows_of(report: Report, spans: Mapping[str, Interval]) -> list[Row]:
    """Name, value and interval of each score; counts of objects; borders."""
    rows: list[Row] = []
    for name, value in headline(report).items():
        if name in TITLES:
            span = spans.get(name)
            text = f"{span.low:.3f} \N{EN DASH} {span.high:.3f}" if span else ""
            rows.append((TITLES[name], value, text))
    if report.objects is not None:
        counts = report.objects.scores.to_dict()
        rows += [(title, counts[name], "") for title, name in COUNTS]
    for identity, borders in report.boundaries.items():
        what = f"{identity} {report.names.get(identity, '')}".strip()
        rows.append((f"boundary IoU of {what}", borders.iou, ""))
        far = f"Hausdorff 95 of {what} ({report.unit})"
        rows.append((far, borders.hausdorff95, ""))
    return rows
