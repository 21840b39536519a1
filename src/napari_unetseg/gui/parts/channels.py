"""Several layers as the channels of one image, known by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import (
    QCheckBox,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QVBoxLayout,
    QWidget,
)

from napari_unetseg.gui.parts.choices import LayerBox, layers_of_kind
from napari_unetseg.gui.parts.cut import cut
from napari_unetseg.gui.parts.form import Form

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari.layers import Image
    from napari.viewer import Viewer


class LayerTick(QCheckBox):
    """A box to tick for a layer, whose name is cut in the middle where it is too long.

    Parameters
    ----------
    name : str
        Of the layer.

    Attributes
    ----------
    name : str
        The whole name.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.setAccessibleName(name)
        self.setToolTip(f"Take {name} as a further channel of the image")
        # It takes the width that it is given, however long the name.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._cut()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Show as much of the name as there is room for."""
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        style = self.style()
        assert style is not None
        part = QStyle.SubElement.SE_CheckBoxContents
        room = style.subElementRect(part, option, self).width()
        text = cut(self.name, self.fontMetrics(), room)
        # A single "&" would underline what follows it.
        self.setText(text.replace("&", "&&"))


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
        self.boxes: list[LayerTick] = []
        self._offered: list[Image] = []

    def offer(self, first: Image | None) -> bool:
        """Offer the layers like `first`; ticks stay with the layers.

        Returns
        -------
        bool
            Whether there is any.
        """
        self._first = first
        possible = self._possible()
        names = [layer.name for layer in possible]
        if possible != self._offered or names != [box.name for box in self.boxes]:
            self._renew(possible, self._ticked())
        return bool(possible)

    def layers(self) -> list[Image]:
        """The ticked layers, from the bottom of the layer list to its top."""
        ticked = self._ticked()
        return [layer for layer in self._possible() if layer in ticked]

    def _ticked(self) -> list[Image]:
        pairs = zip(self._offered, self.boxes, strict=True)
        return [layer for layer, box in pairs if box.isChecked()]

    def _possible(self) -> list[Image]:
        first = self._first
        return [
            layer
            for layer in reversed(layers_of_kind(self._viewer, "image"))
            if first is not None and layer is not first and _alike(layer, first)
        ]

    def _renew(self, layers: list[Image], ticked: list[Image]) -> None:
        for box in self.boxes:
            self._layout.removeWidget(box)
            box.deleteLater()
        self.boxes = []
        self._offered = layers
        for layer in layers:
            box = LayerTick(layer.name)
            box.setChecked(layer in ticked)
            box.toggled.connect(lambda _: self.changed.emit())
            self._layout.addWidget(box)
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

    def ask_for(self, names: tuple[str, ...], first: Image | None = None) -> None:
        """Ask for these channels, and propose a layer for each.

        Parameters
        ----------
        names : tuple of str
            The channels. If these are asked for already, the choices stay.
        first : Image, optional
            The layer that is proposed for the first channel that has no layer of its
            name; others like it follow, from the bottom of the layer list to its top.
            No layer is proposed twice as long as there are enough.
        """
        if names == tuple(box.label for box in self.boxes):
            return
        self.clear()
        self.boxes = []
        proposals = _proposals(names, self._images(), first)
        for number, (name, layer) in enumerate(zip(names, proposals, strict=True)):
            box = LayerBox(
                self._viewer,
                "image",
                name=f"channel_{number}",
                label=name,
                tooltip=f"Layer that is the model's channel {name}",
            )
            box.reset_choices()
            if layer in box.choices:
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

    def _images(self) -> list[Image]:
        """Image layers from the bottom of the layer list to its top."""
        return list(reversed(layers_of_kind(self._viewer, "image")))


def _proposals(
    names: Sequence[str], layers: Sequence[Image], first: Image | None
) -> list[Image | None]:
    """A layer for each channel: of its name, or one that no other channel has."""
    left = list(layers)
    if first is not None:
        left.sort(key=lambda one: (one is not first, not _alike(one, first)))
    found = [_take(left, [one for one in left if one.name == name]) for name in names]
    return [one if one is not None else _take(left, left) for one in found]


def _take(left: list[Image], wanted: Iterable[Image]) -> Image | None:
    """The first of the wanted layers, which is not left any more then."""
    layer = next(iter(wanted), None)
    if layer is not None:
        left.remove(layer)
    return layer


def _alike(layer: Image, other: Image) -> bool:
    """Whether two layers could be channels of one image, to look at them only."""
    return bool(layer.data.shape == other.data.shape and layer.rgb == other.rgb)
