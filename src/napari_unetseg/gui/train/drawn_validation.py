"""Where it validates, as rectangles over the labels that can be moved."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from napari.layers import Shapes
from qtpy.QtCore import QObject

from napari_unetseg.core.errors import InputError, UnetsegError
from napari_unetseg.core.prepare.boxes import in_text
from napari_unetseg.gui.parts import sources
from napari_unetseg.gui.parts.drawn import Drawn
from napari_unetseg.gui.parts.fly import Flight
from napari_unetseg.gui.train.inview import slice_in_view
from napari_unetseg.gui.train.shows import Shown
from napari_unetseg.layers.place import place
from napari_unetseg.layers.validation import drawn_boxes, validation_layer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari.layers import Labels, Layer

    from napari_unetseg.core.image import Image
    from napari_unetseg.gui.train.dock import TrainDock
    from napari_unetseg.gui.train.look import Seen
    from napari_unetseg.layers.boxes import Box

# Of the height of the first annotated slice, where nothing else is proposed.
SHARE = 0.2
TOLD = (
    "Move or resize the rectangles of 'validation', or draw others: what lies in them "
    "validates"
)
NO_PAIR = "There are no labels to draw on: only files are learnt from"


class DrawnValidation(QObject):
    """Keeps the setting 'Validation' like the rectangles that were drawn.

    Parameters
    ----------
    dock : TrainDock
        Whose first pair is divided.
    """

    def __init__(self, dock: TrainDock) -> None:
        super().__init__(dock)
        self._dock = dock
        self._labels: weakref.ref[Labels] | None = None
        self._shown = Shown(dock.viewer)
        self._drawn = Drawn(dock)
        self._drawn.changed.connect(self._read)
        self._flight = Flight(dock, dock.viewer)
        dock.run.busy.connect(self._read)
        dock.training.draw.changed.connect(self.show)

    def show(self) -> None:
        """Draw what validates with the settings of now, to be moved."""
        dock = self._dock
        try:
            asked = dock.check()
            if not asked.pairs:
                raise InputError(NO_PAIR, "Write slices for Validation")
            layer, labels = asked.pairs[0].layer, asked.pairs[0].labels
            assert dock.look.seen is not None
            boxes = [*asked.boxes] or [proposed(labels, dock.look.seen)]
            made = validation_layer(boxes, labels, _attributes(layer))
        except (UnetsegError, OSError) as error:
            dock.say(str(error), "error")
            return
        old = self._shown.layer
        if old is not None:
            dock.viewer.layers.remove(old)
        self._shown.show(made, None)
        self._labels = weakref.ref(layer)
        drawn = self._shown.layer
        assert isinstance(drawn, Shapes)
        self._drawn.at(drawn)
        dock.viewer.layers.selection.active = drawn
        drawn.mode = "select"
        self._go_to(boxes, layer, labels)
        self._read()
        dock.say(f"{TOLD}.", "done")

    def _go_to(
        self, boxes: Sequence[Mapping[str, Any]], layer: Labels, at: Image
    ) -> None:
        """Show the first slice with a rectangle, if none is in view."""
        here = slice_in_view(layer, at.axes, self._dock.viewer.dims)
        hidden = [
            {axis: ends for axis, ends in box.items() if axis not in "YX"}
            for box in boxes
        ]
        if any(all(a <= here[x] < b for x, (a, b) in one.items()) for one in hidden):
            return
        first = [hidden[0].get(axis, (here[axis],))[0] for axis in at.axes]
        where = place(at, _attributes(layer))
        self._flight.to_slice(where, first, [one + 1 for one in first])

    def _read(self, _: object = None) -> None:
        """Take what is drawn; while a training runs, it counts for the next one."""
        layer, labels = self._shown.layer, self._labels and self._labels()
        if layer is None or labels is None or self._dock.run.running:
            return
        where = place(sources.labels_of(labels), _attributes(labels))
        try:
            boxes = drawn_boxes(layer.data, _attributes(layer), where)
        except UnetsegError as error:
            self._dock.say(str(error), "error")
            return
        self._dock.training.validate_in(in_text(boxes))


def proposed(labels: Image, seen: Seen) -> Box:
    """A part of the first annotated slice, where nothing says what validates."""
    planes = [*labels.planes()]
    flags = zip(planes, seen.annotated, strict=False)
    index = next((index for index, is_annotated in flags if is_annotated), planes[0])
    found = {a: (i, i + 1) for a, i in zip(labels.plane_axes, index, strict=True)}
    rows = labels.plane_shape[0]
    return found | {"Y": (min(rows - 1, round((1 - SHARE) * rows)), rows)}


def _attributes(layer: Layer) -> dict[str, Any]:
    return dict(layer.as_layer_data_tuple()[1])
