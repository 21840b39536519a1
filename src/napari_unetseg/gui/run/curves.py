"""Loss and validation IoU while a network learns."""

from __future__ import annotations

import math

import pyqtgraph
from napari.utils.theme import get_theme

from napari_unetseg.core.events import Event, Planned, Step, Validated
from napari_unetseg.core.train.schedule import WARM_UP
from napari_unetseg.gui.parts.colours import colour
from napari_unetseg.gui.parts.figure import Figure

HEIGHT = 180
# Points of a curve that are drawn; half as many are more than the dock has pixels.
MOST_POINTS = 2000


class Curves(Figure):
    """Two curves over the training steps: the loss on the left axis, IoU on the right.

    Parameters
    ----------
    theme : str
        Name of napari's theme.
    """

    def __init__(self, theme: str) -> None:
        super().__init__(HEIGHT, right=0)
        self._losses = Thinned()
        self._scores: list[tuple[int, float]] = []
        item = self.item
        item.setXRange(0, WARM_UP, padding=0.01)
        self._loss = item.plot()
        self._right = pyqtgraph.ViewBox(enableMenu=False)
        item.showAxis("right")
        item.scene().addItem(self._right)
        item.getAxis("right").linkToView(self._right)
        self._right.setXLink(item)
        self._right.setYRange(0, 1, padding=0.02)
        self._right.disableAutoRange()
        self._iou = pyqtgraph.PlotDataItem()
        self._right.addItem(self._iou)
        item.vb.sigResized.connect(self._fit)
        self.setToolTip(
            "Left: loss of each step (cross-entropy, mean over the annotated pixels). "
            "Right: mean IoU on the validation slices."
        )
        self.follow(theme)

    @property
    def losses(self) -> list[tuple[int, float]]:
        """Step and loss of every drawn point: each step, or the mean of some."""
        return self._losses.points

    @property
    def scores(self) -> list[tuple[int, float]]:
        """Step and mean IoU of every validation that was heard of."""
        return list(self._scores)

    def hear(self, events: tuple[Event, ...]) -> None:
        """Take events in and draw once."""
        for event in events:
            match event:
                case Step(step=step, loss=loss):
                    self._losses.add(step, loss)
                case Planned(total=total):
                    self.item.setXRange(0, total, padding=0.01)
                case Validated(step=step, mean_iou=float(mean_iou)):
                    self._scores.append((step, mean_iou))
        if self.losses:
            highest = max(loss for _, loss in self.losses)
            self.item.setYRange(0, round_up(highest), padding=0.02)
        _draw(self._loss, self.losses)
        _draw(self._iou, self._scores)

    def follow(self, theme: str) -> None:
        """Take the colours of a napari theme."""
        text = get_theme(theme).text.as_hex()
        first, second = text, colour("blue", theme)
        self._loss.setPen(first)
        self._iou.setPen(second, width=2)
        self._iou.setSymbol("o")
        self._iou.setSymbolSize(6)
        self._iou.setSymbolBrush(second)
        self._iou.setSymbolPen(second)
        axes = [
            ("left", "loss", first),
            ("right", "mean IoU", second),
            ("bottom", "step", text),
        ]
        self.label(axes, text)

    def _fit(self) -> None:
        """Keep the right curve's box where the left one's is."""
        self._right.setGeometry(self.item.vb.sceneBoundingRect())


class Thinned:
    """A curve of at most so many points, however many it is told.

    When there are too many, neighbours are replaced by their mean, and later points
    stand for as many values as these.

    Parameters
    ----------
    most : int
        The most points, at least 2.
    """

    def __init__(self, most: int = MOST_POINTS) -> None:
        self._most = most
        self._size = 1
        self._means: list[tuple[int, float]] = []
        # How many values the last point stands for; the others are full.
        self._last = 0

    @property
    def points(self) -> list[tuple[int, float]]:
        """The last step of each point, and the mean of its values."""
        return list(self._means)

    def add(self, step: int, value: float) -> None:
        """Take one value in."""
        if not self._means or self._last == self._size:
            if len(self._means) == self._most:
                self._halve()
                self.add(step, value)
                return
            self._means.append((step, value))
            self._last = 1
        else:
            self._last += 1
            _, mean = self._means[-1]
            self._means[-1] = (step, mean + (value - mean) / self._last)

    def _halve(self) -> None:
        """Make one point of two full ones."""
        means = self._means
        pairs = zip(means[::2], means[1::2], strict=False)
        halved = [(end, (a + b) / 2) for (_, a), (end, b) in pairs]
        self._last = 2 * self._size
        if len(means) % 2:
            halved.append(means[-1])
            self._last = self._size
        self._means, self._size = halved, 2 * self._size


def round_up(value: float) -> float:
    """The next of 1, 2 or 5 times a power of ten, so that an axis seldom changes."""
    if not 0 < value < float("inf"):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(one * power for one in (1, 2, 5, 10) if one * power >= value)


def _draw(curve: pyqtgraph.PlotDataItem, points: list[tuple[int, float]]) -> None:
    if points:
        x, y = zip(*points, strict=True)
        curve.setData(x, y)
