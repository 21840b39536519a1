"""The elastic deformation as a grid over the image, redrawn as its settings change."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from napari_unetseg.core.augment.folds import fold_rate
from napari_unetseg.core.augment.grid import warped_grid
from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.sizes import STATED
from napari_unetseg.gui.parts import sources
from napari_unetseg.gui.train.shows import Shown
from napari_unetseg.layers.grid import grid_layer

if TYPE_CHECKING:
    from napari_unetseg.core.config import TrainConfig
    from napari_unetseg.gui.train.dock import TrainDock

MANY = 0.02


class Bending:
    """Shows what the settings of the elastic deformation do.

    Parameters
    ----------
    dock : TrainDock
        Whose settings are shown, over whose image.
    """

    def __init__(self, dock: TrainDock) -> None:
        self._dock = dock
        self._shown = Shown(dock.viewer)
        self._seed = 0
        self._warned = False

    def show(self) -> None:
        """Show a deformation; another one each time."""
        if self._shown.layer is not None:
            self._seed += 1
        self._draw()

    def redraw(self) -> None:
        """Show the same one at the strength of now, if it is shown at all."""
        layer = self._shown.layer
        if layer is not None and layer.visible:
            self._draw()

    def _draw(self) -> None:
        image = self._dock.image.value
        if image is None:
            return
        try:
            config = self._dock.training.config
            given = sources.image_of([image])
            pieces = warped_grid(given.plane_shape, config.augment, self._seed)
            attributes = image.as_layer_data_tuple()[1]
            made = grid_layer(pieces, attributes, given.axes[: image.ndim])
        except UnetsegError as error:
            self._dock.say(str(error), "error")
            return
        self._shown.show(made, weakref.ref(image))
        self._warn(config)

    def _warn(self, config: TrainConfig) -> None:
        """Warn of patches that fold, and take it back when they do no longer."""
        side = config.patch or STATED[config.preset, 2][0].patch
        rate = fold_rate((side, side), config.augment)
        if rate > MANY:
            self._dock.say(
                f"About {rate:.0%} of the bent patches fold, and show what no image "
                "has: make the displacement smaller, or the control points' distance "
                "larger.",
                "warning",
            )
        elif self._warned:
            self._dock.say("The bent patches do not fold.", "done")
        self._warned = rate > MANY
