"""A bent grid as a layer over an image, whatever slice is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.read.annotations import NAMESPACE
from napari_unetseg.layers.derived import derived_placement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_unetseg.layers.to_layer import LayerData

# Orange of Okabe and Ito (2008), https://jfly.uni-koeln.de/color/, seen on grey.
COLOUR = "#e69f00"


def grid_layer(
    pieces: NDArray[np.float64],
    attributes: Mapping[str, Any],
    axes: str,
    name: str = "elastic deformation",
) -> LayerData:
    """Show lines over the planes of an image layer.

    Parameters
    ----------
    pieces : ndarray of shape (N, 2, 2)
        Start and end of each piece of a line, (y, x) in pixels.
    attributes : mapping
        Of the image layer, as from ``layer.as_layer_data_tuple()``.
    axes : str
        Letter of each dimension of the image layer; of RGB without the colours.
    name : str
        Name of the layer.

    Returns
    -------
    (data, attributes, "vectors")
        The data have the shape (N, 2, 2): start and direction.

    Raises
    ------
    InputError
        If Y and X are not the layer's last axes: only those are shown in all slices.
    """
    if axes[-2:] != "YX":
        raise InputError(
            f"The last axes of the layer are {', '.join(axes[-2:])}",
            "Choose a layer that has Y and X last to see the deformation on it",
        )
    # The axes that are not drawn go as the channels go.
    shown = derived_placement(attributes, f"{'C' * (len(axes) - 2)}YX", {}) | {
        "name": name,
        "edge_color": COLOUR,
        "edge_width": 1,
        "vector_style": "line",
        "opacity": 0.8,
        "metadata": {NAMESPACE: {"shows": "deformation"}},
    }
    start, end = pieces[:, 0], pieces[:, 1]
    return np.stack([start, end - start], axis=1), shown, "vectors"
