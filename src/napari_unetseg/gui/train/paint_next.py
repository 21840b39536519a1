"""Flies the camera to where painting would teach the network most."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError, UnetsegError
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.network.card import read_card
from napari_unetseg.core.train.wishes import Predicted, bounded
from napari_unetseg.gui.parts import sources
from napari_unetseg.gui.parts.fly import Flight
from napari_unetseg.gui.train.inview import in_view, slice_in_view
from napari_unetseg.gui.train.meanwhile import NOT_OF_HERE
from napari_unetseg.gui.train.quick import frame_of, predicted
from napari_unetseg.gui.train.region import region_of
from napari_unetseg.gui.train.suggest import (
    Suggestion,
    covers,
    rarest,
    suggestions,
)
from napari_unetseg.layers.place import place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari.layers import Labels

    from napari_unetseg.core.image import Image as Array
    from napari_unetseg.gui.train.dock import TrainDock
    from napari_unetseg.gui.train.waiting import Waiting
    from napari_unetseg.runs.foreteller import Foreteller

    Region = dict[str, tuple[int, int]]

# Pixels that a model predicts at most, before somebody waits too long.
PREDICTED = 1 << 22
WAITING = "Waiting for what the training says of what is in view…"
ALL_PAINTED = (
    "All of this slice that the network was asked about is annotated: go to another "
    "slice"
)


class PaintNext:
    """Goes from place to place: where the network is unsure, or sees a rare class.

    While a training goes on its live predictions tell, and else a model.

    Parameters
    ----------
    dock : TrainDock
        Whose labels are painted.
    waiting : Waiting
        Where is seen that places are looked for.
    helper : Foreteller
        Predicts by a model.
    """

    def __init__(self, dock: TrainDock, waiting: Waiting, helper: Foreteller) -> None:
        self._dock, self._waiting, self._helper = dock, waiting, helper
        self._flight = Flight(dock, dock.viewer)
        self._live: Predicted | None = None
        # Whether the next live prediction of this slice is waited for.
        self._wanted = False
        self._known: tuple[object, Predicted] | None = None
        self._queue: list[Suggestion] = []
        self._count = 0
        self._where: object = None

    @property
    def model(self) -> Path | None:
        """What predicts while nothing is trained: the newest model, or the old one."""
        trained, old = self._dock.trained, self._dock.training.start_from.value
        found = trained or (Path(old) if old else None)
        return found if found is not None and found.exists() else None

    def go(self) -> None:
        """Fly to the next place."""
        try:
            layer, here = self._dock.labels.value, self._here()
            if layer is None:
                return
            if self._queue and (layer, here) == self._where:
                self._fly()
            elif self._dock.run.running:
                self._ask_training(here)
            else:
                self._ask_model(here)
        except (UnetsegError, OSError) as error:
            self._dock.say(str(error), "error")

    def hear(self, news: object) -> None:
        """Take in what a training says of what is in view."""
        if not isinstance(news, Predicted) or news.uncertainty is None:
            return
        self._live = news
        if not self._wanted or self._waiting.busy:
            return
        try:
            if covers(news, self._here()):
                self._wanted = False
                self._choose(news, {})
        except UnetsegError as error:
            self._wanted = False
            self._dock.say(str(error), "error")

    def forget(self) -> None:
        """Begin anew with another training, or with none."""
        self._live, self._wanted, self._queue = None, False, []

    def _here(self) -> dict[str, int]:
        """The slice in view, in pixels of the labels along axes that are not seen."""
        layer, dims = self._dock.labels.value, self._dock.viewer.dims
        if layer is None:
            return {}
        if dims.ndisplay != 2:
            raise InputError("In the 3D view no slice is seen", "Go to the 2D view")
        axes = sources.labels_of(layer).axes
        further = dims.ndim - layer.ndim
        seen = {
            axes[number - further] for number in dims.displayed if number >= further
        }
        place = slice_in_view(layer, axes, dims)
        return {axis: at for axis, at in place.items() if axis not in seen}

    def _ask_training(self, here: Mapping[str, int]) -> None:
        if self._live is not None and covers(self._live, here):
            self._choose(self._live, {})
            return
        look = self._dock.meanwhile.look
        if not look.isEnabled():
            raise InputError(NOT_OF_HERE)
        self._wanted = True
        look.setChecked(True)
        self._dock.say(WAITING, "busy")

    def _ask_model(self, here: Mapping[str, int]) -> None:
        model, images = self.model, self._dock.chosen_images()
        if model is None or not images:
            return
        image = sources.image_of(images)
        dimensions = read_card(model).network.dimensions
        frames = Frames(image, dimensions)
        index = {axis: here.get(axis, 0) for axis in frames.grid_axes}
        region = self._region(image, frames)
        key = (model, tuple(images), tuple(index.items()), tuple(region.items()))
        if self._known is not None and self._known[0] == key:
            self._choose(self._known[1], index)
            return

        def done(found: Predicted | None) -> None:
            if found is not None:
                self._known = key, found
                self._choose(found, index)

        self._waiting.work(
            predicted(self._helper, frame_of(image, index), model, region),
            name="Predicting what is in view",
            done=done,
            stop=self._helper.close,
        )

    def _region(self, image: Array, frames: Frames) -> Region:
        """What is predicted: the frame in view, or as much as is soon done."""
        whole = dict(zip(frames.axes, frames.shape, strict=True))
        if math.prod(frames.shape) <= PREDICTED:
            return {}
        first = self._dock.chosen_images()[0]
        shown = in_view(first, image.axes[: first.ndim], self._dock.viewer.dims)
        seen = {axis: ends for axis, ends in (shown or {}).items() if axis in "YX"}
        return bounded(seen, whole, PREDICTED) or {}

    def _choose(self, found: Predicted, offset: Mapping[str, int]) -> None:
        """Look for places in a prediction, beside the window."""
        layer, seen = self._dock.labels.value, self._dock.look.seen
        if layer is None or seen is None or seen.problem:
            return
        config, region = self._dock.training.config, self._dock.region.value
        is_classes = config.task == "classes"
        rare = rarest(seen, sources.class_names(layer)) if is_classes else None
        where = layer, self._here()
        self._waiting.work(
            suggestions(
                found,
                sources.referred(sources.labels_of(layer)),
                seen,
                region=None if region is None else region_of(region, layer),
                rare=rare,
                offset=offset,
                dimensions=config.dimensions,
            ),
            name="Looking for places",
            done=lambda places: self._take(places, where),
        )

    def _take(self, places: list[Suggestion], where: object) -> None:
        self._queue, self._where, self._count = [*places], where, len(places)
        if places:
            self._fly()
        else:
            self._dock.say(f"{ALL_PAINTED}.", "warning")

    def _fly(self) -> None:
        """Go to the next place that was not painted meanwhile."""
        layer = self._dock.labels.value
        assert layer is not None
        labels = sources.labels_of(layer)
        left = [one for one in self._queue if not is_painted(labels, one)]
        if not left:
            self._end(layer)
            return
        one, *self._queue = left
        number = self._count - len(self._queue)
        self._to(layer, one.start, one.stop)
        self._dock.say(f"{one.text} Place {number} of {self._count}.", "done")
        if not self._queue:
            # The next press looks anew, at what is known by then.
            self._live = None

    def _end(self, layer: Labels) -> None:
        """Step back, so that the next places are looked for in all of the slice."""
        self._queue, self._live = [], None
        labels = sources.labels_of(layer)
        here = self._here()
        start = [here.get(axis, 0) for axis in labels.axes]
        stop = [
            here[axis] + 1 if axis in here else length
            for axis, length in zip(labels.axes, labels.shape, strict=True)
        ]
        self._to(layer, start, stop)
        self._dock.say("All places are painted. Press again for others.", "done")

    def _to(self, layer: Labels, start: Any, stop: Any) -> None:
        _, attributes, _ = layer.as_layer_data_tuple()
        placed = place(sources.labels_of(layer), attributes)
        self._flight.to_box(placed, start, stop)


def is_painted(labels: Array, one: Suggestion) -> bool:
    """Whether the middle of a place is painted by now."""
    return bool(np.asarray(labels.array[one.centre]))
