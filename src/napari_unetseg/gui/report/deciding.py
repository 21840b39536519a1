"""A threshold that somebody chose in the report is written into the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.network.retouch import set_thresholds
from napari_unetseg.gui.parts.form import Folded
from napari_unetseg.gui.parts.worker import Worker, start_worker
from napari_unetseg.gui.report.evidence import model_of
from napari_unetseg.gui.report.thresholds import ThresholdView
from napari_unetseg.runs import listing

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari_unetseg.core.evaluate.report import Report
    from napari_unetseg.gui.parts.dock import Dock
    from napari_unetseg.gui.report.evidence import Evidence


class Deciding:
    """The folded part "Thresholds per class" of the dock.

    Parameters
    ----------
    dock : Dock
        What says what became of it.

    Attributes
    ----------
    folded : Folded
        Hidden while there are no scores.
    view : ThresholdView
        Inside of it.
    """

    def __init__(self, dock: Dock) -> None:
        self._dock = dock
        self._known: Evidence | None = None
        self._worker: Worker | None = None
        self.view = ThresholdView(dock.viewer.theme)
        self.folded = Folded("Thresholds per class", [])
        self.folded.form.add_whole_row(self.view)
        self.folded.hide()
        self.view.used.connect(self._use)

    def show_answer(self, report: Report, known: Evidence) -> None:
        """Show the curves of a report, if there are any."""
        self._known = known
        there = self.view.show_report(report)
        self.folded.setVisible(there)
        self.view.button.setEnabled(bool(known.checksum))

    def _use(self, identity: int, threshold: float) -> None:
        if self._known is None or self._worker is not None:
            return
        self.view.button.setEnabled(False)
        self._dock.say("Writing the threshold into the model…", "busy")
        self._worker = start_worker(
            _written(self._known, identity, threshold),
            owner=self._dock,
            name="Threshold of the model",
            on_event=lambda _: None,
            on_return=self._tell,
            on_error=self._fail,
        )

    def _tell(self, sentence: str) -> None:
        self._over()
        self._dock.say(sentence, "done")

    def _fail(self, error: Exception) -> None:
        self._over()
        self._dock.say(str(error), "error")
        if not isinstance(error, UnetsegError | OSError):
            raise error

    def _over(self) -> None:
        self._worker = None
        self.view.button.setEnabled(True)


def _written(
    known: Evidence, identity: int, threshold: float
) -> Generator[None, None, str]:
    """Write a threshold into the model that made a prediction."""
    yield
    path = model_of(known.checksum, known.run)
    set_thresholds(path, {identity: threshold})
    return (
        f"{listing.model_name(path)} chooses class {identity} from {threshold:g} on. "
        "Segment again to see it."
    )
