"""What may go on while a training learns: two boxes to tick, at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QBoxLayout, QCheckBox, QSizePolicy, QWidget

from napari_unetseg.core.train.wishes import Predicted
from napari_unetseg.gui.train.painting import Painting
from napari_unetseg.gui.train.preview import Preview
from napari_unetseg.gui.train.question import input_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qtpy.QtGui import QResizeEvent

    from napari_unetseg.core.events import Event
    from napari_unetseg.gui.run.plan import Plan
    from napari_unetseg.gui.train.dock import TrainDock
    from napari_unetseg.gui.train.question import Asked

LEARN = (
    "Learn from what is painted on the labels while it trains, undone strokes too; "
    "it counts from the next step on"
)
LOOK = (
    "Add a layer that shows what the network says by now of what is in view, every few "
    "seconds: of at most a million pixels around its middle, fewer where that would "
    "take long. Of several images it is the one whose layer, or whose labels, is "
    "selected. It lies below the labels: hide these to see it alone. It takes a tenth "
    "of the time at most, and changes nothing of what is learnt"
)
NOT_FROM_HERE = (
    "This training was not started from a labels layer of this viewer: what is painted "
    "here cannot reach it"
)
NOT_OF_HERE = (
    "This training was not started from an image layer of this viewer, on which it "
    "could be shown"
)


class Meanwhile(QWidget):
    """A row of boxes above the buttons, where it is in sight during a training.

    Parameters
    ----------
    dock : TrainDock
        Whose training it is.

    Attributes
    ----------
    learn : QCheckBox
        Whether the training learns from what is painted meanwhile.
    look : QCheckBox
        Whether is shown what it says by now.
    """

    def __init__(self, dock: TrainDock) -> None:
        super().__init__()
        self._dock = dock
        self._painting = Painting(dock)
        self._preview = Preview(dock)
        self.learn = QCheckBox("Learn from changes")
        self.learn.setChecked(True)
        self.look = QCheckBox("Look while it learns")
        # In a narrow dock they stand above one another.
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self.learn)
        self._row.addWidget(self.look)
        self._row.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.learn.toggled.connect(self._painting.turn)
        self.look.toggled.connect(self._preview.turn)
        self._preview.closed.connect(lambda: self.look.setChecked(False))
        for part in (self._painting, self._preview):
            part.problem.connect(self._warn)
        dock.run.heard.connect(self._hear)
        dock.run.busy.connect(self._on_busy)
        dock.run.discarded.connect(self._preview.drop)
        self._offer()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Put the boxes beside one another if there is room."""
        boxes = (self.learn, self.look)
        needed = sum(box.sizeHint().width() for box in boxes) + self._row.spacing()
        way = QBoxLayout.Direction
        self._row.setDirection(
            way.LeftToRight if self.width() >= needed else way.TopToBottom
        )
        super().resizeEvent(event)

    def take(self, asked: Asked, made: Plan) -> None:
        """Remember what a training is about to learn from.

        Parameters
        ----------
        asked : Asked
            What is asked.
        made : Plan
            Of it, with the labels as they are now; its folder need not be there yet.
        """
        for number, one in enumerate(asked.pairs):
            labels = made.inputs[input_name("labels", number)].image
            self._painting.take(made.folder, number, one.layer, labels)
            # Of several channels it is shown on the first.
            self._preview.take(made.folder, number, one.shown_on, one.layer)

    def values(self) -> dict[str, Any]:
        """What is ticked, as plain values to be remembered."""
        return {
            "learn_changes": self.learn.isChecked(),
            "look": self.look.isChecked(),
        }

    def restore(self, values: Mapping[str, Any]) -> None:
        """Tick what was remembered; without, what is painted is learnt."""
        self.learn.setChecked(values.get("learn_changes") is not False)
        self.look.setChecked(values.get("look") is True)

    def _hear(self, news: tuple[Event, ...] | Predicted) -> None:
        if isinstance(news, Predicted):
            self._preview.show(news)
            return
        self._painting.hear(news)
        self._preview.hear(news)

    def _on_busy(self, busy: bool) -> None:
        if busy:
            folder = self._dock.run.folder
            learn, look = self._painting.follow(folder), self._preview.follow(folder)
            self._offer(learn=learn, look=look)
        else:
            self._offer()

    def _offer(self, *, learn: bool = True, look: bool = True) -> None:
        """Let the boxes be ticked that make sense, or say why one does not."""
        self.learn.setEnabled(learn)
        self.learn.setToolTip(LEARN if learn else NOT_FROM_HERE)
        self.look.setEnabled(look)
        self.look.setToolTip(LOOK if look else NOT_OF_HERE)

    def _warn(self, text: str) -> None:
        self._dock.say(text, "warning")
