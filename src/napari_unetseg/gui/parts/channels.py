"""Several layers as the channels of one image, known by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magicgui.widgets import CheckBox
from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_unetseg.gui.parts.choices import LayerBox, layers_of_kind
from napari_unetseg.gui.parts.form import Form

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari.layers import Image
    from napari.viewer import Viewer


class FurtherChannels(QWidget):
    """A box to tick for every layer that could be a further channel of an image.

    Attributes
    ----------
    changed : Signal
        Another tick.
    """

    changed = Signal()

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._first: Image | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(2)
        self.boxes: list[CheckBox] = []

    def offer(self, first: Image | None) -> bool:
        """Offer the layers like `first`; ticks stay with the layers' names.

        Returns
        -------
        bool
            Whether there is any.
        """
        self._first = first
        names = [layer.name for layer in self._possible()]
        if names != [box.text for box in self.boxes]:
            ticked = {box.text for box in self.boxes if box.value}
            self._renew(names, ticked)
        return bool(names)

    def layers(self) -> list[Image]:
        """The ticked layers, from the bottom of the layer list to its top."""
        ticked = {box.text for box in self.boxes if box.value}
        return [layer for layer in self._possible() if layer.name in ticked]

    def _possible(self) -> list[Image]:
        first = self._first
        return [
            layer
            for layer in reversed(layers_of_kind(self._viewer, "image"))
            if first is not None and layer is not first and _alike(layer, first)
        ]

    def _renew(self, names: Iterable[str], ticked: set[str]) -> None:
        for box in self.boxes:
            self._layout.removeWidget(box.native)
            box.native.deleteLater()
        self.boxes = []
        for name in names:
            tooltip = f"Take {name} as a further channel of the image"
            box = CheckBox(text=name, value=name in ticked, tooltip=tooltip)
            box.changed.connect(lambda _: self.changed.emit())
            self._layout.addWidget(box.native)
            self.boxes.append(box)


class ModelChannels(Form):
    """A box for each channel of a model, to say which layer it is.

    Attributes
    ----------
    changed : Signal
        Another layer is chosen.
    """

    changed = Signal()

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self.boxes: list[LayerBox] = []

    def ask_for(self, names: tuple[str, ...]) -> None:
        """Ask for these channels; layers of the same names are proposed."""
        if names == tuple(box.label for box in self.boxes):
            return
        self.clear()
        self.boxes = []
        for number, name in enumerate(names):
            box = LayerBox(
                self._viewer,
                "image",
                name=f"channel_{number}",
                label=name,
                tooltip=f"Layer that is the model's channel {name}",
            )
            box.reset_choices()
            for layer in layers_of_kind(self._viewer, "image"):
                if layer.name == name:
                    box.value = layer
            box.changed.connect(lambda _: self.changed.emit())
            self.append(box)
            self.boxes.append(box)

    def layers(self) -> list[Image]:
        """The chosen layers, in the order of the model's channels."""
        return [box.value for box in self.boxes if box.value is not None]

    def reset_choices(self) -> None:
        """Offer the layers that there are now."""
        for box in self.boxes:
            box.reset_choices()


def _alike(layer: Image, other: Image) -> bool:
    """Whether two layers could be channels of one image, to look at them only."""
    return bool(layer.data.shape == other.data.shape and layer.rgb == other.rgb)
