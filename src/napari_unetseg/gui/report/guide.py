"""The list of the worst slices or objects, and the flight to one of them."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QComboBox

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.evaluate.worst import largest_error
from napari_unetseg.gui.parts.fly import Flight
from napari_unetseg.gui.parts.worker import Worker, start_worker
from napari_unetseg.gui.report.plane import PlaneQuestion, answer
from napari_unetseg.gui.report.question import Answer, Terms, refer
from napari_unetseg.gui.report.worst import WorstTable

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari.layers import Labels

    from napari_unetseg.gui.parts.dock import Dock
    from napari_unetseg.gui.report.listed import Place
    from napari_unetseg.layers.view import Key

    Box = tuple[tuple[int, ...], tuple[int, ...]]


class Guide:
    """Takes the viewer to where the compared layers differ most.

    Parameters
    ----------
    dock : Dock
        Around the table.

    Attributes
    ----------
    by : QComboBox
        Whether objects or slices are listed; hidden unless there are both.
    table : WorstTable
        Hidden until there is a comparison.
    """

    def __init__(self, dock: Dock) -> None:
        self._dock = dock
        self.by = QComboBox()
        self.by.setToolTip("What is listed below, the worst first")
        self.by.setAccessibleName("Listed below")
        for text, by in (("Objects", "objects"), ("Slices", "slices")):
            self.by.addItem(f"{text}, the worst first", by)
        self.by.hide()
        self.by.currentIndexChanged.connect(lambda _: self._list())
        self.table = WorstTable()
        self.table.hide()
        self.table.chosen.connect(self._go)
        self._flight = Flight(dock, dock.viewer)
        self._answer: Answer | None = None
        self._layers: tuple[weakref.ref[Labels], ...] = ()
        self._terms = Terms()
        self._searching: PlaneQuestion | None = None
        self._worker: Worker | None = None

    def show_answer(
        self, found: Answer, prediction: Labels, truth: Labels, terms: Terms
    ) -> None:
        """List what a comparison of two layers has found.

        Parameters
        ----------
        found : Answer
            The scores.
        prediction, truth : Labels
            In which is searched; they are not kept alive.
        terms : Terms
            What was left out, and what the ids are.
        """
        self._answer, self._terms = found, terms
        self._layers = weakref.ref(prediction), weakref.ref(truth)
        self._list()
        self.table.show()
        self.by.setVisible(found.objects is not None)

    def _list(self) -> None:
        if self._answer is not None:
            self.table.show_answer(self._answer, self.by.currentData())

    def _go(self, place: Place) -> None:
        if self._answer is None or self._answer.truth is None:
            return
        self._give_up()
        if place.exact:
            self._flight.to_box(self._answer.truth, place.start, place.stop)
            return
        self._flight.to_slice(self._answer.truth, place.start, place.stop)
        self._search(place)

    def _give_up(self) -> None:
        if self._searching is not None:
            self._searching.stale.set()
            self._searching = None

    def _search(self, place: Place) -> None:
        """Look for the largest error of a slice, beside the window."""
        prediction, truth = (one() for one in self._layers)
        there = self._dock.viewer.layers
        if prediction not in there or truth not in there:
            return
        assert prediction is not None
        assert truth is not None
        try:
            asked = refer(prediction, truth, *self._terms)
        except UnetsegError:
            return
        question = PlaneQuestion(
            comparison=asked, key=_plane(place, asked.truth.image.axes), classes=(None,)
        )
        self._searching = question
        self._worker = start_worker(
            _largest(question),
            owner=self._dock,
            name="Search for the largest error",
            on_event=lambda _: None,
            on_return=lambda found: self._arrive(question, place, found),
            on_error=lambda error: self._fail(question, error),
        )

    def _arrive(self, question: PlaneQuestion, place: Place, box: Box | None) -> None:
        if question is not self._searching:
            return
        self._searching = None
        if box is None:
            return
        assert question.key is not None
        start, stop = list(place.start), list(place.stop)
        seen = [i for i, one in enumerate(question.key) if isinstance(one, slice)]
        for axis, first, behind in zip(seen, *box, strict=True):
            start[axis], stop[axis] = (place.start[axis] + i for i in (first, behind))
        self._flight.to_box(question.comparison.truth, start, stop)

    def _fail(self, question: PlaneQuestion, error: Exception) -> None:
        """Stay in the slice if the layers cannot be compared any more."""
        if question is self._searching:
            self._searching = None
        if not isinstance(error, UnetsegError | OSError):
            raise error


def _largest(question: PlaneQuestion) -> Generator[None, None, Box | None]:
    """The box of the largest error of a plane; None if there is none."""
    found = yield from answer(question)
    return None if found is None else largest_error(found.errors[None])


def _plane(place: Place, axes: str) -> Key:
    """The slice of a place, as an index into the truth."""
    return tuple(
        slice(None) if axis in "YX" else first
        for axis, first in zip(axes, place.start, strict=True)
    )
