"""Widgets of magicgui one below the other, their labels in one straight column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magicgui.widgets import Label, PushButton
from qtpy.QtCore import QEvent, Qt
from qtpy.QtWidgets import (
    QComboBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from magicgui.widgets.bases import Widget

LABEL_WIDTH = 102
HEADING_HEIGHT = 26


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
        self.extend(widgets)

    def extend(self, widgets: Iterable[Widget]) -> None:
        """Add rows at the end."""
        for widget in widgets:
            self.append(widget)

    def append(self, widget: Widget) -> None:
        """Add a row; a `sentence` or a button has no label."""
        self._widgets.append(widget)
        if isinstance(widget.native, QComboBox):
            # A layer's long name must not widen the dock.
            policy = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            widget.native.setSizeAdjustPolicy(policy)
        if isinstance(widget, Label | PushButton):
            self._rows.addRow(widget.native)
            return
        self.add_row(widget.label, widget.tooltip or "", widget.native)

    def add_row(self, text: str, tooltip: str, field: QWidget) -> None:
        """Add a row with a widget that is not of magicgui."""
        label = QLabel(text)
        label.setToolTip(tooltip)
        label.setMinimumWidth(LABEL_WIDTH)
        self._rows.addRow(label, field)

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

    def add_whole_row(self, field: QWidget) -> None:
        """Add a widget that takes the width of the form."""
        self._rows.addRow(field)

    def show_row(self, field: QWidget, shown: bool) -> None:
        """Show or hide a row with its label."""
        for part in (field, self._rows.labelForField(field)):
            if part is not None:
                part.setVisible(shown)


class Folded(QWidget):
    """A form under a heading that opens and closes it."""

    def __init__(self, title: str, widgets: Iterable[Widget]) -> None:
        super().__init__()
        self._title = title
        self.form = Form(widgets)
        self.heading = QPushButton()
        self.heading.setCheckable(True)
        # napari draws a disabled button with a border that cuts off its text.
        self.heading.setMinimumHeight(HEADING_HEIGHT)
        self.heading.setStyleSheet("QPushButton { text-align: left; }")
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


def sentence(name: str) -> Label:
    """Make a line of text for a form: wrapped, and set apart from the labels."""
    label = Label(name=name)
    text = label.native
    text.setWordWrap(True)
    # As wide as the form, however long the text.
    text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    text.setStyleSheet("QLabel { font-style: italic; padding-left: 2px; }")
    return label
