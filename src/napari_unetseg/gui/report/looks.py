"""How wide the report dock is beside napari's own parts."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget


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
