"""The scores as a table that can be copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
)

from napari_unetseg.core.evaluate import report
from napari_unetseg.gui.report.copying import MISSING, CopyTable, empty_if_missing

if TYPE_CHECKING:
    from collections.abc import Mapping

SWATCH = 10
# Title and explanation of every column.
COLUMNS = (
    ("class", "Label and name of the class, in the colour that it has in the layer"),
    ("IoU", "Intersection over union, TP / (TP + FP + FN), from 0 to 1"),
    ("Dice", "Dice coefficient or F1, 2 TP / (2 TP + FP + FN), from 0 to 1"),
    (
        "prec.",
        "Precision: share of the predicted pixels that are right, TP / (TP + FP)",
    ),
    ("recall", "Recall: share of the true pixels that are found, TP / (TP + FN)"),
    ("pixels", "Pixels that the class has in the truth; in the last row: all compared"),
)


class ReportTable(CopyTable):
    """One row per class, and their mean; as tall as its rows, to be scrolled outside.

    Ctrl-C copies what is selected.
    """

    def __init__(self) -> None:
        super().__init__(0, len(COLUMNS))
        self._rows: list[report.Row] = []
        for column, (title, tooltip) in enumerate(COLUMNS):
            item = QTableWidgetItem(title)
            item.setToolTip(tooltip)
            self.setHorizontalHeaderItem(column, item)
        self.setToolTip("Scores of the last comparison")
        self.setIconSize(QSize(SWATCH, SWATCH))
        as_tall_as_its_rows(self)

    def show_report(self, found: report.Report, colors: Mapping[str, str]) -> None:
        """Replace what is shown.

        Parameters
        ----------
        found : Report
            The scores.
        colors : mapping of str to str
            Colour of each class, "#rrggbb"; those that are not drawn have none.
        """
        self._rows = found.rows()
        self.setRowCount(len(self._rows))
        for place, (identity, name, *scores, pixels) in enumerate(self._rows):
            self.setItem(place, 0, _class_item(identity, name, colors))
            for column, score in enumerate(scores, start=1):
                self.setItem(place, column, number_item(shown(score)))
            self.setItem(place, len(COLUMNS) - 1, _count_item(pixels))
        for column in range(len(COLUMNS)):
            _embolden(self.item(len(self._rows) - 1, column))
        self.updateGeometry()

    def blank(self) -> None:
        """Keep the rows and their names, without numbers."""
        self._rows = []
        for row in range(self.rowCount()):
            for column in range(1, len(COLUMNS)):
                self.setItem(row, column, number_item(MISSING))

    def copy_all(self) -> None:
        """Put the table with its titles on the clipboard, columns apart by tabs.

        Class and name are columns of their own, as in the CSV file.
        """
        texts = [[shown(value) for value in row] for row in self._rows]
        self.to_clipboard(
            [report.COLUMNS, *(map(empty_if_missing, row) for row in texts)]
        )


def as_tall_as_its_rows(table: QTableWidget) -> None:
    """Let a table be read, not edited, and be scrolled with what is around it."""
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    # A name that is too long is cut, and whole in its tooltip.
    table.setWordWrap(False)
    # Tab leaves the table, as it leaves every other widget of the dock.
    table.setTabKeyNavigation(False)
    table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.setSizeAdjustPolicy(QTableWidget.SizeAdjustPolicy.AdjustToContents)
    table.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    down, across = table.verticalHeader(), table.horizontalHeader()
    assert down is not None
    assert across is not None
    down.hide()
    down.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    across.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    across.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    across.setHighlightSections(False)


def shown(value: str | float | None) -> str:
    """Text of a value: scores with 3 decimals, counts and words as they are."""
    if value is None:
        return MISSING
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _class_item(
    identity: str, name: str, colors: Mapping[str, str]
) -> QTableWidgetItem:
    text = f"{identity} {name}".strip()
    item = QTableWidgetItem(text)
    item.setToolTip(text)
    # Without a colour there is a gap, so that all words begin below one another.
    color = QColor(colors.get(identity, "transparent"))
    item.setData(Qt.ItemDataRole.DecorationRole, color)
    return item


def short(count: int) -> str:
    """Text of a count that leaves the room to the names, as in "1.83 M"."""
    if count < 10_000:
        return str(count)
    power = min((len(str(count)) - 1) // 3, 3)
    return f"{count / 1000**power:.3g} {' kMG'[power]}"


def number_item(text: str) -> QTableWidgetItem:
    """A cell with a number, at the right."""
    item = QTableWidgetItem(text)
    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return item


def _count_item(count: int) -> QTableWidgetItem:
    item = number_item(short(count))
    item.setToolTip(f"{count:,} pixels")
    item.setData(Qt.ItemDataRole.UserRole, str(count))
    return item


def _embolden(item: QTableWidgetItem | None) -> None:
    if item is not None:
        font = item.font()
        font.setBold(True)
        item.setFont(font)
