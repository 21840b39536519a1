"""The runs as a table: one is chosen, by mouse or by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
)

from napari_unetseg.gui.runs.rows import JOBS, size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.gui.runs.rows import Row

COLUMNS = (
    ("run", "Image that it is about; the folder's name is in the tooltip"),
    ("job", "Training or segmentation"),
    ("state", "How far it is, or how it ended"),
    ("size", "What its folder takes on the disk, copies of layers included"),
)


class RunsTable(QTableWidget):
    """One row per run, the newest first.

    What is chosen stays chosen when the rows are read anew.
    """

    def __init__(self) -> None:
        super().__init__(0, len(COLUMNS))
        self.rows: Sequence[Row] = ()
        for column, (title, tooltip) in enumerate(COLUMNS):
            item = QTableWidgetItem(title)
            item.setToolTip(tooltip)
            self.setHorizontalHeaderItem(column, item)
        self.setToolTip("Trainings and segmentations that were started from the docks")
        self.setAccessibleName("Runs")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setWordWrap(False)
        # Tab leaves the table, as it leaves every other widget of a dock.
        self.setTabKeyNavigation(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        down, across = self.verticalHeader(), self.horizontalHeader()
        assert down is not None
        assert across is not None
        down.hide()
        across.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        across.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        across.setHighlightSections(False)

    @property
    def chosen(self) -> Row | None:
        """The run that is chosen."""
        place = self.currentRow()
        return self.rows[place] if 0 <= place < len(self.rows) else None

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Replace what is shown."""
        before = self.chosen
        self.blockSignals(True)
        self.rows = rows
        self.setRowCount(len(rows))
        for place, row in enumerate(rows):
            self._fill(place, row)
        folders = [row.folder for row in rows]
        again = before is not None and before.folder in folders
        at = folders.index(before.folder) if again and before else 0
        self.setCurrentCell(at if rows else -1, 0)
        self.blockSignals(False)
        self.itemSelectionChanged.emit()

    def show_row(self, place: int, row: Row) -> None:
        """Replace one of the rows."""
        self.rows = [*self.rows[:place], row, *self.rows[place + 1 :]]
        self._fill(place, row)

    def _fill(self, place: int, row: Row) -> None:
        texts = (row.name, JOBS[row.where.job], row.state, size_text(row.bytes))
        tooltips = (
            row.folder.name,
            row.time,
            row.where.message,
            f"{row.bytes:,} bytes",
        )
        for column, (text, tooltip) in enumerate(zip(texts, tooltips, strict=True)):
            item = self.item(place, column)
            if item is None:
                item = QTableWidgetItem()
                self.setItem(place, column, item)
                if column == len(COLUMNS) - 1:
                    item.setTextAlignment(
                        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    )
            item.setText(text)
            item.setToolTip(tooltip or text)
