"""Where everything counts: a layer that marks it, as a mask on the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox
from napari.layers import Labels, Shapes

from napari_unetseg.gui.parts import sources
from napari_unetseg.gui.parts.choices import is_shown_only
from napari_unetseg.layers.place import place
from napari_unetseg.layers.region import region_of_labels, region_of_shapes

if TYPE_CHECKING:
    from typing import TypeAlias

    from napari.viewer import Viewer

    from napari_unetseg.core.image import Image

    Region: TypeAlias = Labels | Shapes

NOWHERE = "nowhere"
REGION_DECIDES = (
    "What 0 means is decided by the layer in which everything counts: choose nowhere, "
    "under More settings"
)


class RegionBox(ComboBox):
    """A layer of shapes or labels that marks a region, or none of them.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose layers are offered.

    Attributes
    ----------
    value : Labels or Shapes or None
        None: nowhere.
    """

    null_string = NOWHERE

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        super().__init__(
            name="region",
            label="All counts in",
            tooltip="Shapes or labels around what is annotated completely. Inside, "
            "pixels that are not painted are background; outside, they are not "
            "annotated.",
            choices=self._offer,
            nullable=True,
        )

    def reset_choices(self, *_: Any) -> None:
        """Offer the layers that there are now, and keep to the chosen one."""
        chosen = self.value
        super().reset_choices()
        # magicgui keeps to its name, which may be another by now.
        if self.value is not chosen and chosen in self._viewer.layers:
            self.value = chosen

    def _offer(self, _: Any = None) -> list[tuple[str, Any]]:
        return [
            (layer.name, layer)
            for layer in reversed(self._viewer.layers)
            if isinstance(layer, Labels | Shapes) and not is_shown_only(layer)
        ]


def region_of(layer: Region, painted: Labels, *, frozen: bool = False) -> Image:
    """A region as it is now, as a mask on the pixels of a labels layer.

    Parameters
    ----------
    layer : Labels or Shapes
        That marks the region.
    painted : Labels
        That it is for.
    frozen : bool
        Whether it is to stay as it is, whatever is painted later. Shapes do so always.

    Raises
    ------
    InputError
        If they do not lie on each other. Of shapes some of it is noticed only when
        their mask is first read, which is what takes time.
    """
    _, attributes, _ = painted.as_layer_data_tuple()
    labels = place(sources.labels_of(painted), attributes)
    data, own, _ = layer.as_layer_data_tuple()
    if isinstance(layer, Shapes):
        return region_of_shapes(data, own.get("shape_type") or [], own, labels)
    mask = sources.labels_of(layer)
    mask = sources.frozen(mask) if frozen else mask
    return region_of_labels(place(mask, own), labels)
