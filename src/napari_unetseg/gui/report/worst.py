"""The worst slices or objects as a table; a click goes there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSizePolicy,
    QTableWidgetItem,
)

from napari_unetseg.core.evaluate.worst import worst_planes
from napari_unetseg.gui.report.copying import CopyTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.gui.report.question import Answer

    Corner = tuple[int, ...]
    Cells = tuple[str | int | float, ...]

# Rows that are seen at once; the others are scrolled to.
SEEN = 6
# More rows than anybody goes through.
MOST = 1000
SLICES = (
    ("#", "Place in the order, the worst first"),
    ("slice", "Click, or press Enter, to go to its largest error"),
    ("IoU", "Mean IoU of the classes in the slice, from 0 to 1"),
    ("worst class", "Class with the smallest IoU in the slice, and that IoU"),
    ("wrong", "Pixels of the slice whose class is wrong"),
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


@dataclass(frozen=True, eq=False)
class Place:
    """Where a row leads to, as a box of the truth.

    Attributes
    ----------
    start, stop : tuple of int
        The first pixel along every axis of the truth, and the first behind it.
    exact : bool
        Whether it is the thing itself; else a slice, in which one has to look for it.
    """

    start: Corner
    stop: Corner
    exact: bool


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

    def show_answer(self, answer: Answer) -> None:
        """Replace all rows by those of a comparison."""
        if answer.objects is None:
            self._fill(SLICES, *_slices(answer))
            self._stretch("worst class")
        else:
            self._fill(OBJECTS, *_objects(answer))
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


def _slices(answer: Answer) -> tuple[list[Cells], list[Place]]:
    report = answer.report
    rows: list[Cells] = []
    places = []
    for plane in worst_planes(report)[:MOST]:
        named = zip(report.plane_axes, plane.place, strict=True)
        name = ", ".join(f"{axis} {i}" for axis, i in named) or "the only one"
        identity = plane.worst_class
        worst = f"{identity} {report.names.get(identity, '')}".strip()
        rows.append(
            (name, plane.mean_iou, f"{worst}: {plane.worst_iou:.3f}", plane.wrong)
        )
        places.append(_of_plane(answer, plane.place))
    return rows, places


def _of_plane(answer: Answer, index: Corner) -> Place:
    """A plane as a box: all of it, without what lies before the compared pixels."""
    assert answer.truth is not None
    image = answer.truth.image
    numbers = dict(zip(image.plane_axes, index, strict=True))
    start, stop = [], []
    for axis, first, length in zip(image.axes, answer.start, image.shape, strict=True):
        here = numbers.get(axis)
        start.append(first if here is None else first + here)
        stop.append(length if here is None else first + here + 1)
    return Place(tuple(start), tuple(stop), exact=False)


def _objects(answer: Answer) -> tuple[list[Cells], list[Place]]:
    assert answer.objects is not None
    rows: list[Cells] = []
    places = []
    for one in answer.objects.objects[:MOST]:
        rows.append((one.identity, one.fate, one.iou, one.pixels))
        start = tuple(np.add(answer.start, one.start).tolist())
        stop = tuple(np.add(answer.start, one.stop).tolist())
        places.append(Place(start, stop, exact=True))
    return rows, places
