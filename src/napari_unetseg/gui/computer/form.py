"""What holds for all work on this computer, as rows of a form."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, get_args

from magicgui.widgets import ComboBox
from qtpy.QtCore import QObject, QSignalBlocker, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QSpinBox, QWidget

from napari_unetseg.core.config import Device
from napari_unetseg.gui.parts.buttons import make_button
from napari_unetseg.gui.parts.form import INSET
from napari_unetseg.runs import home, preferences

if TYPE_CHECKING:
    from napari_unetseg.gui.parts.form import Form
    from napari_unetseg.runs.preferences import Preferences

STEP = 5
DEVICE = (
    "Where networks are computed unless a dock says it. auto takes an NVIDIA card "
    "(cuda) or an Apple chip (mps) if there is one, and the processor (cpu) otherwise."
)
MEMORY = (
    "How much of the free memory may be used. With less, tiles become smaller; a "
    "segmentation stays the same."
)
MODELS = "Where the models lie that are trained here. Empty: among your documents."
PYTHON = (
    "Python interpreter that trains and segments: that of another environment with "
    "torch and napari-unetseg. Empty: the one of napari."
)


class SettingsForm(QObject):
    """Shows preferences, and says when another value is wished.

    Parameters
    ----------
    form : Form
        Where the rows go.

    Attributes
    ----------
    asked : Signal(object)
        A dict of the field that is to be another, to its value.
    device, memory, models, python
        The fields.
    """

    asked = Signal(object)

    def __init__(self, form: Form) -> None:
        super().__init__(form)
        self.device = ComboBox(
            name="device", label="Device", tooltip=DEVICE, choices=get_args(Device)
        )
        self.memory = QSpinBox()
        self.memory.setRange(STEP, preferences.ALL)
        self.memory.setSingleStep(STEP)
        self.memory.setSuffix(" %")
        self.memory.setToolTip(MEMORY)
        self.memory.setAccessibleName("Memory to use")
        # Each digit that is typed would be a wish of its own.
        self.memory.setKeyboardTracking(False)
        self.models = PathField("Folder of models", MODELS, is_folder=True)
        self.python = PathField("Engine Python", PYTHON)
        form.append(self.device)
        form.add_row("Memory to use", MEMORY, self.memory)
        for field in (self.models, self.python):
            form.add_row(field.label, field.toolTip(), field)
        if home.is_moved():
            why = f"{home.VARIABLE} says where the models lie"
            form.refuse(self.models, why)
        self.device.changed.connect(partial(self._ask, "device"))
        self.memory.valueChanged.connect(partial(self._ask, "memory"))
        self.models.chosen.connect(partial(self._ask, "models"))
        self.python.chosen.connect(partial(self._ask, "python"))

    def show(self, known: Preferences, *, anew: bool = False) -> None:
        """Show what holds; nothing is asked by that.

        Parameters
        ----------
        known : Preferences
            What holds.
        anew : bool
            Whether a path that is being typed is replaced too.
        """
        if anew:
            self.models.line.setModified(False)
            self.python.line.setModified(False)
        with QSignalBlocker(self):
            self.device.value = known.device
            self.memory.setValue(known.memory)
            self.models.show_path(known.models, str(home.usual_models_folder()))
            self.python.show_path(known.python, sys.executable)

    def _ask(self, name: str, value: object) -> None:
        self.asked.emit({name: value})


class PathField(QWidget):
    """A path that is typed or chosen; empty for the usual one.

    Parameters
    ----------
    label, tooltip : str
        What the user reads.
    is_folder : bool
        Whether a folder is chosen, not a file.

    Attributes
    ----------
    chosen : Signal(str)
        Another path was typed to its end, or chosen.
    """

    chosen = Signal(str)

    def __init__(self, label: str, tooltip: str, *, is_folder: bool = False) -> None:
        super().__init__()
        self.label, self._is_folder, self._shown = label, is_folder, ""
        self.setToolTip(tooltip)
        self.line = QLineEdit()
        self.line.setAccessibleName(label)
        self.line.setTextMargins(INSET, 0, 0, 0)
        self.line.editingFinished.connect(self._on_edited)
        what = "folder" if is_folder else "file"
        self.button = make_button("…", f"{label}: choose a {what}", self._choose)
        self.button.setAccessibleName(f"{label}: choose a {what}")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line, 1)
        row.addWidget(self.button)

    def show_path(self, path: str, usual: str) -> None:
        """Show a path, or faintly the usual one."""
        self.line.setPlaceholderText(usual)
        if self.line.hasFocus() and self.line.isModified():
            return  # Somebody types.
        self._shown = path
        self.line.setText(path)
        # Of a long path the end tells more than its beginning.
        self.line.setCursorPosition(len(path))

    def _on_edited(self) -> None:
        if self.line.text().strip() != self._shown:
            self.chosen.emit(self.line.text().strip())

    def _choose(self) -> None:
        start = self._shown or self.line.placeholderText()
        if self._is_folder:
            path = QFileDialog.getExistingDirectory(self, self.label, start)
        else:
            path, _ = QFileDialog.getOpenFileName(self, self.label, start)
        if path:
            self.line.setText(path)
            self._on_edited()
