"""What this computer offers, as text for an issue, and what may be used of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtGui import QFontDatabase, QGuiApplication
from qtpy.QtWidgets import QHBoxLayout, QPlainTextEdit

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.gui.computer.form import SettingsForm
from napari_unetseg.gui.parts import mirror
from napari_unetseg.gui.parts.buttons import make_button
from napari_unetseg.gui.parts.dock import Dock
from napari_unetseg.gui.parts.worker import start_worker
from napari_unetseg.runs import machine, preferences

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari.viewer import Viewer

    from napari_unetseg.gui.parts.worker import Worker
    from napari_unetseg.runs.preferences import Preferences

TEXT_HEIGHT = 200


class ComputerDock(Dock):
    """Shows the preferences, and what ``unetseg check`` prints, run beside the window.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        Not asked for anything but its theme.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer)
        self.settings = SettingsForm(self.form)
        self.settings.asked.connect(self._ask)
        self._wishes: dict[str, Any] = {}
        self._settling: Worker | None = None
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName("What this computer offers")
        self.text.setToolTip("What this computer offers: versions, devices, speed")
        self.text.setMinimumHeight(TEXT_HEIGHT)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.add_below_form(self.text, fills=True)
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
        self._show_settings()
        mirror.the_mirror().looked.connect(self._show_settings)
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
            "The text tells what a bug report needs, and nothing of who you are.",
            "done",
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

    def _ask(self, wishes: dict[str, Any]) -> None:
        """Keep what was chosen once it was looked at, one wish after the other."""
        self._wishes |= wishes
        if self._settling is not None:
            return
        wishes, self._wishes = self._wishes, {}
        if wishes.get("python"):
            self.say(f"Trying {wishes['python']}…", "busy")
        self._settling = start_worker(
            settled(wishes),
            owner=self,
            name="Keeping the settings",
            on_event=lambda _: None,
            on_return=self._settle,
            on_error=self._refuse,
        )

    def _settle(self, _: object) -> None:
        self._settling = None
        self.say("Kept. It counts for what is started from now on.", "done")
        self._go_on()

    def _refuse(self, error: Exception) -> None:
        self._settling = None
        self.say(str(error), "error")
        self._go_on()
        if not isinstance(error, UnetsegError):
            raise error

    def _go_on(self) -> None:
        """Show what holds now, here and in Preferences; keep what was wished since."""
        if self._wishes:
            self._ask({})
        else:
            mirror.keep_alike()
            self.settings.show(preferences.read(), anew=True)

    def _show_settings(self) -> None:
        if self._settling is None:
            self.settings.show(preferences.read())

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


def settled(wishes: dict[str, Any]) -> Generator[None, None, Preferences]:
    """Keep preferences, beside the window; see `preferences.settle`."""
    yield
    return preferences.settle(**wishes)
