"""Texts that are too long are cut in the middle: names often differ at their ends."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QFontMetrics
from qtpy.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter

_MIDDLE = Qt.TextElideMode.ElideMiddle


def cut(text: str, metrics: QFontMetrics, room: int) -> str:
    """As much of a text as there is room for, in pixels."""
    left, asked = text, room
    # What Qt leaves may be some pixels wider than it was asked for.
    while asked >= 0 and metrics.horizontalAdvance(left) > room:
        left = metrics.elidedText(text, _MIDDLE, asked)
        asked -= 1
    return left


def cut_in_the_middle(box: QComboBox) -> None:
    """Cut what a combo box shows; Qt would break it off at the end of the box."""
    box.installEventFilter(_Cut(box))
    view = box.view()
    assert view is not None
    view.setTextElideMode(_MIDDLE)


class _Cut(QObject):
    """Draws a combo box as Qt does, but for its text."""

    def eventFilter(self, box: QObject | None, event: QEvent | None) -> bool:
        """Draw in place of the box."""
        if event is None or event.type() != QEvent.Type.Paint:
            return False
        assert isinstance(box, QComboBox)
        option = as_drawn(box)
        painter = QStylePainter(box)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()
        return True


def as_drawn(box: QComboBox) -> QStyleOptionComboBox:
    """What a style is told of a combo box, with as much text as there is room for."""
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    style = box.style()
    assert style is not None
    control = QStyle.ComplexControl.CC_ComboBox
    part = QStyle.SubControl.SC_ComboBoxEditField
    room = style.subControlRect(control, option, part, box).width()
    option.currentText = cut(box.currentText(), box.fontMetrics(), room)
    return option
