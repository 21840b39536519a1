"""A table whose cells can be copied into a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from qtpy.QtWidgets import QTableWidget

if TYPE_CHECKING:
    from collections.abc import Iterable

MISSING = "\N{EN DASH}"


class CopyTable(QTableWidget):
    """Ctrl-C copies what is selected, columns apart by tabs."""

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Copy on Ctrl-C."""
        if event is not None and event.matches(QKeySequence.StandardKey.Copy):
            self.copy_selected()
            event.accept()
            return
        super().keyPressEvent(event)

    def copy_selected(self) -> None:
        """Put the selected cells on the clipboard; the whole table if there is none."""
        chosen = sorted((i.row(), i.column()) for i in self.selectedIndexes())
        if not chosen:
            self.copy_all()
            return
        self.to_clipboard(
            [self.text(row, column) for r, column in chosen if r == row]
            for row in sorted({row for row, _ in chosen})
        )

    def copy_all(self) -> None:
        """Put all rows, as they are sorted, and their titles on the clipboard."""
        columns = range(self.columnCount())
        cells = ([self.text(r, c) for c in columns] for r in range(self.rowCount()))
        self.to_clipboard([[self._title(column) for column in columns], *cells])

    def _title(self, column: int) -> str:
        item = self.horizontalHeaderItem(column)
        return item.text() if item is not None else ""

    def text(self, row: int, column: int) -> str:
        """What is copied of a cell: all digits of a number that is shown shorter."""
        item = self.item(row, column)
        if item is None:
            return ""
        exact = item.data(Qt.ItemDataRole.UserRole)
        return empty_if_missing(exact or item.text())

    def to_clipboard(self, rows: Iterable[Iterable[str]]) -> None:
        """Put rows of cells on the clipboard."""
        clipboard = QGuiApplication.clipboard()
        assert clipboard is not None
        clipboard.setText("\n".join("\t".join(row) for row in rows))


def empty_if_missing(text: str) -> str:
    """What a spreadsheet takes for a missing number."""
    return "" if text == MISSING else text
