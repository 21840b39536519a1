"""Layers of what a run has made: added, or put in the place of what was unfinished."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_unetseg.core.read.annotations import NAMESPACE
from napari_unetseg.gui.segment.result import RUN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari.layers import Labels, Layer
    from napari.viewer import Viewer

    from napari_unetseg.gui.segment.result import Made

# Scores of classes without a colour, and how unsure they are: from dark to bright.
_SCORES, _UNCERTAINTY = "viridis", "inferno"


def show(viewer: Viewer, found: Sequence[Made], run: str) -> list[Layer]:
    """Add the layers of a run; its labels take the place of its unfinished ones.

    Parameters
    ----------
    viewer : Viewer
        Where.
    found : sequence of Made
        As `result.result_of` returned it: labels first.
    run : str
        Name of the run's folder.

    Returns
    -------
    list of Layer
        In the same order. The labels lie on top; scores and uncertainties are hidden
        under them until somebody wants to see them.
    """
    labels, *images = found
    before = layer_of(viewer, run)
    place = len(viewer.layers) if before is None else viewer.layers.index(before)
    added: list[Layer] = []
    for made in images:
        added.append(_image(viewer, made))
        viewer.layers.move(len(viewer.layers) - 1, place)
        place += 1
    shown = put_labels(viewer, labels, run)
    viewer.layers.selection.active = shown
    return [shown, *added]


def put_labels(viewer: Viewer, made: Made, run: str) -> Labels:
    """Show labels in the layer of a run, which is added if there is none."""
    before = layer_of(viewer, run)
    colormap = colormap_of(made.colors)
    if before is None:
        return viewer.add_labels(made.array, **made.attributes, **colormap)
    if isinstance(made.array, list):
        # A layer cannot get levels later; it is one more in the place of the other.
        kept = {"opacity": before.opacity, "visible": before.visible}
        place = viewer.layers.index(before)
        viewer.layers.remove(before)
        layer = viewer.add_labels(made.array, **made.attributes, **colormap, **kept)
        viewer.layers.move(len(viewer.layers) - 1, place)
        return layer
    before.data = made.array
    before.editable = True
    before.name = made.attributes["name"]
    before.metadata = made.attributes["metadata"]
    before.features = made.attributes.get("features", {})
    before.colormap = colormap.get("colormap") or _cyclic()
    return before


def layer_of(viewer: Viewer, run: str) -> Labels | None:
    """The layer with the labels of a run, if it is there."""
    from napari.layers import Labels

    for layer in viewer.layers:
        notes = layer.metadata.get(NAMESPACE)
        is_ours = isinstance(notes, dict) and notes.get(RUN) == run
        if isinstance(layer, Labels) and is_ours:
            return layer
    return None


def colormap_of(colors: Mapping[int | None, str]) -> dict[str, Any]:
    """The colours of classes for a labels layer; nothing where there are none."""
    if not colors:
        return {}
    from napari.utils.colormaps import DirectLabelColormap

    table = {None: "transparent", 0: "transparent", **colors}
    return {"colormap": DirectLabelColormap(color_dict=table)}


def _cyclic() -> Any:
    from napari.utils.colormaps import label_colormap

    return label_colormap()


def _image(viewer: Viewer, made: Made) -> Layer:
    """Add scores, from black to the colour of their class, or uncertainties."""
    colormap: Any = _UNCERTAINTY if made.kind == "uncertainty" else _SCORES
    if made.colors:
        from napari.utils.colormaps import Colormap

        color = made.colors[1]
        colormap = Colormap(["black", color], name=f"black to {color}")
    layer = viewer.add_image(
        made.array,
        **made.attributes,
        colormap=colormap,
        blending="additive",
        visible=False,
        # A list of lazy arrays is a pyramid, nothing else.
        multiscale=isinstance(made.array, list),
    )
    assert not isinstance(layer, list)
    return layer
