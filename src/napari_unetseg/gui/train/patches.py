"""What a training will see: augmented patches beside the image."""

from __future__ import annotations

import tempfile
import weakref
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.gui.parts import sources
from napari_unetseg.gui.parts.fly import Flight
from napari_unetseg.gui.run.launch import hand_over
from napari_unetseg.gui.train.inview import slice_in_view
from napari_unetseg.gui.train.preview_layer import colours_of
from napari_unetseg.gui.train.question import plan
from napari_unetseg.gui.train.shows import Shown
from napari_unetseg.layers.boxes import placed
from napari_unetseg.layers.patches import patch_layers
from napari_unetseg.runs.glances import ask_patches
from napari_unetseg.runs.questions import TrainQuestion

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari.layers import Image

    from napari_unetseg.core.train.patches import Patches
    from napari_unetseg.gui.run.plan import Plan
    from napari_unetseg.gui.train.dock import TrainDock
    from napari_unetseg.gui.train.question import Asked
    from napari_unetseg.gui.train.waiting import Waiting
    from napari_unetseg.runs.foreteller import Foreteller

COUNT = 4
# Of the way: the copies are written, the process has torch, the layers are there.
_STEPS = 3
_AROUND = 0.04


class PatchView:
    """Three layers beside the image: patches, their labels and their weights.

    Parameters
    ----------
    dock : TrainDock
        Whose settings are shown.
    waiting : Waiting
        Where is seen that they are drawn.
    helper : Foreteller
        Draws them.
    """

    def __init__(self, dock: TrainDock, waiting: Waiting, helper: Foreteller) -> None:
        self._dock, self._waiting, self._helper = dock, waiting, helper
        self._shown = [Shown(dock.viewer) for _ in range(3)]
        self._flight = Flight(dock, dock.viewer)
        self._step = 0

    def show(self) -> None:
        """Draw patches by the settings of now; others each time."""
        dock = self._dock
        try:
            asked = dock.check()
            old = dock.training.start_from.value
            asks = plan(asked, "patches", start_from=old)
        except (UnetsegError, OSError) as error:
            dock.say(str(error), "error")
            return
        image = dock.chosen_images()[0]
        if any(one.layer is not None for one in self._shown):
            self._step += 1
        self._waiting.work(
            drawn(self._helper, asks, self._step),
            name="Drawing augmented patches",
            done=lambda patches: self._add(patches, image, asked),
            stop=self._helper.close,
        )

    def _add(self, patches: Patches | None, image: Image, asked: Asked) -> None:
        dock = self._dock
        if patches is None or image not in dock.viewer.layers:
            return
        attributes = image.as_layer_data_tuple()[1]
        given = sources.image_of([image])
        axes, shape = given.axes[: image.ndim], given.shape[: image.ndim]
        here = slice_in_view(image, axes, dock.viewer.dims)
        made = patch_layers(patches, asked.ids, attributes, axes, shape, here)
        if asked.config.task == "classes" and asked.pairs:
            made[1][1].update(colours_of(asked.pairs[0].layer))
        is_new = all(one.layer is None for one in self._shown)
        for shown, one in zip(self._shown, made, strict=True):
            colour = bool(one[1].get("rgb"))
            shown.show(one, (weakref.ref(image), one[0].ndim, colour))
            layer = shown.layer
            assert layer is not None
            layer.editable = False
        if is_new:
            self._fly()
        dock.say(
            f"{COUNT} patches as this training sees them lie to the right of "
            f"'{image.name}', and right of them their weights. Press again for others.",
            "done",
        )

    def _fly(self) -> None:
        """Bring patches and weights into view."""
        picture, weights = self._shown[0].layer, self._shown[2].layer
        assert picture is not None
        assert weights is not None
        _, attributes, _ = picture.as_layer_data_tuple()
        shape = picture.data.shape[: picture.ndim]
        axes = "TZYX"[-picture.ndim :]
        place = placed(picture.name, axes, shape, attributes)
        start, stop = [0] * picture.ndim, list(shape)
        if axes[-1] == "X":
            # Both grids, the gap between them, and a little around.
            away = weights.translate[-1] - picture.translate[-1]
            stop[-1] += round(abs(away / picture.scale[-1]))
            for axis in (-2, -1):
                around = round(_AROUND * stop[axis])
                start[axis], stop[axis] = -around, stop[axis] + around
        self._flight.to_box(place, start, stop)


def drawn(
    helper: Foreteller, asks: Plan, step: int
) -> Generator[tuple[int, int] | None, None, Patches | None]:
    """Have patches drawn; to be run beside the window.

    Parameters
    ----------
    helper : Foreteller
        Who draws.
    asks : Plan
        Of the training that would see them; nothing of it is started.
    step : int
        Of the training.

    Raises
    ------
    UnetsegError
        If the training would be refused.
    """
    with tempfile.TemporaryDirectory(prefix="unetseg-") as name:
        folder = Path(name)
        yield 0, _STEPS
        question = hand_over(replace(asks, folder=folder))
        assert isinstance(question, TrainQuestion)
        yield 1, _STEPS
        found = yield from ask_patches(helper, question, folder, count=COUNT, step=step)
        yield _STEPS, _STEPS
        return found
