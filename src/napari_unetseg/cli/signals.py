"""Ctrl-C and a request to end become words to the run, not an exception of ours."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import FrameType

CAUGHT = (signal.SIGINT, signal.SIGTERM)


class Signals:
    """Collects signals for as long as the ``with`` block lasts.

    Attributes
    ----------
    received : list of int
        Their numbers, in the order in which they came.
    """

    def __init__(self) -> None:
        self.received: list[int] = []
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        """Receive signals; only the main thread of a process may."""
        if threading.current_thread() is threading.main_thread():
            for number in CAUGHT:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signals back to whom they belonged."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.received.append(number)
