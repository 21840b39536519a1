"""What may go on while a training learns: two boxes to tick, at any time."""

from __future__ import annotations

from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QWidget

LEARN = (
    "Learn from what is painted on the labels while it trains, undone strokes too; "
    "it counts from the next step on"
)
NOT_FROM_HERE = (
    "This training was not started from a labels layer of this viewer: what is painted "
    "here cannot reach it"
)


class Meanwhile(QWidget):
    """A row of boxes above the buttons, where it is in sight during a training.

    Attributes
    ----------
    learn : QCheckBox
        Whether the training learns from what is painted meanwhile.
    """

    def __init__(self) -> None:
        super().__init__()
        self.learn = QCheckBox("Learn from changes")
        self.learn.setChecked(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.learn)
        layout.addStretch(1)
        self.offer_to_learn(True)

    def offer_to_learn(self, can: bool) -> None:
        """Let it be ticked, or say why what is painted cannot be learnt."""
        self.learn.setEnabled(can)
        self.learn.setToolTip(LEARN if can else NOT_FROM_HERE)
