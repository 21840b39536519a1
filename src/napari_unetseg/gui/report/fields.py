"""What is asked of two layers: which ids do not count, and what the others are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magicgui.widgets import ComboBox, LineEdit
from qtpy.QtWidgets import QCheckBox

from napari_unetseg.gui.report.ids import class_in, ids_in
from napari_unetseg.gui.report.question import KINDS, Terms

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_unetseg.gui.parts.form import Form


BORDERS = (
    "Compare the borders of classes too: boundary IoU, and the Hausdorff distance "
    "(95th percentile). This takes longer."
)


class Fields:
    """The rows of the form below the two layers.

    Parameters
    ----------
    form : Form
        They are added to it.

    Attributes
    ----------
    ignore, of_class : LineEdit
        Ids that mean "not annotated"; the class of objects.
    kind : ComboBox
        What an id stands for.
    borders : QCheckBox
        Whether borders are compared.
    """

    def __init__(self, form: Form) -> None:
        self._form = form
        self.ignore = LineEdit(
            name="ignore",
            label="Not annotated",
            tooltip="Labels whose pixels do not count, in either layer, as in 0 or "
            "0, 255. Empty if every pixel counts.",
        )
        self.ignore.native.setPlaceholderText("e.g. 0, 255; empty: all count")
        self.kind = ComboBox(
            name="kind",
            label="Ids are",
            choices=KINDS,
            tooltip="What a label stands for: a class, or an object of its own, which "
            "goes through the slices or not, or a neurite of EM slices. Of objects, "
            "SEG, DET, F1, AP and PQ are told, and which were missed, split or merged; "
            "of neurites V-Rand and V-Info.",
        )
        self.of_class = LineEdit(
            name="of_class",
            label="Of class",
            tooltip="The class whose connected pixels are the objects, or the interior "
            "of neurites. Empty if every id is an object of its own.",
        )
        self.of_class.native.setPlaceholderText("e.g. 2; empty: each id is one")
        self.borders = QCheckBox("boundary IoU and distance")
        self.borders.setToolTip(BORDERS)
        form.extend([self.ignore, self.kind, self.of_class])
        form.add_row("Borders", BORDERS, self.borders)
        self.show()

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call this whenever something else is asked."""
        for field in (self.ignore, self.kind, self.of_class):
            field.changed.connect(lambda _: changed())
        self.borders.toggled.connect(lambda _: changed())

    def terms(self) -> Terms:
        """What is asked.

        Raises
        ------
        InputError
            If there is anything but numbers where they belong.
        """
        kind = self.kind.value
        wanted = None if kind == "classes" else class_in(self.of_class.value)
        return Terms(ids_in(self.ignore.value), kind, wanted)

    def show(self) -> None:
        """Show what can be asked of such ids."""
        classes = self.kind.value == "classes"
        self._form.show_row(self.of_class.native, not classes)
        self._form.show_row(self.borders, classes)
