"""The footer of the report dock: progress, and the buttons that fit its state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from napari_unetseg.gui.parts.buttons import make_button
from napari_unetseg.gui.parts.swap import swap

if TYPE_CHECKING:
    from collections.abc import Callable


class ReportButtons(QWidget):
    """Compare or Cancel, Copy and Save, below a bar that is seen while comparing.

    Parameters
    ----------
    compare, cancel, copy, save : callable
        What the buttons do.
    """

    def __init__(
        self,
        *,
        compare: Callable[[], None],
        cancel: Callable[[], None],
        copy: Callable[[], None],
        save: Callable[[], None],
    ) -> None:
        super().__init__()
        self.progress = QProgressBar()
        self.progress.setToolTip("How much is compared")
        self.compare = make_button("Compare", "Compare the two layers", compare)
        self.cancel = make_button("Cancel", "Stop comparing", cancel)
        self.copy = make_button(
            "Copy", "Copy the table as it is shown, for a spreadsheet", copy
        )
        self.save = make_button(
            "Save…",
            "Write the scores, with all digits: a table (CSV), all of them (JSON), or "
            "a page with curves and pictures (HTML)",
            save,
        )
        row = QHBoxLayout()
        for button in (self.compare, self.cancel, self.copy, self.save):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.progress)
        layout.addLayout(row)
        self.show_state(running=False, has_report=False)

    def show_state(self, *, running: bool, has_report: bool) -> None:
        """Offer what can be done now."""
        self.progress.setValue(0)
        swap(
            (
                (self.progress, running),
                (self.cancel, running),
                (self.compare, not running),
            )
        )
        self.copy.setEnabled(has_report)
        self.save.setEnabled(has_report)
