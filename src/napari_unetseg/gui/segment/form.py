"""How to segment: the settings of the Segment dock, as widgets and a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import CheckBox, ComboBox, LineEdit
from psygnal import Signal

from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.predict.views import views
from napari_unetseg.gui.parts.choices import LayerBox
from napari_unetseg.gui.parts.fields import DEVICE, PRECISION
from napari_unetseg.gui.parts.form import Folded
from napari_unetseg.gui.segment.part import ALL, INSIDE, PARTS
from napari_unetseg.gui.train.form import restore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from magicgui.widgets.bases import ValueWidget, Widget
    from napari.viewer import Viewer

    from napari_unetseg.core.predict.views import ViewKind

AVERAGES: dict[ViewKind, str] = {
    "none": "nothing",
    "flips": "flips",
    "rotations": "flips and turns",
}
OBJECTS = (
    ("as the model was taught", "auto"),
    ("classes", "classes"),
    ("single objects", "instances"),
)


class SegmentForm:
    """All settings of a segmentation but its layer and its model.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose shapes are offered.
    besides : Widget
        Of the library: which other model is averaged with the chosen one.

    Attributes
    ----------
    part : ComboBox
        Which part is segmented.
    shapes : LayerBox
        Shapes layer around it.
    folded : Folded
        The other settings, under their heading.
    changed : Signal
        Whenever a setting is another.
    """

    changed = Signal()

    def __init__(self, viewer: Viewer, besides: Widget) -> None:
        self.part = ComboBox(
            name="part",
            label="Segment",
            choices=PARTS,
            value=ALL,
            tooltip="The whole layer, the slice that the viewer shows, the part of it "
            "that is in sight, or what lies inside the shapes of a layer. Inside, the "
            "result is that of the whole layer; outside, nothing is segmented.",
        )
        self.shapes = LayerBox(
            viewer,
            "shapes",
            name="shapes",
            label="Shapes",
            tooltip="Shapes layer: segmented is what lies inside any of its polygons, "
            "rectangles and ellipses, in the slices that they are drawn in. Shapes "
            "without slices count for all. Single objects end at the outline.",
        )
        self.objects = ComboBox(
            name="objects",
            label="Labels are",
            choices=OBJECTS,
            tooltip="classes: all pixels of a class get its number. single objects: "
            "each connected object gets a number of its own; those that touch are told "
            "apart only by a model that was taught single objects.",
        )
        self.average = ComboBox(
            name="average",
            label="Average over",
            choices=averages(2),
            tooltip="Test-time augmentation: mirrored, or also turned, views of the "
            "image are predicted too, and the scores averaged. It takes as many times "
            "as long.",
        )
        self.scores = _box(
            "scores",
            "Scores",
            "Add a layer with the probability of each class too, from 0 to 1",
        )
        self.uncertainty = _box(
            "uncertainty",
            "Uncertainty",
            "Add a layer that says how unsure the result is, from 0 to 1: the entropy "
            "of the scores, or how much the averaged views disagree",
        )
        self.tile = LineEdit(
            name="tile",
            label="Tile",
            value="auto",
            tooltip="Side of the pieces that are computed at a time, in pixels, or "
            "auto or whole. Smaller ones take less memory; the result is the same.",
        )
        self.device = DEVICE.widget("auto")
        self.precision = PRECISION.widget("auto")
        more = [
            self.objects,
            self.average,
            self.scores,
            self.uncertainty,
            self.tile,
            self.device,
            self.precision,
        ]
        self.folded = Folded("More settings", [self.objects, besides, *more[1:]])
        self._widgets: list[ValueWidget[Any]] = [self.part, *more]
        for widget in (self.shapes, *self._widgets):
            widget.changed.connect(lambda _: self.changed.emit())

    @property
    def config(self) -> SegmentConfig:
        """The configuration that the widgets show, but for the region.

        Raises
        ------
        InputError
            If a value does not fit.
        """
        average = self.average.value
        # Of the two measures the one that is possible, as on the command line.
        measure = "entropy" if average == "none" else "disagreement"
        return SegmentConfig.check(
            tile=tile_in(self.tile.value),
            average=average,
            uncertainty=measure if self.uncertainty.value else "none",
            scores=self.scores.value,
            objects=self.objects.value,
            device=self.device.value,
            precision=self.precision.value,
        )

    @property
    def inside(self) -> bool:
        """Whether only what is drawn around is segmented."""
        return bool(self.part.value == INSIDE)

    def follow(self, dimensions: int) -> None:
        """Say how many views a model of two or three dimensions is averaged over."""
        wanted = averages(dimensions)
        # magicgui keeps the choice by its text, which is another now.
        chosen = self.average.value
        with self.average.changed.blocked():
            self.average.choices = wanted
            self.average.value = chosen

    def values(self) -> dict[str, Any]:
        """Plain values, by name, to be remembered."""
        return {widget.name: widget.value for widget in self._widgets}

    def restore(self, values: Mapping[str, Any]) -> None:
        """Show remembered values; those that do not fit any more are left out."""
        for widget in self._widgets:
            restore(widget, values)


def averages(dimensions: int) -> list[tuple[str, str]]:
    """What can be averaged over, with what it costs, by its name in a configuration."""
    found: list[tuple[str, str]] = []
    for kind, text in AVERAGES.items():
        count = len(views(kind, dimensions, True))
        found.append((text if count == 1 else f"{text} ({count}x as long)", kind))
    return found


def tile_in(text: str) -> int | str:
    """Read the side of a tile as a person writes it; nothing means "auto".

    Raises
    ------
    InputError
        If it is none.
    """
    word = text.strip().lower() or "auto"
    if word in {"auto", "whole"}:
        return word
    if not (word.isascii() and word.isdigit() and int(word)):
        raise InputError(
            f"'{text.strip()}' is no tile size",
            "Write auto, whole, or a number of pixels as in 512, under More settings",
        )
    return int(word)


def _box(name: str, label: str, tooltip: str) -> CheckBox:
    box = CheckBox(name=name, label=label, tooltip=tooltip)
    # The form has its label on the left, as those of all others.
    box.native.setText("")
    return box
