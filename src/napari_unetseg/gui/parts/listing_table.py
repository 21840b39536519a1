"""Files or folders as a table: one is chosen, by mouse or by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
)

from napari_unetseg.gui.parts.listed import Listed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_unetseg.gui.parts.listed import Column


One = TypeVar("One", bound=Listed)


class ListingTable(QTableWidget, Generic[One]):
    """One row per file or folder; the first column takes the room that there is.

    What is chosen stays chosen when the rows are read anew.

    Parameters
    ----------
    columns : sequence of Column
        From left to right.
    name, tooltip : str
        What it lists, for those who hear it, and for those who see it.
    """

    def __init__(self, columns: Sequence[Column], name: str, tooltip: str) -> None:
        super().__init__(0, len(columns))
        self._columns = columns
        self.rows: Sequence[One] = ()
        for place, column in enumerate(columns):
            item = QTableWidgetItem(column.title)
            item.setToolTip(column.tooltip)
            self.setHorizontalHeaderItem(place, item)
        self.setToolTip(tooltip)
        self.setAccessibleName(name)
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
    def chosen(self) -> One | None:
        """What is chosen."""
        place = self.currentRow()
        return self.rows[place] if 0 <= place < len(self.rows) else None

    def show_rows(self, rows: Sequence[One], choose: Path | None = None) -> None:
        """Replace what is shown.

        Parameters
        ----------
        rows : sequence of Listed
            From top to bottom.
        choose : Path, optional
            What is to be chosen; by default what was chosen before, or the first.
        """
        if choose is None and self.chosen is not None:
            choose = self.chosen.path
        self.blockSignals(True)
        self.rows = rows
        self.setRowCount(len(rows))
        for place, row in enumerate(rows):
            self._fill(place, row)
        paths = [row.path for row in rows]
        at = paths.index(choose) if choose in paths else 0
        self.setCurrentCell(at if rows else -1, 0)
        self.blockSignals(False)
        self.itemSelectionChanged.emit()

    def show_row(self, place: int, row: One) -> None:
        """Replace one of the rows."""
        self.rows = [*self.rows[:place], row, *self.rows[place + 1 :]]
        self._fill(place, row)

    def _fill(self, place: int, row: One) -> None:
        for column, cell in enumerate(row.cells()):
            item = self.item(place, column)
            if item is None:
                item = QTableWidgetItem()
                self.setItem(place, column, item)
                if self._columns[column].is_right:
                    item.setTextAlignment(
                        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    )
            item.setText(cell.text)
            item.setToolTip(cell.tooltip or cell.text)
            item.setIcon(_icon(cell.picture))


def _icon(picture: Path | None) -> QIcon:
    """A picture that has its own colours in a chosen row too."""
    icon = QIcon()
    if picture is not None:
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
            icon.addFile(str(picture), QSize(), mode)
    return icon
