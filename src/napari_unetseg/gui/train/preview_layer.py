"""The layer that shows what a training says by now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Labels

from napari_unetseg.core.read.annotations import NAMESPACE
from napari_unetseg.gui.parts.sources import without_selection
from napari_unetseg.gui.train.shows import Shown
from napari_unetseg.layers.changes import Stored
from napari_unetseg.layers.derived import derived_placement

if TYPE_CHECKING:
    from napari.layers import Image, Layer
    from napari.viewer import Viewer

    from napari_unetseg.core.train.wishes import Predicted

NAME = "U-Net preview"


class PreviewLayer:
    """One layer of labels that moves to where the latest prediction lies.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where it is shown.
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._shown = Shown(viewer)
        self._about: object = None
        self._image = 0
        self._step = 0

    def show(
        self,
        predicted: Predicted,
        image: Image,
        axes: str,
        labels: Labels | None,
        about: object,
    ) -> None:
        """Show a prediction on its image, and below the labels that teach it.

        Parameters
        ----------
        predicted : Predicted
            What is shown.
        image : Image
            The layer that it was made from.
        axes : str
            Letter of each of its dimensions; of RGB without the colours.
        labels : Labels or None
            What is painted, for the colours; None if it is gone.
        about : object
            The training: of another one there is another layer; of another image of
            the same one the layer is replaced.

        Raises
        ------
        InputError
            If the layer's dimensions are others by now.
        """
        start, array = Stored(axes.replace("C", ""), predicted.axes).back(
            predicted.start, predicted.labels
        )
        placement = derived_placement(image.as_layer_data_tuple()[1], axes, start)
        layer = self.layer if about == self._about else None
        if layer is not None and predicted.image != self._image:
            # It may have other dimensions, and other colours.
            self.remove()
            layer = None
        self._about, self._image = about, predicted.image
        self._step = predicted.step
        if layer is None:
            attributes = placement | {
                "name": NAME,
                "metadata": {NAMESPACE: {"shows": "preview"}},
                **colours_of(labels),
            }
            self._shown.show((array, attributes, "labels"), about, below=labels)
            layer = self.layer
            assert layer is not None
        else:
            layer.name = NAME
            layer.translate = placement["translate"]
            layer.data = array
        # napari lets other data be painted on again.
        layer.editable = False

    @property
    def layer(self) -> Labels | None:
        """The layer, if it is in the viewer."""
        layer = self._shown.layer
        return layer if isinstance(layer, Labels) else None

    def is_closed(self, layer: Layer) -> bool:
        """Whether a layer that was removed is this one."""
        return layer is self._shown.made

    def end(self) -> None:
        """Say in the layer's name what it stays to show."""
        layer = self.layer
        if layer is not None:
            steps = "1 step" if self._step == 1 else f"{self._step} steps"
            layer.name = f"{NAME} after {steps}"

    def drop(self, about: object) -> None:
        """Take the layer out of the viewer if it shows this training."""
        if about == self._about:
            self.remove()

    def remove(self) -> None:
        """Take the layer out of the viewer."""
        layer = self.layer
        self._shown = Shown(self._viewer)  # It is not the user who closes it.
        if layer is not None:
            self._viewer.layers.remove(layer)


def colours_of(labels: Labels | None) -> dict[str, Any]:
    """Colours and names of the classes, as the painted labels have them."""
    if labels is None:
        return {}
    found: dict[str, Any] = {"colormap": without_selection(labels.colormap)}
    if len(labels.features):
        found["features"] = labels.features.copy()
    return found
