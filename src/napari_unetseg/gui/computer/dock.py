"""What this computer offers, as text that can be pasted into an issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtGui import QFontDatabase, QGuiApplication
from qtpy.QtWidgets import QHBoxLayout, QPlainTextEdit

from napari_unetseg.gui.parts.buttons import make_button
from napari_unetseg.gui.parts.dock import Dock
from napari_unetseg.gui.parts.worker import start_worker
from napari_unetseg.runs import machine

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_unetseg.gui.parts.worker import Worker


class ComputerDock(Dock):
    """Runs ``unetseg check`` beside the window and shows what it prints.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        Not asked for anything but its theme.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName("What this computer offers")
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.fill_with(self.text)
        self.again = make_button(
            "Check again", "Look at the computer, and train some steps", self.check
        )
        self.cancel = make_button("Cancel", "Stop checking", self._cancel)
        self.copy = make_button(
            "Copy", "Copy the text, for an issue or a mail", self._copy
        )
        row = QHBoxLayout()
        for button in (self.again, self.cancel, self.copy):
            row.addWidget(button)
        self.footer.addLayout(row)
        self._worker: Worker | None = None
        self._show_state()
        self.later(self.check)

    def check(self) -> None:
        """Look at the computer, unless that is under way."""
        if self._worker is not None:
            return
        self._worker = start_worker(
            machine.checking(),
            owner=self,
            name="Checking this computer",
            on_event=lambda _: None,
            on_return=self._show,
            on_error=self._fail,
        )
        self.say("Training a few steps, to see how fast it is…", "busy")
        self._show_state()

    def _show(self, text: str) -> None:
        self._worker = None
        self.text.setPlainText(text)
        self.say(
            "It tells what a bug report needs, and nothing of who you are.", "done"
        )
        self._show_state()

    def _fail(self, error: Exception) -> None:
        self._worker = None
        self.say(str(error), "error")
        self._show_state()

    def _cancel(self) -> None:
        if self._worker is not None:
            self._worker.quit()
            self._worker = None
        self.say("Cancelled.")
        self._show_state()

    def _copy(self) -> None:
        clipboard = QGuiApplication.clipboard()
        assert clipboard is not None
        clipboard.setText(self.text.toPlainText())
        self.say("Copied.", "done")

    def _show_state(self) -> None:
        busy = self._worker is not None
        self.again.setEnabled(not busy)
        self.cancel.setEnabled(busy)
        self.copy.setEnabled(bool(self.text.toPlainText()))
