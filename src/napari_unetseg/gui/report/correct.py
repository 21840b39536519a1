"""What is seen while labels are corrected: scores of the slice in view, and errors."""

from __future__ import annotations

import weakref
from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QCheckBox

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.gui.parts import sources
from napari_unetseg.gui.parts.view import in_view
from napari_unetseg.gui.parts.worker import Worker, start_worker
from napari_unetseg.gui.report.errors import ErrorLayers, state_of
from napari_unetseg.gui.report.errors_row import ErrorsRow
from napari_unetseg.gui.report.live import Live
from napari_unetseg.gui.report.live_view import LiveScores
from napari_unetseg.gui.report.plane import PlaneAnswer, PlaneQuestion, answer
from napari_unetseg.gui.report.question import Terms, class_names, refer
from napari_unetseg.gui.report.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy as np
    from napari.layers import Labels
    from napari.viewer import Viewer
    from numpy.typing import NDArray

    from napari_unetseg.gui.parts.dock import Dock
    from napari_unetseg.layers.view import Key

    Layers = tuple[Labels, Labels]
    Known = tuple[Key, NDArray[np.uint8]]

TOOLTIP = (
    "Show the IoU of the slice in view, and keep it true while you paint, erase, fill, "
    "undo, or move the slider. Only this slice is read."
)


class Correcting:
    """The box "Live" and what it turns on; and the layers of errors.

    Parameters
    ----------
    dock : Dock
        What says why there are no errors to be shown.
    layers : callable
        Gives prediction and truth; an `InputError` says what is missing.
    terms : callable
        Gives the ids that mean "not annotated" and what the others are; an
        `InputError` names what is no id.

    Attributes
    ----------
    box : QCheckBox
        Turns it on and off.
    scores : LiveScores
        Hidden while it is off.
    row : ErrorsRow
        Adds layers of errors.
    """

    def __init__(
        self,
        dock: Dock,
        layers: Callable[[], Layers],
        terms: Callable[[], Terms],
    ) -> None:
        self._dock, self._layers, self._terms = dock, layers, terms
        self._viewer: Viewer = dock.viewer
        self._about: tuple[object, ...] = ()
        self._ids: set[int] = set()
        self._worker: Worker | None = None
        self.box = QCheckBox("IoU of the slice in view")
        self.box.setToolTip(TOOLTIP)
        self.scores = LiveScores()
        self.scores.hide()
        self.row = ErrorsRow(self.show_errors)
        self._errors = ErrorLayers(self._viewer)
        self._watch = Watch(dock, drawn=True)
        self.live = Live(dock, self._viewer.dims, self._live_question)
        self._watch.changed.connect(self.live.touch)
        self.live.answered.connect(self._show)
        self.live.refused.connect(self.scores.show_reason)
        self.box.toggled.connect(self._turn)

    def touch(self) -> None:
        """Note that other layers are chosen, or other ids are not annotated."""
        self._offer(())
        self.live.touch()

    def found(self, ids: Iterable[int]) -> None:
        """Note classes that a comparison of the chosen layers has found."""
        self._offer(ids)

    def show_errors(self) -> None:
        """Add the errors of the chosen class, once those in view are worked out."""
        if self._worker is not None:
            return
        identity, name = self.row.chosen, self.row.name
        try:
            layers, terms = self._layers(), self._terms()
        except UnetsegError as error:
            self._dock.say(str(error), "error")
            return

        state = state_of(*layers, terms)

        def show(found: PlaneAnswer | None = None) -> None:
            self._worker = None
            same = state_of(*layers, terms) == state
            known = (found.key, found.errors[identity]) if found and same else None
            self._add(layers, identity, terms, name, known)

        try:
            question = self._question((identity,))
        except UnetsegError:
            # No plane is in view: the layer can tell as much as it is asked.
            show()
            return
        self._worker = start_worker(
            answer(question),
            owner=self._dock,
            name="Errors of the slice in view",
            on_event=lambda _: None,
            on_return=show,
            on_error=lambda error: self._fail(error, show),
        )

    def _add(
        self,
        layers: Layers,
        identity: int | None,
        terms: Terms,
        name: str,
        known: Known | None,
    ) -> None:
        if any(layer not in self._viewer.layers for layer in layers):
            return
        try:
            layer = self._errors.show(
                *layers, identity, terms=terms, class_name=name, known=known
            )
        except UnetsegError as error:
            self._dock.say(str(error), "error")
        else:
            self._dock.say(f"Shown: '{layer.name}'.", "done")

    def _fail(self, error: Exception, show: Callable[[], None]) -> None:
        """Show the layer all the same: what has no scores may have errors."""
        show()
        if not isinstance(error, UnetsegError | OSError):
            raise error

    def _turn(self, on: bool) -> None:
        self.scores.setVisible(on)
        if not on:
            self._watch.at()
        self.live.set_on(on)

    def _question(self, classes: tuple[int | None, ...] = ()) -> PlaneQuestion:
        prediction, truth = self._layers()
        asked = refer(prediction, truth, *self._terms())
        return PlaneQuestion(
            comparison=asked,
            key=in_view(self._viewer, asked.truth),
            classes=classes,
        )

    def _live_question(self) -> PlaneQuestion:
        prediction, truth = self._layers()
        self._watch.at(prediction, truth)
        self._offer(())
        kind = self._terms().kind
        question = self._question(self._errors.classes(prediction, truth, kind))
        names = dict.fromkeys(self.scores.seen, "") | dict(question.comparison.names)
        return replace(question, comparison=replace(question.comparison, names=names))

    def _show(self, found: PlaneAnswer) -> None:
        prediction, truth = self._layers()
        ids = found.report.overlap.ids
        colors = sources.class_colors(truth, ids)
        self.scores.show_scores(found.plane, found.report, colors)
        self._offer(ids)
        self._errors.renew(prediction, truth, found.key, found.errors, self._terms())

    def _offer(self, ids: Iterable[int]) -> None:
        """Offer the classes that are known of the two layers."""
        try:
            prediction, truth = self._layers()
            terms = self._terms()
        except UnetsegError:
            self._ids.clear()
            self.row.offer((), {})
            self.row.button.setEnabled(False)
            return
        about = weakref.ref(prediction), weakref.ref(truth), terms
        if self._about != about:
            self._about = about
            self._ids.clear()
            self.scores.forget()
        if terms.kind == "classes":
            self._ids.update(ids)
            names = class_names(prediction, truth)
            known = {i: name for i, name in names.items() if i not in terms.ignore}
            self.row.offer(self._ids, known)
        else:
            self.row.offer((), {}, together="objects")
        self.row.button.setEnabled(True)
