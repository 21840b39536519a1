"""How much each pixel counts, as an image layer on the labels that say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.read.annotations import NAMESPACE
from napari_unetseg.layers.derived import derived_placement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_unetseg.layers.to_layer import LayerData


def weights_layer(
    weights: NDArray[np.float32],
    attributes: Mapping[str, Any],
    axes: str,
    name: str = "pixel weights",
) -> LayerData:
    """Show the weights of pixels from black, 0, to the largest.

    Parameters
    ----------
    weights : ndarray, float32
        As from `core.prepare.weightmap.weight_map`, with the shape of the labels.
    attributes : mapping
        Of the labels layer, as from ``layer.as_layer_data_tuple()``.
    axes : str
        Letter of each dimension of the labels layer.
    name : str
        Name of the layer.

    Returns
    -------
    (data, attributes, "image")
    """
    largest = float(np.max(weights, initial=0.0)) or 1.0
    shown = derived_placement(attributes, axes, {}) | {
        "name": name,
        "colormap": "magma",
        # The image stays visible below: black adds nothing to it.
        "blending": "additive",
        "contrast_limits": (0.0, largest),
        "metadata": {NAMESPACE: {"shows": "weights"}},
    }
    return weights, shown, "image"
