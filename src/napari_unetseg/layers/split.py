"""What trains and what validates, as rectangles over the image."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.read.annotations import NAMESPACE
from napari_unetseg.layers.derived import derived_placement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from napari_unetseg.core.prepare.parts import Part
    from napari_unetseg.layers.to_layer import LayerData

# Blue, orange and reddish purple of Okabe and Ito (2008), "Color universal design",
# https://jfly.uni-koeln.de/color/: people with any colour vision tell them apart.
COLOURS = {"train": "#0072b2", "validation": "#e69f00", "gap": "#cc79a7"}
WORDS = {"train": "training", "validation": "validation", "gap": "left out"}

# Of 255: the image stays visible through the faces.
_FACE = "30"


def split_layer(
    parts: Iterable[Part],
    attributes: Mapping[str, Any],
    axes: str,
    name: str = "training and validation",
) -> LayerData:
    """Show a split; a text says what each rectangle is for.

    Parameters
    ----------
    parts : iterable of Part
        Of the labels of one image, in pixels along the image's plane axes, Y and X. A
        part of several slices is drawn in each of them; later parts lie on top.
    attributes : mapping
        Of the image layer, as from ``layer.as_layer_data_tuple()``; for an `Image`
        without a layer, as from `placement`, with `axes` less C.
    axes : str
        Letter of each dimension of the image layer; of RGB without the colours.
    name : str
        Name of the layer.

    Returns
    -------
    (data, attributes, "shapes")
        The data are a list of arrays of shape (4, axes other than C), float: the
        corners of rectangles, which run around the outer sides of their pixels.
    """
    kept = axes.replace("C", "")
    given = f"{kept.translate(str.maketrans('', '', 'YX'))}YX"
    order = [given.index(axis) for axis in kept]
    corners: list[NDArray[np.float64]] = []
    names = []
    for part in parts:
        for rectangle in _rectangles(part):
            corners.append(rectangle[:, order])
            names.append(part.name)
    shown = derived_placement(attributes, axes, {}) | {
        "name": name,
        "metadata": {NAMESPACE: {"shows": "split"}},
        "shape_type": "rectangle",
        "edge_color": [COLOURS[part] for part in names],
        "face_color": [f"{COLOURS[part]}{_FACE}" for part in names],
        "edge_width": 2,
        "opacity": 1.0,
        "features": {"part": [WORDS[part] for part in names]},
        "text": {
            "string": "{part}",
            "color": [COLOURS[part] for part in names],
            "anchor": "upper_left",
            "size": 10,
        },
    }
    if not corners:  # napari takes no colours of no shapes
        for key in ("edge_color", "face_color", "features", "text"):
            del shown[key]
        shown["ndim"] = len(kept)
    return corners, shown, "shapes"


def _rectangles(part: Part) -> Iterable[NDArray[np.float64]]:
    """A rectangle for each slice of a part; (4, axes), in the order of its axes."""
    (top, left), (bottom, right) = part.start[-2:], part.stop[-2:]
    plane = np.array([[top, left], [top, right], [bottom, right], [bottom, left]]) - 0.5
    places = map(range, part.start[:-2], part.stop[:-2])
    for place in product(*places):
        yield np.column_stack([np.tile(np.array(place, float), (4, 1)), plane])
