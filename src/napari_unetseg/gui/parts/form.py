"""Widgets of magicgui one below the other, their labels in one straight column."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from magicgui.widgets import Label, PushButton
from qtpy.QtCore import QEvent, Qt
from qtpy.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_unetseg.gui.parts.cut import cut_in_the_middle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from magicgui.widgets.bases import Widget

# Room for the longest label, so that the fields of all forms begin in one column.
LABEL_WIDTH = 123
# napari's style indents the text of a combo box by 8 pixels, that of a line by 4.
INSET = 4
HEADING_HEIGHT = 26
# napari paints a checked button in the blue of what is selected. An open fold is a
# heading on its form's background; grey shows the mouse on light and dark ones.
HEADING = """
QPushButton { text-align: left; }
QPushButton:checked { background-color: transparent; font-weight: bold; }
QPushButton:checked:hover { background-color: rgba(128, 128, 128, 60); }
"""


class Form(QWidget):
    """Labels on the left, widgets on the right, sentences across both.

    A magicgui Container gives every row a label column of its own width.
    """

    def __init__(self, widgets: Iterable[Widget] = ()) -> None:
        super().__init__()
        self._rows = QFormLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setVerticalSpacing(5)
        self._rows.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        grow = QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow
        self._rows.setFieldGrowthPolicy(grow)
        self._widgets: list[Widget] = []
        self._locked = False
        # What cannot be set for now, and the tooltips that it has otherwise.
        self._refused: dict[QWidget, str] = {}
        self.extend(widgets)

    def extend(self, widgets: Iterable[Widget]) -> None:
        """Add rows at the end."""
        for widget in widgets:
            self.append(widget)

    def append(self, widget: Widget, beside: QWidget | None = None) -> QLabel | None:
        """Add a row and return its label; a `sentence` or a button has none.

        Parameters
        ----------
        widget : magicgui widget
            The field.
        beside : QWidget, optional
            What stands at its right.
        """
        self._widgets.append(widget)
        if isinstance(widget.native, QLineEdit):
            widget.native.setTextMargins(INSET, 0, 0, 0)
        if isinstance(widget.native, QComboBox):
            # A layer's long name must not widen the dock.
            policy = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            widget.native.setSizeAdjustPolicy(policy)
            cut_in_the_middle(widget.native)
        if isinstance(widget, Label | PushButton):
            self._rows.addRow(widget.native)
            return None
        field = widget.native if beside is None else joined(widget.native, beside)
        return self.add_row(widget.label, widget.tooltip or "", field)

    def add_row(self, text: str, tooltip: str, field: QWidget) -> QLabel:
        """Add a row with a widget that is not of magicgui, and return its label."""
        label = QLabel(text)
        label.setToolTip(tooltip)
        label.setMinimumWidth(LABEL_WIDTH)
        if not field.accessibleName():
            field.setAccessibleName(text)
        self._rows.addRow(label, field)
        return label

    def event(self, event: QEvent | None) -> bool:
        """Forget the rows' heights when a text has changed, which Qt keeps too long."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self._rows.invalidate()
        return bool(super().event(event))

    def clear(self) -> None:
        """Take all rows out."""
        while self._rows.rowCount():
            self._rows.removeRow(0)
        self._widgets.clear()
        self._refused.clear()

    def add_whole_row(self, field: QWidget) -> None:
        """Add a widget that takes the width of the form."""
        self._rows.addRow(field)

    def show_row(self, field: QWidget, shown: bool) -> None:
        """Show or hide a row with its label."""
        for part in self._parts(field):
            part.setVisible(shown)

    def lock(self, locked: bool) -> None:
        """Keep all rows as they are, or let them be set; sentences stay readable."""
        self._locked = locked
        for field in self._fields():
            if not isinstance(field, QLabel):
                self._enable(field)

    def refuse(self, field: QWidget, why: str) -> None:
        """Keep a row from being set and say why in its tooltip; "" lets it be set."""
        if not why and field not in self._refused:
            return
        own = self._refused.setdefault(field, field.toolTip())
        if not why:
            del self._refused[field]
        for part in self._parts(field):
            part.setToolTip(why or own)
        self._enable(field)

    def _enable(self, field: QWidget) -> None:
        for part in self._parts(field):
            part.setEnabled(not self._locked and field not in self._refused)

    def _parts(self, field: QWidget) -> list[QWidget]:
        """A row's field, and its label if it has one."""
        label = self._rows.labelForField(field)
        return [field] if label is None else [field, label]

    def _fields(self) -> Iterator[QWidget]:
        roles = (QFormLayout.ItemRole.FieldRole, QFormLayout.ItemRole.SpanningRole)
        for row in range(self._rows.rowCount()):
            for item in (self._rows.itemAt(row, role) for role in roles):
                field = None if item is None else item.widget()
                if field is not None:
                    yield field


class Folded(QWidget):
    """A form under a heading that opens and closes it."""

    def __init__(self, title: str, widgets: Iterable[Widget]) -> None:
        super().__init__()
        self._title = title
        self.form = Form(widgets)
        self.heading = QPushButton()
        self.heading.setCheckable(True)
        self.heading.setMinimumHeight(HEADING_HEIGHT)
        self.heading.setStyleSheet(HEADING)
        self.heading.setToolTip(f"Show or hide: {title.lower()}")
        self.heading.toggled.connect(self._show)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.heading)
        layout.addWidget(self.form)
        self._show(False)

    def _show(self, shown: bool) -> None:
        # An arrow of the text's font has the text's colour in every theme.
        self.heading.setText(f"{'▾' if shown else '▸'} {self._title}")
        self.form.setVisible(shown)


def joined(left: QWidget, right: QWidget) -> QWidget:
    """Two widgets in one row."""
    both = QWidget()
    row = QHBoxLayout(both)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(left, 1)
    row.addWidget(right, 0, Qt.AlignmentFlag.AlignTop)
    return both


def sentence(name: str) -> Label:
    """Make a line of text for a form: wrapped, and set apart from the labels."""
    label = Label(name=name)
    text = label.native
    text.setWordWrap(True)
    # Names in it may come from files of anybody.
    text.setTextFormat(Qt.TextFormat.PlainText)
    # As wide as the form, however long the text.
    text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    text.setStyleSheet("QLabel { font-style: italic; padding-left: 2px; }")
    return label


def plain_tip(text: str) -> str:
    """Make a tooltip that shows what looks like HTML as it is written.

    Names in it may come from files of anybody; as HTML they would load pictures, from
    other computers too.
    """
    return f"<qt>{escape(text)}</qt>" if "<" in text else text
