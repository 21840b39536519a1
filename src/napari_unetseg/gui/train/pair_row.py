"""The boxes of a further pair in the Train dock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal  # type: ignore[attr-defined]

from napari_unetseg.gui.parts.buttons import make_button
from napari_unetseg.gui.parts.channels import FurtherChannels
from napari_unetseg.gui.parts.choices import LayerBox
from napari_unetseg.gui.parts.form import Form
from napari_unetseg.gui.train.pair import Pair
from napari_unetseg.gui.train.region import RegionBox

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Image, Labels
    from napari.viewer import Viewer
    from qtpy.QtWidgets import QPushButton

    from napari_unetseg.gui.train.region import Region


class PairRow(Form):
    """Boxes for an image and its labels, and a button that takes them out again.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose layers are offered.
    image, labels : Layer
        What is chosen at first.

    Attributes
    ----------
    changed : Signal
        Another choice.
    removed : Signal
        The pair is to go.
    """

    changed = Signal()
    removed = Signal()

    def __init__(self, viewer: Viewer, image: Image, labels: Labels) -> None:
        super().__init__()
        self._viewer = viewer
        self.image = LayerBox(
            viewer,
            "image",
            name="further_image",
            label="Image",
            tooltip="Layer to learn from, too. Its size and its type may be others.",
        )
        self.channels = FurtherChannels(viewer)
        self.labels = LayerBox(
            viewer,
            "labels",
            name="further_labels",
            label="Labels",
            tooltip="What is painted on this image; the ids mean what they mean on the "
            "others.",
        )
        self.region = RegionBox(viewer)
        self.remove = remove_button("Do not learn from this pair", self.removed.emit)
        self._names = [self.append(self.image)]
        self.add_row("With", "Further channels of this image", self.channels)
        self._names.append(self.append(self.labels, beside=self.remove))
        self.append(self.region)
        for box, layer in ((self.image, image), (self.labels, labels)):
            box.reset_choices()
            box.value = layer
        self.region.reset_choices()
        self.offer(channels=False, regions=False)
        for choice in (self.image, self.labels, self.region):
            choice.changed.connect(self._on_choice)
        self.channels.changed.connect(self.changed)

    def count(self, number: int) -> None:
        """Say which pair it is, from 2."""
        for label, text in zip(self._names, ("Image", "Labels"), strict=True):
            if label is not None:
                label.setText(f"{text} {number}")

    def offer(self, *, channels: bool, regions: bool) -> None:
        """Ask for further channels, and for a region, as of the first pair."""
        there = self.channels.offer(self.image.value)
        self.show_row(self.channels, channels and there)
        self.show_row(self.region.native, regions)

    def reset_choices(self) -> bool:
        """Offer the layers that there are now; whether the pair is still there."""
        layers = self._viewer.layers
        if any(one not in layers for one in (self.image.value, self.labels.value)):
            return False
        for box in (self.image, self.labels, self.region):
            box.reset_choices()
        return True

    def pair(self) -> Pair:
        """The layers that are chosen."""
        further = [] if self.channels.isHidden() else self.channels.layers()
        return Pair((self.image.value, *further), self.labels.value, self._region())

    def _region(self) -> Region | None:
        chosen: Region | None = self.region.value
        return None if self.region.native.isHidden() else chosen

    def _on_choice(self) -> None:
        self.changed.emit()


def remove_button(tooltip: str, pressed: Callable[[], None]) -> QPushButton:
    """Make a small button that takes something out of the form."""
    made = make_button("\N{MULTIPLICATION SIGN}", tooltip, pressed)
    made.setAccessibleName("Remove")
    made.setFixedWidth(made.sizeHint().height())
    return made
