"""Where labels are painted, as napari tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.gui.parts.watched import Watched
from napari_unetseg.layers.changes import whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari.layers import Labels
    from napari.viewer import Viewer

    from napari_unetseg.layers.changes import Box


class Strokes:
    """Collects where a layer is painted, until it is told to end.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        That shows the layer.
    layer : Labels
        What is painted on.
    changed : callable
        Called at each change, often.

    Attributes
    ----------
    touched : list of (Box or None)
        Where the layer may differ from what was taken last; None for anywhere, as at
        first: it was painted on while nobody looked.
    """

    def __init__(
        self, viewer: Viewer, layer: Labels, changed: Callable[[], None]
    ) -> None:
        self.layer = layer
        self.touched: list[Box | None] = [None]
        self._changed = changed
        self._watched = Watched(viewer, layer, self.look_everywhere, of=("data",))
        layer.events.paint.connect(self._on_stroke)

    def take(self, shape: Sequence[int]) -> list[Box]:
        """Where to look in an array of the layer's shape; it is not said twice."""
        touched, self.touched = self.touched, []
        # What lies nowhere in particular is everywhere.
        known = [box for box in touched if box is not None]
        return known if len(known) == len(touched) else [whole(shape)]

    def look_everywhere(self) -> None:
        """Undone strokes and other data do not tell where they are."""
        self.touched.append(None)
        self._changed()

    def end(self) -> None:
        """Let the layer go."""
        self._watched.end()
        self.layer.events.paint.disconnect(self._on_stroke)

    def _on_stroke(self, event: Any) -> None:
        self.touched.append(stroke_box(event.value, self.layer.data.shape))
        self._changed()


def stroke_box(item: Any, shape: Sequence[int]) -> Box | None:
    """Find the box around a stroke.

    Parameters
    ----------
    item : sequence
        Value of the event ``paint`` of a labels layer: the changes of one stroke. Each
        is a tuple whose first part are indices, one array per dimension, or, in newer
        napari, what carries the box around a mask. Neither is promised.
    shape : sequence of int
        Of the layer's data, in pixels.

    Returns
    -------
    tuple of slice or None
        With plain start and stop along each dimension, within the data; None if it
        cannot be told, so that all of the labels have to be looked at.
    """
    try:
        ends = [_ends(atom) for atom in item]
        sides = [
            slice(max(0, min(a for a, _ in axis)), min(n, max(b for _, b in axis)))
            for axis, n in zip(zip(*ends, strict=True), shape, strict=True)
        ]
    except (TypeError, ValueError, AttributeError, IndexError):
        return None
    return tuple(sides) if all(one.start < one.stop for one in sides) else None


def _ends(atom: Any) -> list[tuple[int, int]]:
    """Start and stop along each dimension."""
    box = getattr(atom, "slice_key", None)
    if box is not None:
        return [(int(side.start), int(side.stop)) for side in box]
    found = []
    for indices in atom[0]:
        if isinstance(indices, slice):
            found.append((int(indices.start), int(indices.stop)))
        else:
            found.append((int(np.min(indices)), int(np.max(indices)) + 1))
    return found
