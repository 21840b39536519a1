"""The Segment dock: images and a model become labels on the images' pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtGui import QEnterEvent

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.gui.parts.channels import ModelChannels
from napari_unetseg.gui.parts.choices import follow_layers, follow_selection
from napari_unetseg.gui.parts.dock import Kind
from napari_unetseg.gui.parts.drawn import Drawn
from napari_unetseg.gui.parts.moved import Moved
from napari_unetseg.gui.run.plan import Plan
from napari_unetseg.gui.run.words import Words
from napari_unetseg.gui.segment.asking import Asking
from napari_unetseg.gui.segment.before import ForecastRow
from napari_unetseg.gui.segment.folder import (
    FolderResults,
    is_of_folder,
    what_of_folder,
)
from napari_unetseg.gui.segment.form import SegmentForm
from napari_unetseg.gui.segment.library import Library
from napari_unetseg.gui.segment.outcome import Outcome
from napari_unetseg.gui.segment.part import VIEWED
from napari_unetseg.gui.segment.queue import Batch
from napari_unetseg.gui.segment.several import QueueDock
from napari_unetseg.gui.segment.source import Source
from napari_unetseg.runs import settings

if TYPE_CHECKING:
    from pathlib import Path

    from napari.viewer import Viewer


WORDS = Words(
    job="Segmentation",
    start="Segment",
    stop="Stop and keep",
    keeps="the finished tiles",
)


class SegmentDock(QueueDock):
    """Apply a trained model to an image layer, to several, or to a folder's images.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        Whose layers are segmented; the labels are added to it.
    """

    job = "segment"
    words = WORDS

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer)
        self.source = Source(napari_viewer)
        self.image = self.source.image
        self.channels = ModelChannels(napari_viewer)
        self.library = Library(self)
        self.model, self.browse = self.library.model, self.library.browse
        self.about = self.library.about
        self.segmenting = SegmentForm(napari_viewer, self.library.besides.model)
        self.asking = Asking(
            napari_viewer, self.source, self.library, self.channels, self.segmenting
        )
        self.forecast = ForecastRow(self)
        self.run.controls.progress.setToolTip(
            "How far the segmentation is. Each slice is computed in tiles, or in one "
            "if it is small; More settings say how large they are."
        )
        self.source.add_to(self.form)
        self.form.extend([self.model, self.browse, self.about])
        self.form.add_whole_row(self.channels)
        self.form.extend([self.segmenting.part, self.segmenting.shapes])
        self.form.add_whole_row(self.forecast)
        self.fold(self.segmenting.folded)
        self._has_erred = False
        self.outcome = Outcome(self)
        self.results = FolderResults(self)
        self.footer.insertWidget(0, self.results)
        self.drawn = Drawn(self)
        self.moved = Moved(napari_viewer, self)
        self._restore()
        self._connect()
        self._on_model()

    def _connect(self) -> None:
        follow_layers(self.viewer, self, self._on_layers)
        follow_selection(self.viewer, self, self._on_selection)
        self.moved.moved.connect(self._on_moved)
        self.drawn.changed.connect(self.refresh)
        self.source.changed.connect(self._on_source)
        self.library.changed.connect(self._on_model)
        self.library.changed.connect(self._on_choice)
        self.channels.changed.connect(self._on_choice)
        self.segmenting.changed.connect(self._on_choice)
        self.run.heard.connect(self.outcome.hear)

    # -- what is asked ------------------------------------------------------------

    def choose_model(self, path: Path) -> None:
        """Choose a model file, from whatever folder."""
        try:
            self.library.choose(path)
        except UnetsegError as error:
            self.say(str(error), "error")

    def check(self) -> None:
        """Refuse what cannot be asked: something is missing, or no image fits.

        Raises
        ------
        UnetsegError
            In a sentence.
        """
        self.asking.check()

    def plan(self) -> Plan:
        """The segmentation that is asked for, of several images the first.

        Raises
        ------
        UnetsegError
            In a sentence, if something is missing or does not fit.
        """
        return self.batch().plans[0]

    def batch(self) -> Batch:
        """All that is asked for, with the layers as they are now.

        Raises
        ------
        UnetsegError
            As `plan`.
        """
        self._on_model()  # The file may have gone since it was chosen.
        return self.asking.batch()

    # -- what happens -------------------------------------------------------------

    def _start(self) -> None:
        try:
            batch = self.batch()
        except (UnetsegError, OSError) as error:
            self.say(str(error), "error")
            return
        settings.remember(self.job, self.values())
        self.results.forget()
        self.begin_all(batch)

    def _on_choice(self) -> None:
        """Take back an error that was about another choice."""
        if self._has_erred and not self.run.running:
            self.say("")
        self.refresh()

    def refresh(self) -> None:
        """Say what the segmentation would take, too."""
        super().refresh()
        if self.run.running:
            return
        of_layers, inside = not self.source.is_folder, self.segmenting.inside
        self.form.show_row(self.segmenting.part.native, of_layers)
        self.form.show_row(self.segmenting.shapes.native, of_layers and inside)
        self.drawn.at(self.segmenting.shapes.value if of_layers and inside else None)
        # What keeps it from being started at all is said below.
        can_start = self.run.controls.start.isEnabled()
        try:
            if of_layers:
                batch, card = self.asking.batch(), self.library.checked()
                self.forecast.at(batch.plans[0], card, batch.note)
            else:
                about = what_of_folder(*self.source.paths()) if can_start else ""
                self.forecast.tell(about)
        except (UnetsegError, OSError) as error:
            self.forecast.tell(str(error) if can_start else "")

    def _on_moved(self) -> None:
        """Another slice, or another part of it, is shown."""
        self.outcome.look()
        viewed = not self.source.is_folder and self.segmenting.part.value in VIEWED
        if viewed and not self.run.running:
            self.refresh()

    def say(self, text: str, kind: Kind = "info", more: str = "") -> None:
        """Show one sentence above the buttons; it replaces the one before."""
        self._has_erred = kind == "error"
        super().say(text, kind, more)

    def _on_source(self) -> None:
        """Other images are chosen."""
        if self._has_erred and not self.run.running:
            self.say("")
        self._on_layers()

    def _on_selection(self) -> None:
        if not (self.source.is_one or self.source.is_folder or self.run.running):
            self._on_source()

    def _on_layers(self) -> None:
        self.image.reset_choices()
        self.segmenting.shapes.reset_choices()
        self.source.show_rows(self.form)
        self.channels.ask_for(self.asking.channels(), self.image.value)
        self.channels.reset_choices()
        # A row without boxes would still be a gap between its neighbours.
        self.form.show_row(self.channels, bool(self.channels.boxes))
        self.refresh()

    def _on_model(self) -> None:
        self.library.read()
        card = self.library.together
        if card is not None:
            self.segmenting.follow(card.network.dimensions)
        self.form.show_row(self.about.native, bool(self.about.value))
        self._on_layers()

    def _on_busy(self, busy: bool) -> None:
        super()._on_busy(busy)
        if busy:
            self.forecast.stop()
            return
        self.outcome.over()
        self.refresh()

    def show_result(self, folder: Path, result: dict[str, Any], before: str) -> None:
        """Add what was made as layers, or say in which files it is."""
        if "images" in result:
            self.results.finished(folder, result)
            self.source.propose_again()
        else:
            self.outcome.finished(folder)

    def show_unfinished(self, folder: Path, text: str, kind: Kind) -> None:
        """Keep what was made in a layer, or say in which files it is."""
        if is_of_folder(folder):
            self.tell(f"{text} {self.results.stopped(folder)}", kind)
        else:
            self.outcome.stopped(folder, text, kind)

    def enterEvent(self, event: QEnterEvent | None) -> None:
        """Offer what was trained meanwhile to whoever comes to choose."""
        self.library.offer()
        if not (self.run.running or self.run.controls.start.isEnabled()):
            self._on_model()  # The file may be a fitting one by now.
        super().enterEvent(event)

    # -- small things -------------------------------------------------------------

    def values(self) -> dict[str, Any]:
        """Plain values of the settings, to be remembered."""
        return {**self.segmenting.values(), **self.library.values()}

    def _restore(self) -> None:
        values = settings.recall(self.job)
        self.library.restore(values)
        self.segmenting.restore(values)
