"""The Segment dock: a layer and a model become labels on the layer's pixels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox, PushButton
from qtpy.QtGui import QEnterEvent
from qtpy.QtWidgets import QFileDialog

from napari_unetseg.core.errors import InputError, UnetsegError
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.gui.parts import settings, sources
from napari_unetseg.gui.parts.channels import ModelChannels
from napari_unetseg.gui.parts.choices import LayerBox, follow_layers
from napari_unetseg.gui.parts.dock import Kind
from napari_unetseg.gui.parts.form import sentence
from napari_unetseg.gui.parts.moved import Moved
from napari_unetseg.gui.run.dock import OPEN_ONE, RunDock
from napari_unetseg.gui.run.launch import Plan
from napari_unetseg.gui.run.words import Words
from napari_unetseg.gui.segment.before import ForecastRow
from napari_unetseg.gui.segment.drawn import Drawn
from napari_unetseg.gui.segment.form import SegmentForm
from napari_unetseg.gui.segment.model import card_of, describe, gone
from napari_unetseg.gui.segment.outcome import Outcome
from napari_unetseg.gui.segment.part import VIEWED, part_of
from napari_unetseg.gui.segment.question import Asked, ask, plan
from napari_unetseg.gui.train.form import restore
from napari_unetseg.runs import listing
from napari_unetseg.runs.home import models_folder

if TYPE_CHECKING:
    from napari.layers import Image
    from napari.viewer import Viewer


TRAIN_ONE = "Press Other model… to open one, or train one with Train U-Net"
WORDS = Words(
    job="Segmentation",
    start="Segment",
    stop="Stop and keep",
    keeps="the finished tiles",
)


class SegmentDock(RunDock):
    """Apply a trained model to an image layer.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        Whose layers are segmented; the labels are added to it.
    """

    job = "segment"
    words = WORDS

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer)
        self.image = LayerBox(
            napari_viewer,
            "image",
            name="image",
            label="Image",
            tooltip="Layer to segment. Stacks are segmented slice by slice.",
        )
        self.channels = ModelChannels(napari_viewer)
        self.model = ComboBox(
            name="model",
            label="Model",
            choices=[],
            tooltip="Trained model. Listed are those of the models' folder and those "
            "that were opened from elsewhere.",
        )
        self.browse = PushButton(
            name="browse",
            text="Other model…",
            tooltip="Choose a model file (*.unetseg.safetensors) from a folder",
        )
        self.about = sentence("about")
        self.segmenting = SegmentForm(napari_viewer)
        self.forecast = ForecastRow(self)
        self.run.controls.progress.setToolTip(
            "How far the segmentation is. Each slice is computed in tiles, or in one "
            "if it is small; More settings say how large they are."
        )
        self.form.extend([self.image, self.model, self.browse, self.about])
        self.form.add_whole_row(self.channels)
        self.form.extend([self.segmenting.part, self.segmenting.shapes])
        self.form.add_whole_row(self.forecast)
        self.fold(self.segmenting.folded)
        self._has_erred = False
        self._opened: list[str] = []
        self._card: ModelCard | UnetsegError | None = None
        self.outcome = Outcome(self)
        self.drawn = Drawn(self)
        self.moved = Moved(napari_viewer, self)
        self._restore()
        self._connect()
        self._on_model()

    def _connect(self) -> None:
        follow_layers(self.viewer, self, self._on_layers)
        self.moved.moved.connect(self._on_moved)
        self.drawn.changed.connect(self.refresh)
        self.image.changed.connect(self._on_layers)
        self.model.changed.connect(self._on_model)
        self.browse.changed.connect(self._browse)
        self.channels.changed.connect(self._on_choice)
        for choice in (self.image, self.model):
            choice.changed.connect(self._on_choice)
        self.segmenting.changed.connect(self._on_choice)
        self.run.heard.connect(self.outcome.hear)

    # -- what is asked ------------------------------------------------------------

    def choose_model(self, path: Path) -> None:
        """Choose a model file, from whatever folder."""
        if not path.exists():
            self.say(str(gone(path)), "error")
            return
        if path.parent != models_folder() and str(path) not in self._opened:
            self._opened.append(str(path))
        self._offer_models()
        self.model.value = str(path)
        self._on_model()

    def chosen_images(self) -> list[Image]:
        """The image layer, or one layer per channel of the model, in its order."""
        if self.channels.boxes:
            return self.channels.layers()
        return [self.image.value] if self.image.value is not None else []

    def check(self) -> Asked:
        """What is asked, if all fits.

        Raises
        ------
        UnetsegError
            In a sentence, if something is missing or does not fit.
        """
        layers = self.chosen_images()
        if not layers:
            raise InputError("There is no image", OPEN_ONE)
        if self._card is None:
            raise InputError("There is no model yet", TRAIN_ONE)
        if isinstance(self._card, UnetsegError):
            raise self._card
        config = self.segmenting.config
        return ask(layers, Path(self.model.value), self._card, config)

    def plan(self) -> Plan:
        """The segmentation that is asked for, with the layers as they are now.

        Raises
        ------
        UnetsegError
            In a sentence, if something is missing or does not fit.
        """
        self._on_model()  # The file may have gone since it was chosen.
        return self._planned()

    def _planned(self) -> Plan:
        asked = self.check()
        choice, shapes = self.segmenting.part.value, self.segmenting.shapes.value
        return plan(asked, part_of(choice, asked.layers[0], self.viewer.dims, shapes))

    # -- what happens -------------------------------------------------------------

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
        inside = self.segmenting.inside
        self.form.show_row(self.segmenting.shapes.native, inside)
        self.drawn.at(self.segmenting.shapes.value if inside else None)
        try:
            planned = self._planned()
        except UnetsegError as error:
            # What keeps it from being started at all is said below.
            can_start = self.run.controls.start.isEnabled()
            self.forecast.refuse(str(error) if can_start else "")
        else:
            assert isinstance(self._card, ModelCard)  # Or it would be refused.
            self.forecast.at(planned, self._card)

    def _on_moved(self) -> None:
        """Another slice, or another part of it, is shown."""
        self.outcome.look()
        if not self.run.running and self.segmenting.part.value in VIEWED:
            self.refresh()

    def say(self, text: str, kind: Kind = "info", more: str = "") -> None:
        """Show one sentence above the buttons; it replaces the one before."""
        self._has_erred = kind == "error"
        super().say(text, kind, more)

    def _on_layers(self) -> None:
        self.image.reset_choices()
        self.segmenting.shapes.reset_choices()
        self.channels.ask_for(self._asked_channels(), self.image.value)
        self.channels.reset_choices()
        # A row without boxes would still be a gap between its neighbours.
        self.form.show_row(self.channels, bool(self.channels.boxes))
        self.refresh()

    def _on_model(self) -> None:
        self._card = None
        if self.model.value:
            path = Path(self.model.value)
            try:
                self._card = card_of(path)
            except UnetsegError as error:
                self._card = error
        card = self._card
        if isinstance(card, ModelCard):
            self.segmenting.follow(card.network.dimensions)
        self.about.value = describe(card) if isinstance(card, ModelCard) else ""
        self.form.show_row(self.about.native, bool(self.about.value))
        self._on_layers()

    def _asked_channels(self) -> tuple[str, ...]:
        """Channels to choose layers for: none if the layer has channels itself."""
        card = self._card
        if not isinstance(card, ModelCard) or self.image.value is None:
            return ()
        try:
            own = sources.image_of([self.image.value]).channel_count
        except UnetsegError:
            return ()
        count = card.network.channels
        if own > 1 or count == 1:
            return ()
        return card.channels or tuple(f"channel {i}" for i in range(count))

    def _on_busy(self, busy: bool) -> None:
        super()._on_busy(busy)
        if busy:
            self.forecast.stop()
            return
        self.outcome.over()
        self.refresh()

    def show_result(self, folder: Path, result: dict[str, Any], before: str) -> None:
        """Add what was made as layers."""
        self.outcome.finished(folder)

    def show_unfinished(self, folder: Path, text: str, kind: Kind) -> None:
        """Keep what was made in a layer."""
        self.outcome.stopped(folder, text, kind)

    def enterEvent(self, event: QEnterEvent | None) -> None:
        """Offer what was trained meanwhile to whoever comes to choose."""
        self._offer_models()
        super().enterEvent(event)

    # -- small things -------------------------------------------------------------

    def _offer_models(self) -> None:
        paths = [str(path) for path in listing.models()]
        others = [path for path in self._opened if path not in paths]
        names = [(listing.model_name(Path(path)), path) for path in (*paths, *others)]
        if [path for _, path in names] != list(self.model.choices):
            self.model.choices = names

    def _browse(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self,
            "Choose a model",
            str(models_folder()),
            f"U-Net models (*{listing.MODEL_ENDING})",
        )
        if name:
            self.choose_model(Path(name))

    def values(self) -> dict[str, Any]:
        """Plain values of the settings, to be remembered."""
        own = {"model": self.model.value, "opened": self._opened}
        return {**self.segmenting.values(), **own}

    def _restore(self) -> None:
        values = settings.recall(self.job)
        opened = values.get("opened")
        if isinstance(opened, list):
            self._opened = [path for path in opened if Path(path).is_file()]
        self._offer_models()
        restore(self.model, values)
        self.segmenting.restore(values)
