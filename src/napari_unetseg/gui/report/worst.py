"""The worst slices or objects as a table; a click goes there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSizePolicy,
    QTableWidgetItem,
)

from napari_unetseg.gui.report import listed
from napari_unetseg.gui.report.copying import CopyTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.gui.report.listed import Cells, Place
    from napari_unetseg.gui.report.question import Answer

    By = Literal["objects", "slices"]

# Rows that are seen at once; the others are scrolled to.
SEEN = 6
SLICES = (
    ("#", "Place in the order, the worst first"),
    ("slice", "Click, or press Enter, to go to its largest error"),
    ("IoU", "Mean IoU of the classes in the slice, from 0 to 1"),
    ("worst class", "Class with the smallest IoU in the slice, and that IoU"),
    ("wrong", "Pixels of the slice whose class is wrong"),
)
FRAMES = (
    SLICES[0],
    ("slice", "Click, or press Enter, to go there"),
    ("F1", "Of the objects in it, at IoU > 0.5"),
    ("SEG, DET", "Of the objects in it, as in the Cell Tracking Challenge"),
    ("objects", "True objects in it"),
)
NEURITES = (
    SLICES[0],
    SLICES[1],
    ("V-Rand", "At the threshold that is best for the slice"),
    ("V-Info", "At the threshold that is best for the slice"),
    ("wrong", "Share of the pixels that are wrong"),
)
OBJECTS = (
    ("#", "Place in the order, the worst first"),
    (
        "object",
        "Id in the truth, of spurious ones in the prediction. Click, or press "
        "Enter, to go there",
    ),
    ("is", "found, missed, split, merged with another one, or spurious"),
    ("IoU", "The largest with an object of the other layer, from 0 to 1"),
    ("pixels", "Annotated pixels of the object"),
)


class WorstTable(CopyTable):
    """One row per slice or object, the worst first; sorted by a click on a title.

    Attributes
    ----------
    chosen : Signal
        With the `Place` of the row that was clicked, or on which Enter was pressed.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__(0, len(SLICES))
        self.setToolTip("Where it is worst; click, or press Enter, to go there")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        down, across = self.verticalHeader(), self.horizontalHeader()
        assert down is not None
        assert across is not None
        down.hide()
        across.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        across.setHighlightSections(False)
        self.cellClicked.connect(lambda row, _: self._choose(row))

    def show_answer(self, answer: Answer, by: By = "objects") -> None:
        """Replace all rows by those of a comparison.

        Parameters
        ----------
        answer : Answer
            What was found.
        by : {"objects", "slices"}
            Of objects: what is listed.
        """
        if answer.report.neurites is not None:
            self._fill(NEURITES, *listed.neurites(answer))
            self._stretch("slice")
        elif answer.objects is None:
            self._fill(SLICES, *listed.slices(answer))
            self._stretch("worst class")
        elif by == "slices":
            self._fill(FRAMES, *listed.frames(answer))
            self._stretch("SEG, DET")
        else:
            self._fill(OBJECTS, *listed.objects(answer))
            self._stretch("is")

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Go to the current row on Enter."""
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event is not None and event.key() in keys and self.currentRow() >= 0:
            self._choose(self.currentRow())
            event.accept()
            return
        super().keyPressEvent(event)

    def _choose(self, row: int) -> None:
        item = self.item(row, 0)
        if item is not None:
            self.chosen.emit(item.data(Qt.ItemDataRole.UserRole + 1))

    def _fill(
        self,
        titles: Sequence[tuple[str, str]],
        rows: Sequence[Cells],
        places: Sequence[Place],
    ) -> None:
        self.setSortingEnabled(False)
        self.setRowCount(len(rows))
        for column, (title, tooltip) in enumerate(titles):
            header = QTableWidgetItem(title)
            header.setToolTip(tooltip)
            self.setHorizontalHeaderItem(column, header)
        for row, (cells, place) in enumerate(zip(rows, places, strict=True)):
            for column, value in enumerate((row + 1, *cells)):
                self.setItem(row, column, _Cell(value))
            first = self.item(row, 0)
            assert first is not None
            first.setData(Qt.ItemDataRole.UserRole + 1, place)
        self.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        self._fit(len(rows))

    def _stretch(self, title: str) -> None:
        """Give the room that is left to the column with words."""
        across = self.horizontalHeader()
        assert across is not None
        for column in range(self.columnCount()):
            wide = self._title(column) == title
            modes = QHeaderView.ResizeMode
            mode = modes.Stretch if wide else modes.ResizeToContents
            across.setSectionResizeMode(column, mode)

    def _fit(self, rows: int) -> None:
        """Be as high as the rows that are seen at once."""
        down, across = self.verticalHeader(), self.horizontalHeader()
        assert down is not None
        assert across is not None
        height = self.sizeHintForRow(0) if rows else 0
        down.setDefaultSectionSize(max(height, down.minimumSectionSize()))
        inside = min(rows, SEEN) * down.defaultSectionSize()
        self.setFixedHeight(inside + across.sizeHint().height() + 2 * self.frameWidth())
        self.scrollToTop()


class _Cell(QTableWidgetItem):
    """A text, or a number that is sorted as one."""

    def __init__(self, value: str | int | float) -> None:
        text = f"{value:.3f}" if isinstance(value, float) else str(value)
        super().__init__(text)
        self._value = value
        if not isinstance(value, str):
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            self.setTextAlignment(side)

    def __lt__(self, other: Any) -> bool:
        """Whether it comes before another one of its column."""
        return bool(_order(self._value) < _order(other._value))


def _order(value: str | int | float) -> list[tuple[bool, str | float]]:
    """What a value is sorted by: the numbers in a text count as numbers."""
    words = value.replace(",", " ").split() if isinstance(value, str) else [value]
    found: list[tuple[bool, str | float]] = []
    for word in words:
        number = not isinstance(word, str) or word.isdecimal()
        found.append((number, float(word) if number else word))
    return found
