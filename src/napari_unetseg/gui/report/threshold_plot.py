"""The curve of IoU over the threshold of a class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyqtgraph
from napari.utils.theme import get_theme
from qtpy.QtCore import Qt

from napari_unetseg.core.evaluate.thresholds import THRESHOLDS
from napari_unetseg.gui.parts.colours import colour
from napari_unetseg.gui.parts.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

HEIGHT = 150


class ThresholdPlot(Figure):
    """A curve, and a line where the chosen threshold is.

    Parameters
    ----------
    theme : str
        Name of napari's theme.
    """

    def __init__(self, theme: str) -> None:
        super().__init__(HEIGHT)
        self.setToolTip("IoU of the class over its threshold; others keep theirs")
        self.item.setXRange(0, 1, padding=0.01)
        self.item.setYRange(0, 1, padding=0.02)
        self._curve = self.item.plot()
        self._line = pyqtgraph.InfiniteLine(angle=90)
        self.item.addItem(self._line)
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
        self.label([("left", "IoU", text), ("bottom", "threshold", text)], text)
