"""Small buttons that look like links, for what is only to be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_unetseg.gui.parts.colours import colour

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Link(QPushButton):
    """A flat button.

    Parameters
    ----------
    text, tooltip : str
        What it is and does.
    pressed : callable
        What it does.
    """

    def __init__(self, text: str, tooltip: str, pressed: Callable[[], None]) -> None:
        super().__init__(text)
        self._tooltip = tooltip
        self._limit = ""
        self.setFlat(True)
        self.setToolTip(tooltip)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(lambda: pressed())

    def refuse(self, why: str) -> None:
        """Keep it from being pressed and say why in its tooltip; "" lets it be."""
        self.setEnabled(not why)
        self.setToolTip(why or f"{self._tooltip}{self._limit}")

    def limit(self, limit: str) -> None:
        """Say in the tooltip what it leaves out; "" takes that back."""
        self._limit = limit
        if self.isEnabled():
            self.setToolTip(f"{self._tooltip}{limit}")


class Links(QWidget):
    """Links in rows, in the colours of a napari theme.

    Parameters
    ----------
    *rows : sequence of Link
        From the top, and from the left.
    """

    def __init__(self, *rows: Sequence[Link]) -> None:
        super().__init__()
        self.rows = QVBoxLayout(self)
        self.rows.setContentsMargins(0, 0, 0, 0)
        self.rows.setSpacing(2)
        for links in rows:
            row = QHBoxLayout()
            row.setSpacing(6)
            for link in links:
                row.addWidget(link)
            row.addStretch(1)
            self.rows.addLayout(row)

    def follow(self, theme: str) -> None:
        """Take the colours of a napari theme."""
        blue = colour("blue", theme)
        # As far from the left as the labels of a form.
        self.setStyleSheet(
            "Link, Link:disabled { background-color: transparent; "
            "border: 0px; padding: 2px 5px; }"
            "Link:disabled { text-decoration: none; }"
            f"Link:enabled {{ color: {blue}; text-decoration: underline; }}"
            "Link:hover, Link:focus "
            "{ background-color: rgba(128, 128, 128, 60); }"
        )
