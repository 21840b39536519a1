"""Which part of a layer is segmented: slices, what is seen, what is drawn around."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.gui.parts import sources
from napari_unetseg.layers.boxes import box_in_view, box_of_shapes, placed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari.components import Dims
    from napari.layers import Layer, Shapes

    from napari_unetseg.layers.boxes import Box
    from napari_unetseg.layers.place import Placed

ALL, THIS = "all slices", "this slice"
SEEN, SEEN_ALL = "what I see", "what I see, in all slices"
INSIDE = "inside shapes"
PARTS = (ALL, THIS, SEEN, SEEN_ALL, INSIDE)
VIEWED = (THIS, SEEN, SEEN_ALL)
"""Those that are another part when the viewer moves."""


def part_of(choice: str, layer: Layer, dims: Dims, shapes: Shapes | None) -> Box:
    """The part of a layer that is to be segmented.

    Parameters
    ----------
    choice : str
        One of `PARTS`.
    layer : Layer
        Of the image.
    dims : Dims
        What the viewer shows.
    shapes : Shapes or None
        What is drawn around the part, if that is the choice.

    Returns
    -------
    dict of axis to (start, stop)
        In pixels of the layer; of axes that are not named all.

    Raises
    ------
    InputError
        If the viewer shows no such part, or nothing is drawn on the layer.
    """
    axes = axes_of(layer)
    if choice == ALL:
        return {}
    if choice == INSIDE:
        if shapes is None:
            raise InputError(
                "There are no shapes to segment in",
                "Add a shapes layer, and draw around a part of the image",
            )
        return box_of_shapes(shapes.data, _attributes(shapes), _placed(layer))
    if choice == THIS:
        _check_plane(layer, axes, dims)
        return _slice_shown(layer, dims)
    seen = seen_in(layer, dims)
    if seen is None:
        raise InputError(
            f"The viewer does not show any of '{layer.name}'",
            "Move it into sight, or segment all slices",
        )
    if choice == SEEN_ALL:
        return {axis: ends for axis, ends in seen.items() if axis in "YX"}
    return seen


def drawn_in(
    shapes: Shapes, layer: Layer, lengths: Mapping[str, int], starts: Mapping[str, int]
) -> str:
    """Shapes as a table in pixels of an image; see `layers.drawing.table_of_shapes`."""
    from napari_unetseg.layers.drawing import table_of_shapes

    attributes, place = _attributes(shapes), _placed(layer)
    kinds = [*map(str, shapes.shape_type)]
    return table_of_shapes(shapes.data, kinds, attributes, place, lengths, starts)


def _placed(layer: Layer) -> Placed:
    return placed(layer.name, axes_of(layer), _shape(layer), _attributes(layer))


def _slice_shown(layer: Layer, dims: Dims) -> Box:
    """The slice where the viewer stands, whatever is in sight of it."""
    seen = seen_in(layer, dims, as_a_whole=True)
    if seen is None:
        raise InputError(
            f"The viewer shows a slice that '{layer.name}' does not have",
            "Move the slider to one, or segment all slices",
        )
    return {axis: ends for axis, ends in seen.items() if axis not in "YX"}


def seen_in(layer: Layer, dims: Dims, *, as_a_whole: bool = False) -> Box | None:
    """The part of a layer that the viewer shows; None if it shows nothing of it.

    Parameters
    ----------
    layer : Layer
        With one dimension of the viewer for each of its own, from the last one on.
    dims : Dims
        What the viewer shows.
    as_a_whole : bool
        Whether all of the slice counts as seen, wherever the camera is.
    """
    further = dims.ndim - layer.ndim
    displayed = [number - further for number in dims.displayed if number >= further]
    point = [float(one) for one in layer.world_to_data(dims.point[-layer.ndim :])]
    corners = np.asarray(layer.corner_pixels)
    if as_a_whole or (len(displayed) == 2 and not corners.any()):
        # All of it; also where no window has drawn the layer yet.
        corners = np.array([[0] * layer.ndim, [n - 1 for n in _shape(layer)]])
    elif getattr(layer, "multiscale", False):
        # They are told of the level that is drawn.
        factors = np.asarray(layer.downsample_factors[layer.data_level])
        first, last = corners * factors, (corners + 1) * factors - 1
        corners = np.stack([np.floor(first[0]), np.ceil(last[1])])
    return box_in_view(axes_of(layer), _shape(layer), point, displayed, corners)


def axes_of(layer: Layer) -> str:
    """Letter of each dimension of a layer; of RGB without the colours."""
    return sources.image_of([layer]).axes[: layer.ndim]


def _check_plane(layer: Layer, axes: str, dims: Dims) -> None:
    """Refuse a view along other axes than Y and X, or in 3D."""
    further = dims.ndim - layer.ndim
    drawn = {axes[number - further] for number in dims.displayed if number >= further}
    if not drawn <= {"Y", "X"}:
        raise InputError(
            f"The viewer does not show a slice of '{layer.name}' along Y and X",
            "Show it in 2D with these axes, or segment all slices",
        )


def _shape(layer: Layer) -> list[int]:
    """Length along each dimension, in pixels; of the largest level."""
    data = layer.data[0] if getattr(layer, "multiscale", False) else layer.data
    return [int(length) for length in data.shape[: layer.ndim]]


def _attributes(layer: Layer) -> dict[str, object]:
    return dict(layer.as_layer_data_tuple()[1])
