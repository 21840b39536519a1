"""The IoU of a class over its threshold, and a button that takes one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_unetseg.core.evaluate.thresholds import THRESHOLDS, best_thresholds
from napari_unetseg.gui.parts.buttons import make_button
from napari_unetseg.gui.parts.cut import cut_in_the_middle

if TYPE_CHECKING:
    from napari_unetseg.core.evaluate.report import Report
    from napari_unetseg.core.evaluate.thresholds import ThresholdCurve
    from napari_unetseg.gui.report.threshold_plot import ThresholdPlot


class ThresholdView(QWidget):
    """A curve, the best threshold proposed, and "Use this threshold".

    Parameters
    ----------
    theme : str
        Name of napari's theme.

    Attributes
    ----------
    used : Signal
        With the class and the threshold that is wanted.
    classes : QComboBox
        Whose curve is shown.
    threshold : QDoubleSpinBox
        What would be used.
    told : QLabel
        The IoU now and at this threshold.
    """

    used = Signal(int, float)

    def __init__(self, theme: str) -> None:
        super().__init__()
        self._curves: dict[int, ThresholdCurve] = {}
        self._best: dict[int, float] = {}
        self._where = ""
        self.classes = QComboBox()
        self.classes.setToolTip("The class whose threshold is to be chosen")
        self.classes.setAccessibleName("Threshold of")
        cut_in_the_middle(self.classes)
        self.threshold = QDoubleSpinBox()
        self.threshold.setRange(THRESHOLDS[0], THRESHOLDS[-1])
        self.threshold.setSingleStep(0.01)
        self.threshold.setDecimals(2)
        self.threshold.setToolTip(
            "Probability from which on a pixel is given the class; the best one is "
            "proposed"
        )
        self.threshold.setAccessibleName("Threshold")
        self.button = make_button(
            "Use this threshold",
            "Write it into the model: whatever is segmented with it from now on uses "
            "it. Layers that are there stay as they are",
            self._use,
        )
        self.told = QLabel()
        self.told.setWordWrap(True)
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.told.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.told.setToolTip("IoU of the class now, and at the threshold above")
        self._theme = theme
        self._plot: ThresholdPlot | None = None
        row = QHBoxLayout()
        row.addWidget(self.classes, 1)
        row.addWidget(self.threshold)
        row.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.told)
        self._layout = layout
        self.classes.currentIndexChanged.connect(lambda _: self._choose())
        self.threshold.valueChanged.connect(lambda _: self._tell())

    def show_report(self, report: Report) -> bool:
        """Show the curves of a report; return whether there are any.

        They are of validation pixels where these are known: whoever chooses by unseen
        ones has none left that tell how good the choice is.
        """
        part = report.parts.get("validation", report)
        self._where = "All pixels" if part is report else "Validation pixels"
        self._curves = {i: one for i, one in part.thresholds.items() if one.best}
        self._best = best_thresholds(report)
        chosen = self.classes.currentData()
        with QSignalBlocker(self.classes):
            self.classes.clear()
            # Of the background nobody asks first.
            for identity in sorted(self._curves, key=lambda i: (i == 0, i)):
                name = f"{identity} {report.names.get(identity, '')}".strip()
                self.classes.addItem(name, identity)
            place = max(0, self.classes.findData(chosen))
            self.classes.setCurrentIndex(place)
        self._choose()
        return bool(self._curves)

    def follow(self, theme: str) -> None:
        """Take the colours of a napari theme."""
        self._theme = theme
        if self._plot is not None:
            self._plot.follow(theme)

    def _choose(self) -> None:
        identity = self.classes.currentData()
        if identity is None:
            return
        self._drawn().show_curve(self._curves[identity].iou)
        with QSignalBlocker(self.threshold):
            self.threshold.setValue(self._best[identity])
        self._tell()

    def _tell(self) -> None:
        identity = self.classes.currentData()
        if identity is None:
            return
        one, wanted = self._curves[identity], self.threshold.value()
        self._drawn().show_threshold(wanted)
        self.told.setText(
            f"{self._where}: IoU {_score(one.at(one.now))} at {one.now:g}, as it was "
            "segmented; "
            f"{_score(one.at(wanted))} at {wanted:g}."
        )

    def _drawn(self) -> ThresholdPlot:
        """The plot, which is made once there is something to be drawn."""
        if self._plot is None:
            # It takes longer to load than all of the dock.
            from napari_unetseg.gui.report.threshold_plot import ThresholdPlot

            self._plot = ThresholdPlot(self._theme)
            self._layout.addWidget(self._plot)
        return self._plot

    def _use(self) -> None:
        identity = self.classes.currentData()
        if identity is not None:
            self.used.emit(identity, round(self.threshold.value(), 2))


def _score(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3f}"
