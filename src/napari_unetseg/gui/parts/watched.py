"""Notices that a layer is painted or moved, but not that another slice is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from napari.layers import Layer
    from napari.viewer import Viewer

# Other pixels, another meaning of the layer's dimensions, or another place.
_CHANGED = (
    "data",
    "paint",
    "labels_update",
    "axis_labels",
    "scale",
    "translate",
    "rotate",
    "shear",
    "affine",
    "units",
)
# All that napari tells of a stroke taken back, and of `layer.refresh()`. It tells the
# same when the viewer goes to another slice.
_DRAWN = "set_data"


class Watched:
    """Calls when a layer has changed, until it is told to end.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        That shows the layer.
    layer : Layer
        Labels, or shapes.
    changed : callable
        What is called; it may be called often.
    of : sequence of str
        Names of the layer's events that tell of a change. A stroke taken back is told
        in any case.
    """

    def __init__(
        self,
        viewer: Viewer,
        layer: Layer,
        changed: Callable[[], None],
        *,
        of: Sequence[str] = _CHANGED,
    ) -> None:
        self._of = of
        self._viewer = viewer
        self._layer = layer
        self._changed = changed
        self._place = self._shown()
        for event, slot in self._slots():
            event.connect(slot)

    def end(self) -> None:
        """Let the layer go."""
        for event, slot in self._slots():
            event.disconnect(slot)

    def _slots(self) -> Iterator[tuple[Any, Callable[[], None]]]:
        for name in self._of:
            event = getattr(self._layer.events, name, None)
            if event is not None:
                yield event, self._on_change
        if isinstance(self._layer, Labels):
            yield getattr(self._layer.events, _DRAWN), self._on_drawn

    def _on_change(self) -> None:
        self._changed()

    def _on_drawn(self) -> None:
        """Tell if it is the same slice that was drawn again."""
        before, self._place = self._place, self._shown()
        if self._place == before:
            self._changed()

    def _shown(self) -> object:
        """Which slice of the layer the viewer shows, and how."""
        dims = self._viewer.dims
        return dims.point[-self._layer.ndim :], dims.ndisplay, dims.order
