"""Widgets of a row that take one another's place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qtpy.QtWidgets import QWidget


def swap(states: Iterable[tuple[QWidget, bool]]) -> None:
    """Hide and show widgets, without a moment in which the row holds too many.

    Parameters
    ----------
    states : iterable of (QWidget, bool)
        Whether each is to be seen.
    """
    # Qt lays a row out as soon as one is shown: those that go, go before.
    for widget, shown in sorted(states, key=lambda state: state[1]):
        widget.setVisible(shown)
