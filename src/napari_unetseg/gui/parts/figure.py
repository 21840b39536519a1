"""A plot that stands in a form: it has no menu, and leaves the mouse to the form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyqtgraph
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QVBoxLayout, QWidget

if TYPE_CHECKING:
    from collections.abc import Iterable

# Of the lower axis with its label, in pixels.
_AXIS_HEIGHT = 38


class Figure(QWidget):
    """Room for curves of a fixed height.

    Parameters
    ----------
    height : int
        In pixels.
    right : int
        Pixels beyond the end of the lower axis.

    Attributes
    ----------
    item : pyqtgraph.PlotItem
        What is drawn on.
    """

    def __init__(self, height: int, right: int = 8) -> None:
        super().__init__()
        self.setFixedHeight(height)
        self._plot = pyqtgraph.PlotWidget(background=None)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)
        self.item = self._plot.getPlotItem()
        self.item.setMenuEnabled(False)
        # Room for what reaches beyond the ends of the axes, and below their labels.
        self.item.layout.setContentsMargins(0, 8, right, 6)
        self.item.getAxis("bottom").setHeight(_AXIS_HEIGHT)
        self.item.hideButtons()
        self.item.setMouseEnabled(x=False, y=False)
        # A box that looks for its range while it is drawn is drawn twice.
        self.item.vb.disableAutoRange()
        # Whoever turns the wheel over the plot wants to scroll the form.
        self._plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def label(self, axes: Iterable[tuple[str, str, str]], text: str) -> None:
        """Name axes: side, label, and its colour; `text` is that of the numbers."""
        for side, label, colour in axes:
            axis = self.item.getAxis(side)
            axis.setPen(text)
            axis.setTextPen(text)
            axis.enableAutoSIPrefix(False)
            axis.setLabel(label, color=colour)
