"""Keeps asking how good the slice in view is, while labels are corrected."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer, Signal  # type: ignore[attr-defined]

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.gui.parts.lifetime import when_destroyed
from napari_unetseg.gui.parts.worker import Worker, start_worker
from napari_unetseg.gui.report.plane import PlaneAnswer, PlaneQuestion, answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.components import Dims
    from qtpy.QtWidgets import QWidget

# Milliseconds without a stroke or a step of the slider, before anything is read.
REST = 120
# What moves the plane in view.
_DIMS = ("point", "order", "ndisplay")


class Live(QObject):
    """Asks when something has changed and it is quiet; the newest question wins.

    Parameters
    ----------
    owner : QWidget
        When it is destroyed nothing is asked or told any more.
    dims : Dims
        Of the viewer.
    ask : callable
        Gives the question of this moment; an `UnetsegError` says why there is none.

    Attributes
    ----------
    answered : Signal
        With a `PlaneAnswer`.
    refused : Signal
        With a sentence: there is no answer, and why.
    """

    answered = Signal(object)
    refused = Signal(str)

    def __init__(
        self, owner: QWidget, dims: Dims, ask: Callable[[], PlaneQuestion]
    ) -> None:
        super().__init__(owner)
        self.is_on = False
        self._owner, self._ask = owner, ask
        self._asked: PlaneQuestion | None = None
        self._worker: Worker | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self._start)
        _follow(dims, self)

    def set_on(self, on: bool) -> None:
        """Begin to ask, at once, or end."""
        self.is_on = on
        self._forget()
        self._rest.stop()
        if on:
            self._start()

    def touch(self, _: object = None) -> None:
        """Note that the answer may be another by now."""
        if self.is_on:
            self._forget()
            self._rest.start()

    def _forget(self) -> None:
        if self._asked is not None:
            self._asked.stale.set()
            self._asked = None

    def _start(self) -> None:
        """Ask, as soon as nobody works on an earlier question: one at a time."""
        if not self.is_on or self._worker is not None:
            return
        try:
            question = self._ask()
        except UnetsegError as error:
            self.refused.emit(str(error))
            return
        self._asked = question
        self._worker = start_worker(
            answer(question),
            owner=self._owner,
            name="IoU of the slice in view",
            on_event=lambda _: None,
            on_return=lambda found: self._end(question, found),
            on_error=lambda error: self._fail(question, error),
        )

    def _end(self, question: PlaneQuestion, found: PlaneAnswer | None) -> None:
        if self._over(question) and found is not None:
            self.answered.emit(found)

    def _fail(self, question: PlaneQuestion, error: Exception) -> None:
        expected = isinstance(error, UnetsegError | OSError)
        if self._over(question) and expected:
            self.refused.emit(str(error))
        if not expected:
            raise error

    def _over(self, question: PlaneQuestion) -> bool:
        """Let the next one be asked; whether the answer to this one is still wanted."""
        self._worker = None
        wanted = question is self._asked
        if wanted:
            self._asked = None
        elif not self._rest.isActive():
            self._start()
        return wanted


def _follow(dims: Dims, live: Live) -> None:
    """Tell when the plane in view may be another, as long as the owner is there."""
    myself = weakref.ref(live)

    def moved(_: object = None) -> None:
        alive = myself()
        if alive is not None:
            alive.touch()

    events = [getattr(dims.events, name) for name in _DIMS]
    for event in events:
        event.connect(moved)

    def forget() -> None:
        for event in events:
            event.disconnect(moved)

    when_destroyed(live, forget)
