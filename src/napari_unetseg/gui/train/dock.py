"""The Train dock: layers and settings become a training, which is watched here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox
from qtpy.QtWidgets import QPushButton

from napari_unetseg.core.errors import InputError, UnetsegError
from napari_unetseg.core.network.card import read_card
from napari_unetseg.gui.parts.channels import FurtherChannels
from napari_unetseg.gui.parts.choices import LayerBox, follow_layers
from napari_unetseg.gui.parts.form import sentence
from napari_unetseg.gui.run.dock import RunDock
from napari_unetseg.gui.run.plan import Plan
from napari_unetseg.gui.run.words import Words
from napari_unetseg.gui.runs.opening import dock_of
from napari_unetseg.gui.train.drawn_validation import DrawnValidation
from napari_unetseg.gui.train.form import INSTANCES, TrainForm, restore
from napari_unetseg.gui.train.look import Look, Wish
from napari_unetseg.gui.train.meanwhile import Meanwhile
from napari_unetseg.gui.train.model_name import ModelName
from napari_unetseg.gui.train.pairs import TOOLTIP, FurtherPairs
from napari_unetseg.gui.train.question import Asked, ask, cost_of, plan
from napari_unetseg.gui.train.region import REGION_DECIDES, RegionBox
from napari_unetseg.gui.train.speed import Speed
from napari_unetseg.gui.train.summary import details, summary
from napari_unetseg.gui.train.views import Views
from napari_unetseg.runs import listing, settings
from napari_unetseg.runs.folder import read_question
from napari_unetseg.runs.questions import TrainQuestion

if TYPE_CHECKING:
    from pathlib import Path

    from napari.layers import Image
    from napari.viewer import Viewer

    from napari_unetseg.runs.cost import Cost

STEPS = "The steps decide how long it trains: clear them, under More settings"
STOP, KEEP_TRAINING = "stop and keep", "keep training"
WORDS = Words(
    job="Training",
    start="Train",
    stop="Stop and keep",
    keeps="the best weights so far",
    curves=True,
    rests=True,
    alone=True,
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
        self.pairs = FurtherPairs(self)
        self.training = TrainForm(self.region)
        self.verdict = sentence("verdict")
        self.cost = sentence("cost")
        self.model = ModelName()
        self.closing = ComboBox(
            name="closing",
            label="On closing",
            choices=(STOP, KEEP_TRAINING),
            tooltip="If napari closes: stop the training and keep the best weights so "
            "far, or keep training; this dock finds it again.",
        )
        self.form.append(self.image)
        self.form.add_row("With", "Further channels of the image", self.channels)
        self.form.append(self.labels)
        self.form.add_whole_row(self.pairs)
        self.form.add_row("Further pairs", TOOLTIP, self.pairs.links)
        self.form.extend([self.training.task, self.training.zero, self.verdict])
        self.views = Views(self)
        self.validation = DrawnValidation(self)
        self.form.add_whole_row(self.views)
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
        self.meanwhile = Meanwhile(self)
        self.footer.insertWidget(1, self.meanwhile)
        self.segment_button = QPushButton("Segment with this model")
        self.segment_button.setToolTip("Open the Segment dock with the new model")
        self.segment_button.hide()
        self.footer.addWidget(self.segment_button)
        self.look = Look(self)
        self.speed = Speed(self)
        self.trained: Path | None = None
        self._restore()
        self._connect()
        self._on_layers()
        self.later(self.speed.measure)

    def _connect(self) -> None:
        follow_layers(self.viewer, self, self._on_layers)
        for box in (self.image, self.labels, self.region):
            box.changed.connect(self._on_choice)
        self.channels.changed.connect(self._on_choice)
        self.pairs.changed.connect(self._on_choice)
        self.training.changed.connect(self._on_choice)
        self.training.changed.connect(self.views.bending.redraw)
        self.model.changed.connect(self.refresh)
        self.look.changed.connect(self.refresh)
        self.speed.changed.connect(self.refresh)
        self.run.busy.connect(self.segment_button.hide)
        self.run.busy.connect(self._share_computer)
        self.segment_button.clicked.connect(self._open_segment)
        self.objects_button.clicked.connect(self._learn_objects)

    # -- what is asked ------------------------------------------------------------

    def chosen_images(self) -> list[Image]:
        """The image layer, and those that are further channels of it."""
        first = self.image.value
        return [] if first is None else [first, *self.channels.layers()]

    def plan(self) -> Plan:
        """As `RunDock.plan`: with the layers as they are now."""
        asked = self.check()
        name, old = self.model.value.strip(), self.training.start_from.value
        made = plan(asked, name, start_from=old, stays=self.stays)
        self.meanwhile.take(asked, made)
        return made

    @property
    def stays(self) -> bool:
        """Whether the training goes on when napari is closed."""
        return bool(self.closing.value == KEEP_TRAINING)

    def check(self) -> Asked:
        """As `RunDock.check`: what is asked, if all fits."""
        images, labels = self.chosen_images(), self.labels.value
        pairs = self.pairs.complete(images, labels, self.region.value)
        config, folder = self.training.config, self.pairs.folder
        asked = ask(pairs, self.look.seen, config, folder)
        self._cost(asked)  # Refuses a network that is too deep.
        if self.training.start_from.value:
            read_card(self.training.start_from.value)  # Refuses what is no model.
        if not self.model.value.strip():
            raise InputError("The model has no name", "Give it one")
        return asked

    # -- what happens -------------------------------------------------------------

    def _on_layers(self) -> None:
        for box in (self.image, self.labels, self.region):
            box.reset_choices()
        self.pairs.reset_choices()
        self._on_choice()

    def _on_choice(self) -> None:
        there = self.channels.offer(self.image.value)
        self.form.show_row(self.channels, there)
        steps_decide = self.training.steps_decide
        self.form.refuse(self.training.minutes.native, STEPS if steps_decide else "")
        region = self.region.value
        zero = self.training.zero
        self.form.refuse(zero.native, "" if region is None else REGION_DECIDES)
        self.model.suggest(self.pairs.name())
        further = bool(self.channels.layers())
        self.pairs.offer(channels=further, regions=region is not None)
        wish = Wish(zero.value, self.training.objects, region)
        self.look.at(*self.pairs.wish(self.labels.value, wish))
        self.refresh()

    def refresh(self) -> None:
        """Say what 0 means, what is validated on and what it costs, too."""
        super().refresh()
        self.views.offer()
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
        return cost_of(asked, self.speed.machine)

    def show_result(self, folder: Path, result: dict[str, Any], before: str) -> None:
        """Say how good the model is and where, and offer to segment with it."""
        listing.mark_seen(folder)
        self.views.ended = folder
        question = read_question(folder)
        assert isinstance(question, TrainQuestion)
        model = (folder / question.model).with_name(result["model"])
        self.trained = model
        text, more = summary(result, model), details(result, model)
        self.tell(f"{before}{text}", more=more)
        self.segment_button.setVisible(model.exists())
        self.training.offer_models()
        self.views.offer()

    def _open_segment(self) -> None:
        dock = dock_of(self.viewer, "segment")
        if self.trained is not None:
            dock.choose_model(self.trained)

    # -- what can be looked at ----------------------------------------------------

    def _on_busy(self, busy: bool) -> None:
        super()._on_busy(busy)
        self.refresh()

    def _find_run(self) -> None:
        super()._find_run()
        self.views.offer()

    def _on_theme(self) -> None:
        super()._on_theme()
        for links in (self.views, self.pairs.links):
            links.follow(self.viewer.theme)

    # -- small things -------------------------------------------------------------

    def values(self) -> dict[str, Any]:
        """Plain values of the settings, to be remembered."""
        closing = {"closing": self.closing.value}
        return self.training.values() | closing | self.meanwhile.values()

    def _restore(self) -> None:
        values = settings.recall(self.job)
        self.training.restore(values)
        restore(self.closing, values)
        self.meanwhile.restore(values)
