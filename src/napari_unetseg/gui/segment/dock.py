"""The Segment dock: a layer and a model become labels on the layer's pixels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox, LineEdit, PushButton
from qtpy.QtGui import QEnterEvent
from qtpy.QtWidgets import QFileDialog

from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.errors import InputError, UnetsegError
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.gui.parts import settings, sources
from napari_unetseg.gui.parts.channels import ModelChannels
from napari_unetseg.gui.parts.choices import LayerBox, follow_layers
from napari_unetseg.gui.parts.dock import Kind
from napari_unetseg.gui.parts.fields import DEVICE, PRECISION
from napari_unetseg.gui.parts.form import Folded, sentence
from napari_unetseg.gui.parts.worker import start_worker
from napari_unetseg.gui.run.dock import OPEN_ONE, RunDock
from napari_unetseg.gui.run.launch import INPUTS, Plan
from napari_unetseg.gui.run.words import Words
from napari_unetseg.gui.segment.model import card_of, describe, gone
from napari_unetseg.gui.segment.question import Asked, ask, plan, tile_in
from napari_unetseg.gui.segment.result import Made, add_result, result_of
from napari_unetseg.gui.train.form import restore
from napari_unetseg.runs import listing
from napari_unetseg.runs.home import models_folder
from napari_unetseg.runs.store import RESULT

if TYPE_CHECKING:
    from napari.layers import Image
    from napari.viewer import Viewer


ALL, THIS = "all slices", "this slice"
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
        self.slices = ComboBox(
            name="slices",
            label="Slices",
            choices=(ALL, THIS),
            tooltip="Segment the whole layer, or only the slice that the viewer shows.",
        )
        self.tile = LineEdit(
            name="tile",
            label="Tile",
            value="auto",
            tooltip="Side of the pieces that are computed at a time, in pixels, or "
            "auto or whole. Smaller ones take less memory; the result is the same.",
        )
        self.device = DEVICE.widget("auto")
        self.precision = PRECISION.widget("auto")
        self.run.controls.progress.setToolTip(
            "How far the segmentation is. Each slice is computed in tiles, or in one "
            "if it is small; More settings say how large they are."
        )
        self.form.extend([self.image, self.model, self.browse, self.about])
        self.form.add_whole_row(self.channels)
        self.form.append(self.slices)
        more = [self.tile, self.device, self.precision]
        self.fold(Folded("More settings", more))
        self._settings = (self.model, self.slices, *more)
        self._has_erred = False
        self._opened: list[str] = []
        self._card: ModelCard | UnetsegError | None = None
        self._restore()
        self._connect()
        self._on_model()

    def _connect(self) -> None:
        follow_layers(self.viewer, self, self._on_layers)
        self.image.changed.connect(self._on_layers)
        self.model.changed.connect(self._on_model)
        self.browse.changed.connect(self._browse)
        self.channels.changed.connect(self._on_choice)
        for choice in (self.image, *self._settings):
            choice.changed.connect(self._on_choice)

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
        config = SegmentConfig.check(
            tile=tile_in(self.tile.value),
            device=self.device.value,
            precision=self.precision.value,
        )
        return ask(layers, Path(self.model.value), self._card, config)

    def plan(self) -> Plan:
        """The segmentation that is asked for, with the layers as they are now.

        Raises
        ------
        UnetsegError
            In a sentence, if something is missing or does not fit.
        """
        self._on_model()  # The file may have gone since it was chosen.
        shown = self.viewer.dims if self.slices.value == THIS else None
        return plan(self.check(), shown)

    # -- what happens -------------------------------------------------------------

    def _on_choice(self) -> None:
        """Take back an error that was about another choice."""
        if self._has_erred and not self.run.running:
            self.say("")
        self.refresh()

    def say(self, text: str, kind: Kind = "info", more: str = "") -> None:
        """Show one sentence above the buttons; it replaces the one before."""
        self._has_erred = kind == "error"
        super().say(text, kind, more)

    def _on_layers(self) -> None:
        self.image.reset_choices()
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

    def show_result(self, folder: Path, result: dict[str, Any], before: str) -> None:
        """Read the labels beside the window, and add them as a layer."""
        self.say("Reading the labels…", "busy")
        start_worker(
            result_of(folder),
            owner=self,
            name=f"Reading {folder.name}",
            on_event=lambda _: None,
            on_return=lambda made: self._add(folder, made),
            on_error=lambda error: self.say(str(error), "error"),
        )

    def _add(self, folder: Path, made: Made) -> None:
        layer = add_result(self.viewer, made)
        listing.mark_seen(folder)
        listing.tidy(folder, INPUTS, RESULT)
        self.tell(f"The labels are in the layer '{layer.name}'.")

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
        return {w.name: w.value for w in self._settings} | {"opened": self._opened}

    def _restore(self) -> None:
        values = settings.recall(self.job)
        opened = values.get("opened")
        if isinstance(opened, list):
            self._opened = [path for path in opened if Path(path).is_file()]
        self._offer_models()
        for widget in self._settings:
            restore(widget, values)
