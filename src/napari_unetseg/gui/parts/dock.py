"""What all docks share: one form that scrolls, and below it what must stay in sight."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Literal

from qtpy.QtCore import QObject, QSize, Qt, QTimer
from qtpy.QtWidgets import (
    QFrame,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_unetseg.gui.parts import mirror
from napari_unetseg.gui.parts.colours import Name, colour
from napari_unetseg.gui.parts.form import Form
from napari_unetseg.gui.parts.lifetime import when_destroyed
from napari_unetseg.gui.parts.looks import style
from napari_unetseg.gui.parts.tabs import follow_the_eye
from napari_unetseg.gui.parts.wording import in_a_dock

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.viewer import Viewer

Kind = Literal["info", "busy", "done", "warning", "error"]

WIDTH = 360
HEIGHT = 640
# Three docks above one another fit a screen of 768 pixels, beside napari's own parts.
LEAST_WIDTH, LEAST_HEIGHT = 280, 160
MARGIN = 6
COLOURS: dict[Kind, Name] = {
    "info": "grey",
    "busy": "grey",
    "done": "blue",
    "warning": "yellow",
    "error": "red",
}


class Dock(QWidget):
    """A form in the one scroll area, a message line, and a footer for the actions.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer around the dock.

    Attributes
    ----------
    form : Form
        Labelled magicgui widgets, in the scroll area.
    footer : QVBoxLayout
        Below the message line, always in sight.
    """

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self.viewer = viewer
        self.form = Form()
        self._body = QVBoxLayout()
        self._body.setContentsMargins(MARGIN, MARGIN, MARGIN, 0)
        self._body.setSpacing(8)
        self._body.addWidget(self.form)
        self._body.addStretch(1)
        self.message = Message()
        self._hinting = False
        self.footer = QVBoxLayout()
        self.footer.setContentsMargins(MARGIN, 0, MARGIN, MARGIN)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._area = _scrolling(self._body)
        layout.addWidget(self._area, 1)
        message_row = QVBoxLayout()
        message_row.setContentsMargins(MARGIN, 0, MARGIN, 0)
        message_row.addWidget(self.message)
        layout.addLayout(message_row)
        layout.addLayout(self.footer)
        self._wear(viewer.theme)
        viewer.events.theme.connect(self._on_theme)
        myself = weakref.ref(self)

        def forget() -> None:
            dock = myself()
            if dock is not None:
                viewer.events.theme.disconnect(dock._on_theme)

        when_destroyed(self, forget)
        self.later(mirror.keep_alike)
        self.later(self._order)

    def sizeHint(self) -> QSize:
        """Size that napari gives the dock when it opens it."""
        return QSize(WIDTH, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Size below which napari does not shrink the dock; the form scrolls."""
        return QSize(LEAST_WIDTH, LEAST_HEIGHT)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Go on to the next control, as the eye does; others may have come since."""
        self._order()
        return bool(super().focusNextPrevChild(forward))

    def add_below_form(self, widget: QWidget, *, fills: bool = False) -> None:
        """Put a widget under the form, into the same scroll area; one may fill it."""
        end = self._body.count() - 1
        self._body.insertWidget(end, widget, int(fills))
        if fills:
            self._body.setStretch(end + 1, 0)

    def fill_with(self, widget: QWidget) -> None:
        """Give the room of the form to a widget that scrolls by itself."""
        self._area.hide()
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        row = QVBoxLayout()
        row.setContentsMargins(MARGIN, MARGIN, MARGIN, 0)
        row.addWidget(widget)
        layout.insertLayout(0, row, 1)

    def reveal(self, widget: QWidget) -> None:
        """Scroll the form so that a widget in it is seen."""
        _soon(widget, lambda: self._area.ensureWidgetVisible(widget))

    def later(self, method: Callable[[], None]) -> None:
        """Call a function once napari has shown the dock, if it is still there."""
        _soon(self, method)

    def say(self, text: str, kind: Kind = "info", more: str = "") -> None:
        """Show one sentence above the buttons; it replaces the one before.

        Parameters
        ----------
        text : str
            A remedy for the command line is said in the words of a dock.
        kind : {"info", "busy", "done", "warning", "error"}
            For the colour of its bar.
        more : str
            What the sentence leaves out, for its tooltip.
        """
        self._hinting = False
        self.message.show_text(in_a_dock(text), kind)
        self.message.setToolTip(more)

    def hint(self, text: str) -> None:
        """Say what to do next; with nothing to say, take back only an earlier hint."""
        if text or self._hinting:
            self.say(text)
        self._hinting = bool(text)

    @property
    def said(self) -> str:
        """The sentence that is shown."""
        return self.message.text()

    def _order(self) -> None:
        follow_the_eye(self)

    def _on_theme(self) -> None:
        self._wear(self.viewer.theme)

    def _wear(self, theme: str) -> None:
        self.setStyleSheet(style(theme))
        self.message.follow(theme)


class Message(QLabel):
    """A sentence with a bar in the colour of its kind; to be selected and copied."""

    def __init__(self) -> None:
        super().__init__()
        self._kind: Kind = "info"
        self._theme = "dark"
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        # A long word, such as a path, must not widen the dock.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.hide()

    def show_text(self, text: str, kind: Kind) -> None:
        """Show a sentence, or nothing for an empty one."""
        self._kind = kind
        self.setText(text)
        self.setVisible(bool(text))
        self.follow(self._theme)

    def follow(self, theme: str) -> None:
        """Take the colours of a napari theme."""
        self._theme = theme
        bar = colour(COLOURS[self._kind], theme)
        # Not of every QLabel: the tooltip is one too, and takes its style from here.
        self.setStyleSheet(
            f"Message {{ border-left: 3px solid {bar}; padding: 3px 0 3px 6px; }}"
        )


def _soon(owner: QObject, function: Callable[[], None]) -> None:
    """Call a function when Qt has nothing else to do, unless its owner is deleted."""
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.timeout.connect(function)
    timer.timeout.connect(timer.deleteLater)
    timer.start(0)


class _Content(QWidget):
    """As high as it is at its width.

    Qt would add up what wrapped sentences need where they are narrowest, and scroll
    over the room that is left.
    """

    def minimumSizeHint(self) -> QSize:
        """Size below which there is a scroll bar, but for the height."""
        hint = super().minimumSizeHint()
        return QSize(hint.width(), 0) if self.hasHeightForWidth() else hint


def _scrolling(content: QVBoxLayout) -> QScrollArea:
    inside = _Content()
    inside.setLayout(content)
    area = QScrollArea()
    # Tab goes to what is in it, which is then scrolled to.
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inside)
    return area
