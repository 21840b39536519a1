"""What part of a layer the viewer shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from napari.components import Dims
    from napari.layers import Image


def in_view(layer: Image, axes: str, shown: Dims) -> dict[str, tuple[int, int]] | None:
    """Find the part of a layer that is seen.

    Parameters
    ----------
    layer : Image
        In the viewer; of several resolutions, too.
    axes : str
        Letter of each dimension of the layer; of RGB without the colours.
    shown : Dims
        What the viewer shows, its `dims`.

    Returns
    -------
    dict of axis to (start, stop) or None
        In pixels of the layer's data (of its largest level), for all axes but C; None
        if nothing of it is seen, or the viewer shows it in 3D.
    """
    if shown.ndisplay != 2:
        return None
    further = shown.ndim - layer.ndim
    displayed = {number - further for number in shown.displayed}
    if min(displayed) < 0:
        return None
    factors = np.ones(layer.ndim)
    shape = layer.data.shape
    if layer.multiscale:
        factors = np.asarray(layer.downsample_factors[layer.data_level])
        shape = layer.data[0].shape
    here = np.asarray(layer.world_to_data(shown.point[-layer.ndim :]))
    corners = np.asarray(layer.corner_pixels)
    found = {}
    for number, axis in enumerate(axes):
        if axis == "C":
            continue
        if number in displayed:
            start = int(corners[0, number] * factors[number])
            stop = int(np.ceil((corners[1, number] + 1) * factors[number]))
        else:
            start = round(float(here[number]))
            stop = start + 1
        found[axis] = max(0, start), min(stop, int(shape[number]))
        if found[axis][0] >= found[axis][1]:
            return None
    return found


def slice_in_view(layer: Image, axes: str, shown: Dims) -> dict[str, int]:
    """Where the viewer stands along the axes of a layer, in pixels of its data.

    Parameters
    ----------
    layer, axes, shown
        As for `in_view`.

    Returns
    -------
    dict of axis to int
        Of all axes but C; cut to the layer.
    """
    shape = (layer.data[0] if layer.multiscale else layer.data).shape
    here = np.asarray(layer.world_to_data(shown.point[-layer.ndim :]))
    return {
        axis: min(max(round(float(place)), 0), int(length) - 1)
        for axis, place, length in zip(axes, here, shape, strict=False)
        if axis != "C"
    }
