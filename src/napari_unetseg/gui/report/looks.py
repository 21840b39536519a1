"""How the report dock looks beside napari's own parts: its width and its example."""

from __future__ import annotations

from napari.utils.theme import get_theme
from qtpy import QT6
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget

# Of an example in an empty field, to be read on the field in every theme (at least
# 4.5:1, as WCAG 2.1 asks of text); Qt takes a half.
OPACITY = 0.85


def style(theme: str) -> str:
    """Style sheet for a napari theme; nothing for Qt 5, which knows no such colour."""
    if not QT6:
        return ""
    text = QColor(get_theme(theme).text.as_hex())
    colour = f"rgba({text.red()}, {text.green()}, {text.blue()}, {OPACITY:.0%})"
    return f"QLineEdit {{ placeholder-text-color: {colour}; }}"


def widen(content: QWidget, width: int) -> None:
    """Make a narrow dock as wide as it asks; napari gives it the width of another.

    Parameters
    ----------
    content : QWidget
        What is in the dock.
    width : int
        In pixels.
    """
    dock: QWidget | None = content
    while dock is not None and not isinstance(dock, QDockWidget):
        dock = dock.parentWidget()
    window = content.window()
    if dock is not None and isinstance(window, QMainWindow) and content.width() < width:
        window.resizeDocks([dock], [width], Qt.Orientation.Horizontal)
