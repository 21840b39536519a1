"""Links to what a training has to show, before it begins and while it learns."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.gui.parts.lifetime import when_destroyed
from napari_unetseg.gui.parts.worker import Worker, start_worker
from napari_unetseg.gui.train.bending import Bending
from napari_unetseg.gui.train.links import Link, Links
from napari_unetseg.gui.train.paint_next import PaintNext
from napari_unetseg.gui.train.patches import PatchView
from napari_unetseg.gui.train.shows import Shown, split_of, split_on, weights_on
from napari_unetseg.gui.train.waiting import Waiting
from napari_unetseg.runs.foreteller import Foreteller

if TYPE_CHECKING:
    from pathlib import Path

    from napari.layers import Labels

    from napari_unetseg.core.prepare.parts import Part
    from napari_unetseg.gui.train.dock import TrainDock
    from napari_unetseg.layers.to_layer import LayerData

SPLIT = (
    "Add a layer of shapes that shows what trains, what validates and what is left out"
)
NO_SPLIT = "What trains and what validates can be shown once a training has begun"
WEIGHTS = (
    "Add a layer that shows how much each pixel counts: more, where objects nearly "
    "touch"
)
NO_OBJECTS = "There are no objects to weigh yet"
BENDING = (
    "Add a layer that shows how the settings under Augmentation bend a patch; press "
    "again for another one"
)
NO_IMAGE = "There is no image to bend yet"
OF_FIRST = ". Of several pairs it shows the first one"
WEIGHING = "The weights are being worked out"
PATCHES = (
    "Add layers beside the image that show patches as they are learnt from with the "
    "settings of now, their labels and how much each pixel counts; press again for "
    "others"
)
NO_PAIR = "There is nothing to learn from yet: choose an image and paint labels"
NEXT = (
    "Fly to where painting teaches most: where the network is unsure, and in turn "
    "where it sees the class that is painted least; press again for the next place"
)
NO_NETWORK = (
    "Where a network is unsure can be told once a training has begun, or when a model "
    "is chosen for 'Start from'"
)
WORKING = "Something else is being worked out: wait, or cancel it"


class Views(Links):
    """Adds layers that are only to be seen; no other layer is touched.

    Parameters
    ----------
    dock : TrainDock
        Whose labels and whose training are shown.

    Attributes
    ----------
    split, weights, deformation : Link
        What shows them, and how patches are bent.
    bending : Bending
        Shows the latter.
    patches : Link
        What shows patches as they are learnt from.
    paint_next : Link
        What flies to where painting teaches most.
    waiting : Waiting
        What shows that one of these two is worked out.
    ended : Path or None
        Folder of a training that ended before this dock was opened.
    """

    def __init__(self, dock: TrainDock) -> None:
        self.split = Link("Show split", SPLIT, self.show_split)
        self.weights = Link("Show weights", WEIGHTS, self.show_weights)
        self.bending = Bending(dock)
        self.deformation = Link("Show bending", BENDING, self.bending.show)
        self._helper = Foreteller()
        self.waiting = Waiting(dock, self.offer)
        self._patch_view = PatchView(dock, self.waiting, self._helper)
        self._places = PaintNext(dock, self.waiting, self._helper)
        self.patches = Link("Show augmented patches", PATCHES, self._patch_view.show)
        self.paint_next = Link("Where to paint next", NEXT, self._places.go)
        super().__init__(
            (self.split, self.weights, self.deformation),
            (self.patches, self.paint_next),
        )
        self.rows.addWidget(self.waiting)
        self._dock = dock
        dock.run.heard.connect(self._hear)
        dock.run.busy.connect(self._on_busy)
        when_destroyed(dock, self._helper.close)
        self._shown_split = Shown(dock.viewer)
        self._shown_weights = Shown(dock.viewer)
        self._worker: Worker | None = None
        self.ended: Path | None = None
        self.follow(dock.viewer.theme)

    @property
    def folder(self) -> Path | None:
        """Folder of the training that is shown, or was shown last."""
        folder = self._dock.run.folder or self.ended
        return folder if folder is not None and folder.exists() else None

    def offer(self) -> None:
        """Let that be looked at which there is; during a training, too."""
        self.setEnabled(True)
        there = self._dock.run.running or self.folder is not None
        self.split.refuse("" if there else NO_SPLIT)
        seen = self._dock.look.seen
        why = NO_OBJECTS if seen is None or seen.problem else ""
        self.deformation.refuse("" if self._dock.image.value else NO_IMAGE)
        self.weights.setVisible(self._dock.training.objects)
        self.weights.refuse(why if self._worker is None else WEIGHING)
        for link in (self.split, self.weights, self.deformation, self.paint_next):
            link.limit(OF_FIRST if self._dock.pairs.several else "")
        busy = WORKING if self.waiting.busy else ""
        is_pair = seen is not None and not seen.problem and self._dock.image.value
        self.patches.refuse(busy or ("" if is_pair else NO_PAIR))
        known = self._dock.run.running or self._places.model is not None
        here = is_pair and known
        self.paint_next.refuse(
            busy or ("" if here else NO_PAIR if known else NO_NETWORK)
        )

    def show_split(self) -> None:
        """Add what trains and what validates in the shown training, as shapes."""
        folder, labels = self.folder, self._dock.labels.value
        if folder is None or labels is None:
            return
        start_worker(
            split_of(folder),
            owner=self,
            name="Reading what validates",
            on_event=lambda _: None,
            on_return=lambda parts: self._add_split(folder, labels, parts),
            on_error=self._fail,
        )

    def show_weights(self) -> None:
        """Add how much each pixel counts where single objects are learnt."""
        labels = self._dock.labels.value
        if labels is None or self._worker is not None:
            return
        try:
            config = self._dock.training.config
            job = weights_on(labels, config.instances, config.dimensions)
        except UnetsegError as error:
            self._fail(error)
            return
        self._worker = start_worker(
            job,
            owner=self,
            name=f"Weighing the pixels of {labels.name}",
            on_event=lambda _: None,
            on_return=lambda made: self._add_weights(labels, made),
            on_error=self._fail_to_weigh,
        )
        self.offer()

    def _hear(self, news: object) -> None:
        self._places.hear(news)

    def _on_busy(self, busy: bool) -> None:
        self._places.forget()

    def _add_split(self, folder: Path, labels: Labels, parts: list[Part]) -> None:
        try:
            made = split_on(labels, parts)
        except UnetsegError as error:
            self._fail(error)
        else:
            self._shown_split.show(made, (folder, weakref.ref(labels)))

    def _add_weights(self, labels: Labels, made: LayerData) -> None:
        self._worker = None
        self._shown_weights.show(made, weakref.ref(labels), below=labels)
        self.offer()

    def _fail_to_weigh(self, error: Exception) -> None:
        self._worker = None
        self.offer()
        self._fail(error)

    def _fail(self, error: Exception) -> None:
        self._dock.say(str(error), "error")
        if not isinstance(error, UnetsegError | OSError):
            raise error
