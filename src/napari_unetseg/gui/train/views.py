"""Links to what a training has to show: its split, and how much each pixel counts."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.gui.parts.worker import Worker, start_worker
from napari_unetseg.gui.train.bending import Bending
from napari_unetseg.gui.train.links import Link, Links
from napari_unetseg.gui.train.shows import Shown, split_of, split_on, weights_on

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
    ended : Path or None
        Folder of a training that ended before this dock was opened.
    """

    def __init__(self, dock: TrainDock) -> None:
        self.split = Link("Show split", SPLIT, self.show_split)
        self.weights = Link("Show weights", WEIGHTS, self.show_weights)
        self.bending = Bending(dock)
        self.deformation = Link("Show bending", BENDING, self.bending.show)
        super().__init__(self.split, self.weights, self.deformation)
        self._dock = dock
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
        for link in (self.split, self.weights, self.deformation):
            link.limit(OF_FIRST if self._dock.pairs.several else "")

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
