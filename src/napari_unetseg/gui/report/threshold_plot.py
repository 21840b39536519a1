"""The curve of IoU over the threshold of a class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyqtgraph
from napari.utils.theme import get_theme
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_unetseg.core.evaluate.thresholds import THRESHOLDS
from napari_unetseg.gui.parts.colours import colour

if TYPE_CHECKING:
    from collections.abc import Sequence

HEIGHT = 150
# Of the axis of thresholds with its label, in pixels.
_AXIS_HEIGHT = 38


class ThresholdPlot(QWidget):
    """A curve, and a line where the chosen threshold is.

    Parameters
    ----------
    theme : str
        Name of napari's theme.
    """

    def __init__(self, theme: str) -> None:
        super().__init__()
        self.setFixedHeight(HEIGHT)
        self.setToolTip("IoU of the class over its threshold; others keep theirs")
        self._plot = pyqtgraph.PlotWidget(background=None)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)
        item = self._plot.getPlotItem()
        item.setMenuEnabled(False)
        # Room for what reaches beyond the ends of the axes, and below their labels.
        item.layout.setContentsMargins(0, 8, 8, 6)
        item.getAxis("bottom").setHeight(_AXIS_HEIGHT)
        item.hideButtons()
        item.setMouseEnabled(x=False, y=False)
        item.setXRange(0, 1, padding=0.01)
        item.setYRange(0, 1, padding=0.02)
        item.vb.disableAutoRange()
        # Whoever turns the wheel over the plot wants to scroll the form.
        self._plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._curve = item.plot()
        self._line = pyqtgraph.InfiniteLine(angle=90)
        self._plot.addItem(self._line)
        self.follow(theme)

    def show_curve(self, iou: Sequence[float | None]) -> None:
        """Draw the IoU at each of `THRESHOLDS`; None is left out."""
        pairs = zip(THRESHOLDS, iou, strict=True)
        known = [(t, value) for t, value in pairs if value is not None]
        self._curve.setData([t for t, _ in known], [value for _, value in known])

    def show_threshold(self, threshold: float) -> None:
        """Move the line."""
        self._line.setValue(threshold)

    def follow(self, theme: str) -> None:
        """Take the colours of a napari theme."""
        text = get_theme(theme).text.as_hex()
        self._curve.setPen(colour("blue", theme), width=2)
        self._line.setPen(text, style=Qt.PenStyle.DashLine)
        for side, label in (("left", "IoU"), ("bottom", "threshold")):
            axis = self._plot.getPlotItem().getAxis(side)
            axis.setPen(text)
            axis.setTextPen(text)
            axis.enableAutoSIPrefix(False)
            axis.setLabel(label, color=text)
