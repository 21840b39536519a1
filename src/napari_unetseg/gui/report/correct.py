"""What is seen while labels are corrected: scores of the slice in view."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QCheckBox

from napari_unetseg.gui.parts import sources
from napari_unetseg.gui.report.live import Live
from napari_unetseg.gui.report.live_view import LiveScores
from napari_unetseg.gui.report.plane import PlaneAnswer, PlaneQuestion
from napari_unetseg.gui.report.question import refer
from napari_unetseg.gui.report.view import in_view
from napari_unetseg.gui.report.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Labels
    from napari.viewer import Viewer
    from qtpy.QtWidgets import QWidget

    Layers = tuple[Labels, Labels]

TOOLTIP = (
    "Show the IoU of the slice in view, and keep it true while you paint, erase, fill, "
    "undo, or move the slider. Only this slice is read."
)


class Correcting:
    """The box "Live", and what it turns on.

    Parameters
    ----------
    owner : QWidget
        The dock.
    viewer : napari.viewer.Viewer
        What is in view.
    layers : callable
        Gives prediction and truth; an `InputError` says what is missing.
    ignore : callable
        Gives the ids that mean "not annotated"; an `InputError` names what is none.

    Attributes
    ----------
    box : QCheckBox
        Turns it on and off.
    scores : LiveScores
        Hidden while it is off.
    """

    def __init__(
        self,
        owner: QWidget,
        viewer: Viewer,
        layers: Callable[[], Layers],
        ignore: Callable[[], tuple[int, ...]],
    ) -> None:
        self._viewer, self._layers, self._ignore = viewer, layers, ignore
        self._shown: tuple[object, ...] = ()
        self.box = QCheckBox("IoU of the slice in view")
        self.box.setToolTip(TOOLTIP)
        self.scores = LiveScores()
        self.scores.hide()
        self._watch = Watch(owner, drawn=True)
        self.live = Live(owner, viewer.dims, self._question)
        self._watch.changed.connect(self.live.touch)
        self.live.answered.connect(self._show)
        self.live.refused.connect(self.scores.show_reason)
        self.box.toggled.connect(self._turn)

    def touch(self) -> None:
        """Note that other layers are chosen, or other ids are not annotated."""
        self.live.touch()

    def _turn(self, on: bool) -> None:
        self.scores.setVisible(on)
        if not on:
            self._watch.at()
        self.live.set_on(on)

    def _question(self) -> PlaneQuestion:
        prediction, truth = self._layers()
        self._watch.at(prediction, truth)
        asked = refer(prediction, truth, self._ignore())
        if self._shown != (prediction.name, truth.name, asked.ignore):
            self._shown = prediction.name, truth.name, asked.ignore
            self.scores.forget()
        names = dict.fromkeys(self.scores.seen, "") | dict(asked.names)
        return PlaneQuestion(
            comparison=replace(asked, names=names),
            key=in_view(self._viewer, asked.truth),
        )

    def _show(self, answer: PlaneAnswer) -> None:
        _, truth = self._layers()
        colors = sources.class_colors(truth, answer.report.overlap.ids)
        self.scores.show_scores(answer.plane, answer.report, colors)
