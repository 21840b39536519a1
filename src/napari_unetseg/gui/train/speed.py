"""How fast this computer trains: known, or measured beside the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal  # type: ignore[attr-defined]

from napari_unetseg.gui.parts.worker import Worker, start_worker
from napari_unetseg.runs import machine

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_unetseg.runs.machine import Machine


class Speed(QObject):
    """Measures this computer once in a month, in a process of its own.

    Attributes
    ----------
    machine : Machine or None
        The figures; None while they are not known.
    problem : str
        Why they cannot be known, in a sentence; torch is missing, say.
    changed : Signal
        One of these is another.
    """

    changed = Signal()

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self._owner = owner
        self._worker: Worker | None = None
        self.machine: Machine | None = machine.known()
        self.problem = ""

    def measure(self) -> None:
        """Measure what is not known; takes some seconds, at low priority."""
        if self.machine is not None or self._worker is not None:
            return
        self._worker = start_worker(
            machine.measuring(),
            owner=self._owner,
            name="Measuring how fast this computer trains",
            on_event=lambda _: None,
            on_return=self._know,
            on_error=self._fail,
        )

    def stop(self) -> None:
        """Leave the computer to something more important."""
        if self._worker is not None:
            self._worker.quit()
            self._worker = None

    def _know(self, measured: Machine) -> None:
        self._worker = None
        self.machine = measured
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self._worker = None
        self.problem = str(error)
        self.changed.emit()
