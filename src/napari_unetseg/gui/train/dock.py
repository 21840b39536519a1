"""The Train dock: layers and settings become a training, which is watched here."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox, LineEdit
from qtpy.QtWidgets import QPushButton

from napari_unetseg.core.errors import InputError, UnetsegError
from napari_unetseg.core.frames import Frames
from napari_unetseg.gui.parts import settings
from napari_unetseg.gui.parts.channels import FurtherChannels
from napari_unetseg.gui.parts.choices import LayerBox, follow_layers
from napari_unetseg.gui.parts.form import sentence
from napari_unetseg.gui.parts.worker import Worker, start_worker
from napari_unetseg.gui.run.dock import OPEN_ONE, RunDock
from napari_unetseg.gui.run.launch import Plan
from napari_unetseg.gui.run.words import Words
from napari_unetseg.gui.train.form import INSTANCES, TrainForm, restore
from napari_unetseg.gui.train.links import Link, Links
from napari_unetseg.gui.train.look import Look, Wish
from napari_unetseg.gui.train.question import Asked, ask, plan
from napari_unetseg.gui.train.region import RegionBox
from napari_unetseg.gui.train.shows import Shown, split_of, split_on, weights_on
from napari_unetseg.gui.train.speed import Speed
from napari_unetseg.gui.train.summary import details, summary
from napari_unetseg.runs import listing
from napari_unetseg.runs.cost import training_cost
from napari_unetseg.runs.folder import read_question
from napari_unetseg.runs.questions import TrainQuestion

if TYPE_CHECKING:
    from pathlib import Path

    from napari.layers import Image, Labels
    from napari.viewer import Viewer

    from napari_unetseg.core.prepare.parts import Part
    from napari_unetseg.layers.to_layer import LayerData
    from napari_unetseg.runs.cost import Cost

SEGMENT_DOCK = "Segment with U-Net"
STEPS = "The steps decide how long it trains: clear them, under More settings"
REGION_DECIDES = (
    "What 0 means is decided by the layer in which everything counts: choose nowhere, "
    "under More settings"
)
SPLIT = (
    "Add a layer of shapes that shows what trains, what validates and what is left out"
)
NO_SPLIT = "What trains and what validates can be shown once a training has begun"
WEIGHTS = (
    "Add a layer that shows how much each pixel counts: more, where objects nearly "
    "touch"
)
WEIGHING = "The weights are being worked out"
STOP, KEEP_TRAINING = "stop and keep", "keep training"
WORDS = Words(
    job="Training",
    start="Train",
    stop="Stop and keep",
    keeps="the best weights so far",
    curves=True,
)


class TrainDock(RunDock):
    """Train a U-Net on painted labels.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        Whose layers are learnt from.

    Attributes
    ----------
    trained : Path or None
        File of the model that was trained last.
    """

    job = "train"
    words = WORDS

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer)
        self.image = LayerBox(
            napari_viewer,
            "image",
            name="image",
            label="Image",
            tooltip="Layer to learn from. Stacks are learnt slice by slice, RGB as it "
            "is.",
        )
        self.channels = FurtherChannels(napari_viewer)
        self.labels = LayerBox(
            napari_viewer,
            "labels",
            name="labels",
            label="Labels",
            tooltip="What is painted: classes, or single objects. It need not cover "
            "the image.",
        )
        self.region = RegionBox(napari_viewer)
        self.training = TrainForm(self.region)
        self.verdict = sentence("verdict")
        self.cost = sentence("cost")
        self.model = LineEdit(
            name="model",
            label="Model name",
            tooltip="Name of the model file. An existing one is never replaced: the "
            "new one then gets a number.",
        )
        self.closing = ComboBox(
            name="closing",
            label="On closing",
            choices=(STOP, KEEP_TRAINING),
            tooltip="If napari closes: stop the training and keep the best weights so "
            "far, or keep training; this dock finds it again.",
        )
        self.form.append(self.image)
        self.form.add_row("With", "Further channels of the image", self.channels)
        self.weights_link = Link("Show weights", WEIGHTS, self.show_weights)
        self.split_link = Link("Show split", SPLIT, self.show_split)
        self.links = Links(self.split_link, self.weights_link)
        self.links.follow(napari_viewer.theme)
        self.form.extend(
            [self.labels, self.training.task, self.training.zero, self.verdict]
        )
        self.form.add_whole_row(self.links)
        self.form.extend(
            [
                self.training.preset,
                self.training.minutes,
                self.cost,
                self.model,
                self.closing,
            ]
        )
        for box in self.training.folded:
            self.fold(box)
        self.objects_button = QPushButton("Learn single objects")
        self.objects_button.setToolTip("Each label is an object then, not a class")
        self.objects_button.hide()
        self.footer.insertWidget(0, self.objects_button)
        self.segment_button = QPushButton("Segment with this model")
        self.segment_button.setToolTip("Open the Segment dock with the new model")
        self.segment_button.hide()
        self.footer.addWidget(self.segment_button)
        self.look = Look(self)
        self.speed = Speed(self)
        self._split, self._weights = Shown(napari_viewer), Shown(napari_viewer)
        self._weighing: Worker | None = None
        self._ended: Path | None = None
        self._suggested = ""
        self.trained: Path | None = None
        self._restore()
        self._connect()
        self._on_layers()
        self.later(self.speed.measure)

    def _connect(self) -> None:
        follow_layers(self.viewer, self, self._on_layers)
        for box in (self.image, self.labels, self.region):
            box.changed.connect(self._on_choice)
        self.channels.changed.connect(self.refresh)
        self.training.changed.connect(self._on_choice)
        self.model.changed.connect(self.refresh)
        self.look.changed.connect(self.refresh)
        self.speed.changed.connect(self.refresh)
        self.run.busy.connect(self.segment_button.hide)
        self.run.busy.connect(self._share_computer)
        self.run.ended.connect(self._offer_views)
        self.segment_button.clicked.connect(self._open_segment)
        self.objects_button.clicked.connect(self._learn_objects)

    # -- what is asked ------------------------------------------------------------

    def chosen_images(self) -> list[Image]:
        """The image layer, and those that are further channels of it."""
        first = self.image.value
        return [] if first is None else [first, *self.channels.layers()]

    def plan(self) -> Plan:
        """As `RunDock.plan`: with the layers as they are now."""
        return plan(
            self.check(),
            self.model.value.strip(),
            start_from=self.training.start_from.value,
            stays=self.stays,
        )

    @property
    def stays(self) -> bool:
        """Whether the training goes on when napari is closed."""
        return bool(self.closing.value == KEEP_TRAINING)

    def check(self) -> Asked:
        """As `RunDock.check`: what is asked, if all fits."""
        images = self.chosen_images()
        if not images:
            raise InputError("There is no image", OPEN_ONE)
        if self.labels.value is None:
            raise InputError(
                "There are no labels", "Add a labels layer and paint some of each class"
            )
        config, region = self.training.config, self.region.value
        if config.freeze and not self.training.start_from.value:
            raise InputError(
                "A new network has no way down that could keep its weights",
                "Choose a model for 'Start from', or untick 'Freeze'",
            )
        asked = ask(images, self.labels.value, self.look.seen, config, region)
        self._cost(asked)  # Refuses a network that is too deep.
        if not self.model.value.strip():
            raise InputError("The model has no name", "Give it one")
        return asked

    # -- what happens -------------------------------------------------------------

    def _on_layers(self) -> None:
        self.image.reset_choices()
        self.labels.reset_choices()
        self.region.reset_choices()
        self._on_choice()

    def _on_choice(self) -> None:
        there = self.channels.offer(self.image.value)
        self.form.show_row(self.channels, there)
        steps_decide = self.training.steps_decide
        self.form.refuse(self.training.minutes.native, STEPS if steps_decide else "")
        region = self.region.value
        zero = self.training.zero
        self.form.refuse(zero.native, "" if region is None else REGION_DECIDES)
        self._suggest_name()
        self.look.at(self.labels.value, Wish(zero.value, self.training.objects, region))
        self.refresh()

    def refresh(self) -> None:
        """Say what 0 means, what is validated on and what it costs, too."""
        super().refresh()
        self._offer_views()
        if self.run.running:
            return
        seen = self.look.seen
        self.objects_button.setVisible(seen is not None and seen.like_objects)
        try:
            asked = self.check()
        except UnetsegError:
            self._tell("" if seen is None or seen.problem else seen.sentence, "")
        else:
            cost = f"{self._cost(asked).sentence()} {self.speed.problem}".strip()
            self._tell(asked.notes, cost)

    def _learn_objects(self) -> None:
        self.training.task.value = INSTANCES

    def _share_computer(self, busy: bool) -> None:
        """Measure only while nothing more important is computed."""
        if busy:
            self.speed.stop()
        else:
            self.speed.measure()

    def _tell(self, verdict: str, cost: str) -> None:
        for label, text in ((self.verdict, verdict), (self.cost, cost)):
            label.value = text
            self.form.show_row(label.native, bool(text))

    def _cost(self, asked: Asked) -> Cost:
        image = asked.image.image
        frames = Frames(image, asked.config.dimensions)
        return training_cost(
            asked.config,
            channels=image.channel_count,
            classes=len(asked.ids),
            machine=self.speed.machine,
            shape=frames.shape,
            spacing=frames.spacing,
        )

    def show_result(self, folder: Path, result: dict[str, Any], before: str) -> None:
        """Say how good the model is and where, and offer to segment with it."""
        listing.mark_seen(folder)
        self._ended = folder
        question = read_question(folder)
        assert isinstance(question, TrainQuestion)
        model = (folder / question.model).with_name(result["model"])
        self.trained = model
        text, more = summary(result, model), details(result, model)
        self.tell(f"{before}{text}", more=more)
        self.segment_button.setVisible(model.exists())
        self.training.offer_models()

    def _open_segment(self) -> None:
        _, dock = self.viewer.window.add_plugin_dock_widget(
            "napari-unetseg", SEGMENT_DOCK, tabify=True
        )
        if self.trained is not None:
            dock.choose_model(self.trained)

    # -- what can be looked at ----------------------------------------------------

    def show_split(self) -> None:
        """Add what trains and what validates in the shown training, as shapes."""
        folder, labels = self._divided, self.labels.value
        if folder is None or labels is None:
            return
        start_worker(
            split_of(folder),
            owner=self,
            name="Reading what validates",
            on_event=lambda _: None,
            on_return=lambda parts: self._add_split(folder, labels, parts),
            on_error=self._fail_to_show,
        )

    def _add_split(self, folder: Path, labels: Labels, parts: list[Part]) -> None:
        try:
            self._split.show(split_on(labels, parts), (folder, weakref.ref(labels)))
        except UnetsegError as error:
            self._fail_to_show(error)

    def show_weights(self) -> None:
        """Add how much each pixel counts where single objects are learnt."""
        labels = self.labels.value
        if labels is None or self._weighing is not None:
            return
        try:
            config = self.training.config
            job = weights_on(labels, config.instances, config.dimensions)
        except UnetsegError as error:
            self._fail_to_show(error)
            return
        self._weighing = start_worker(
            job,
            owner=self,
            name=f"Weighing the pixels of {labels.name}",
            on_event=lambda _: None,
            on_return=lambda made: self._add_weights(labels, made),
            on_error=self._fail_to_show,
        )
        self._offer_views()

    def _add_weights(self, labels: Labels, made: LayerData) -> None:
        self._weighing = None
        self._weights.show(made, weakref.ref(labels), below=labels)
        self._offer_views()

    def _fail_to_show(self, error: Exception) -> None:
        self._weighing = None
        self._offer_views()
        self.say(str(error), "error")

    @property
    def _divided(self) -> Path | None:
        """Folder of the training that is shown, or was shown last."""
        folder = self.run.folder or self._ended
        return folder if folder is not None and folder.exists() else None

    def _offer_views(self, *_: object) -> None:
        """Let that be looked at which there is; during a training, too."""
        self.links.setEnabled(True)
        there = self.run.running or self._divided is not None
        self.split_link.refuse("" if there else NO_SPLIT)
        seen = self.look.seen
        usable = seen is not None and not seen.problem
        busy = self._weighing is not None
        self.weights_link.setVisible(self.training.objects)
        self.weights_link.refuse(
            WEIGHING if busy else "" if usable else "There are no objects to weigh yet"
        )

    def _on_busy(self, busy: bool) -> None:
        super()._on_busy(busy)
        self._offer_views()

    def _find_run(self) -> None:
        super()._find_run()
        self._offer_views()

    def _on_theme(self) -> None:
        super()._on_theme()
        self.links.follow(self.viewer.theme)

    # -- small things -------------------------------------------------------------

    def _suggest_name(self) -> None:
        """Name the model after the image, unless the user has named it."""
        if self.model.value in {"", self._suggested} and self.image.value is not None:
            self._suggested = listing.file_name(self.image.value.name)
            self.model.value = self._suggested
            # Of a long name, show the beginning.
            self.model.native.setCursorPosition(0)

    def values(self) -> dict[str, Any]:
        """Plain values of the settings, to be remembered."""
        return {**self.training.values(), "closing": self.closing.value}

    def _restore(self) -> None:
        values = settings.recall(self.job)
        self.training.restore(values)
        restore(self.closing, values)
