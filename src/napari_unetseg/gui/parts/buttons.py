"""A button with a tooltip that does one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QPushButton

if TYPE_CHECKING:
    from collections.abc import Callable


def make_button(text: str, tooltip: str, pressed: Callable[[], None]) -> QPushButton:
    """Make a button; `pressed` is called without what Qt says about it."""
    made = QPushButton(text)
    made.setToolTip(tooltip)
    made.clicked.connect(lambda: pressed())
    return made
