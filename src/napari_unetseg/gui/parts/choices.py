"""Boxes to choose a layer from, which follow the viewer."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Literal

from magicgui.widgets import ComboBox
from napari.layers import Image, Labels, Shapes

from napari_unetseg.core.read.annotations import NAMESPACE
from napari_unetseg.gui.parts.lifetime import when_destroyed

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Layer
    from napari.viewer import Viewer
    from qtpy.QtWidgets import QWidget

Kind = Literal["image", "labels", "shapes"]
KINDS = {"image": Image, "labels": Labels, "shapes": Shapes}
_LIST_EVENTS = ("inserted", "removed", "reordered")
_LAYER_EVENTS = ("name", "axis_labels", "scale", "units")


def layers_of_kind(viewer: Viewer, kind: Kind) -> list[Layer]:
    """Layers of a kind, the newest (topmost) first; not those to be looked at alone."""
    return [
        layer
        for layer in reversed(viewer.layers)
        if isinstance(layer, KINDS[kind]) and not is_shown_only(layer)
    ]


def is_shown_only(layer: Layer) -> bool:
    """Whether a layer was made to be looked at, as pixel weights and splits are."""
    notes = layer.metadata.get(NAMESPACE)
    return isinstance(notes, dict) and bool(notes.get("shows"))


class LayerBox(ComboBox):
    """One layer of the viewer; keeps the choice while that layer is there.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose layers are offered.
    kind : {"image", "labels", "shapes"}
        Kind of the layers.
    name, label, tooltip : str
        As for every magicgui widget.

    Attributes
    ----------
    value : Layer or None
        None while there is no such layer.
    """

    def __init__(
        self,
        viewer: Viewer,
        kind: Kind,
        *,
        name: str,
        label: str,
        tooltip: str,
    ) -> None:
        self._viewer = viewer
        self._kind: Kind = kind
        super().__init__(name=name, label=label, tooltip=tooltip, choices=self._offer)

    def reset_choices(self, *_: Any) -> None:
        """Offer the layers that there are now, and keep to the chosen one."""
        chosen = self.value
        super().reset_choices()
        # magicgui keeps to its name, which may be another by now.
        if self.value is not chosen and any(one is chosen for one in self.choices):
            self.value = chosen

    def _offer(self, _: Any = None) -> list[tuple[str, Layer]]:
        layers = layers_of_kind(self._viewer, self._kind)
        return [(layer.name, layer) for layer in layers]


def follow_layers(viewer: Viewer, owner: QWidget, changed: Callable[[], None]) -> None:
    """Call `changed`, a method of `owner`, when layers come, go, move or change.

    That is, when they get another name, other axis labels, scale or units.

    It is not called any more once the owner is destroyed.
    """
    layers, tell = viewer.layers, _teller(changed)

    def of_the_layers() -> list[Any]:
        return [
            getattr(layer.events, name)
            for layer in layers
            for name in _LAYER_EVENTS
            if hasattr(layer.events, name)
        ]

    def hear_layers(_: Any = None) -> None:
        for event in of_the_layers():
            event.connect(tell)

    def forget() -> None:
        layers.events.inserted.disconnect(hear_layers)
        for event in (*of_the_list, *of_the_layers()):
            event.disconnect(tell)

    of_the_list = [getattr(layers.events, name) for name in _LIST_EVENTS]
    # Before the others: who is told of a layer may look at it at once.
    layers.events.inserted.connect(hear_layers)
    hear_layers()
    for event in of_the_list:
        event.connect(tell)

    when_destroyed(owner, forget)


def follow_selection(
    viewer: Viewer, owner: QWidget, changed: Callable[[], None]
) -> None:
    """Call `changed`, a method of `owner`, when other layers are selected.

    It is not called any more once the owner is destroyed.
    """
    event, tell = viewer.layers.selection.events.changed, _teller(changed)
    event.connect(tell)
    when_destroyed(owner, lambda: event.disconnect(tell))


def _teller(method: Callable[[], None]) -> Callable[..., None]:
    """Call a method that is not kept alive by that; what an event says is left out."""
    kept = weakref.WeakMethod(method)

    def tell(_: Any = None) -> None:
        alive = kept()
        if alive is not None:
            alive()

    return tell
