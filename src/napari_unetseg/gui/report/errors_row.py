"""The row of the form that asks whose errors are to be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QWidget

from napari_unetseg.gui.parts.cut import cut_in_the_middle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

TOOLTIP = (
    "A class against all others: true positives, false positives, false negatives. Or "
    "all classes at once: there, 0 is background, and one class taken for another has "
    "a colour of its own."
)
SHOW = (
    "Add a layer that shows where the prediction errs. It is worked out where it is "
    "looked at, and follows your strokes while Live is on."
)
ALL = "all classes"


class ErrorsRow(QWidget):
    """A box of classes, and a button.

    Parameters
    ----------
    show : callable
        What the button does.

    Attributes
    ----------
    classes : QComboBox
        "all classes", and those that are known.
    button : QPushButton
        "Show errors".
    """

    def __init__(self, show: Callable[[], None]) -> None:
        super().__init__()
        self.classes = QComboBox()
        self.classes.setToolTip(TOOLTIP)
        self.classes.setAccessibleName("Errors of")
        policy = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.classes.setSizeAdjustPolicy(policy)
        cut_in_the_middle(self.classes)
        self.classes.addItem(ALL, None)
        self.button = QPushButton("Show errors")
        self.button.setToolTip(SHOW)
        self.button.clicked.connect(lambda: show())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.classes, 1)
        row.addWidget(self.button)

    @property
    def chosen(self) -> int | None:
        """The class whose errors are wanted; None for all."""
        identity: int | None = self.classes.currentData()
        return identity

    @property
    def name(self) -> str:
        """What the class is called in the name of a layer."""
        return self.classes.currentText()

    def offer(
        self, ids: Iterable[int], names: Mapping[int, str], together: str = ALL
    ) -> None:
        """Offer these classes, and keep to the chosen one if it is among them.

        Parameters
        ----------
        ids : iterable of int
            Classes that occur.
        names : mapping of int to str
            Names of classes, also of others.
        together : str
            What all of them together are called.
        """
        chosen = self.chosen
        known: list[int | None] = [None, *sorted({*ids, *names})]
        offered = [
            (together if one is None else _words(one, names), one) for one in known
        ]
        box = self.classes
        places = range(box.count())
        if offered == [(box.itemText(i), box.itemData(i)) for i in places]:
            return
        box.clear()
        for text, identity in offered:
            box.addItem(text, identity)
        box.setCurrentIndex(known.index(chosen) if chosen in known else 0)


def _words(identity: int, names: Mapping[int, str]) -> str:
    return f"{identity} {names.get(identity, '')}".strip()
