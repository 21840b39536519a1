"""What is to be done when Qt deletes a widget."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtCore import QObject

_WAITING: set[object] = set()


def when_destroyed(owner: QObject, forget: Callable[[], None]) -> None:
    """Call a function once Qt has deleted an object.

    Until then it is held here: Python's garbage collector may clear a function that
    only the dying object holds before Qt calls it. It must not hold the owner itself,
    which would then live for ever.
    """

    def slot(_: object = None) -> None:
        _WAITING.discard(slot)
        forget()

    _WAITING.add(slot)
    owner.destroyed.connect(slot)
