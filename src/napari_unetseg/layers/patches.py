"""Augmented patches as layers beside the image: a picture of several, in a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.image import SPATIAL
from napari_unetseg.core.prepare.targets import IGNORE
from napari_unetseg.core.read.annotations import NAMESPACE
from napari_unetseg.layers.derived import derived_placement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.train.patches import Patches
    from napari_unetseg.layers.to_layer import LayerData

IMAGE, LABELS, WEIGHTS = (
    "augmented patches",
    "labels of the patches",
    "weights of the patches",
)
# Patches in a row of the grid, and the gap between two in shares of a side.
COLUMNS = 2
_GAP = 1 / 32
# Between the image and the patches, in shares of the image's width.
_MARGIN = 1 / 16
# What is black and white of all patches, in percent of their values.
_RANGE = (0.5, 99.5)
# Red, green and blue of channels that have no colour of their own.
_TWO = ((1, 0, 1), (0, 1, 0))
_MORE = ((0, 1, 1), (1, 1, 0), (1, 0, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1))


def patch_layers(
    patches: Patches,
    ids: Sequence[int],
    attributes: Mapping[str, Any],
    axes: str,
    shape: Sequence[int],
    here: Mapping[str, int],
) -> list[LayerData]:
    """Show patches to the right of an image, and their weights to the right of these.

    Parameters
    ----------
    patches : Patches
        What is shown.
    ids : sequence of int
        Painted id of each class.
    attributes : mapping
        Of the image layer, as from ``layer.as_layer_data_tuple()``.
    axes : str
        Letter of each dimension of the image layer; of RGB without the colours.
    shape : sequence of int
        Its length along these, in pixels.
    here : mapping of axis to int
        Where the viewer stands in the image, in pixels, along axes that it does not
        show: volumes have their middle there.

    Returns
    -------
    list of three (data, attributes, kind)
        The patches in grey or colour, their labels, which lie upon them and are 0 where
        not annotated, and the weights.
    """
    rank = patches.labels.ndim - 1
    own = SPATIAL[-rank:]
    first = min(axes.index(axis) for axis in own)
    # Axes before those of the patches go as the channels go: seen in every slice.
    kept = "C" * first + axes[first:]
    table = np.array([*ids, 0])
    classes = table[np.where(patches.labels == IGNORE, len(ids), patches.labels)]
    picture = _grid(_shown(patches), rank, 0)
    width = shape[axes.index("X")]
    margin = max(1.0, _MARGIN * width)
    left = width + margin
    step = picture.shape[rank - 1] * patches.zoom[-1] + margin

    def placed(x: float, name: str) -> dict[str, Any]:
        start: dict[str, Any] = {"X": x}
        for axis in kept.replace("C", ""):
            if axis in own[:-2]:
                depth = picture.shape[0] * patches.zoom[0]
                start[axis] = round(here.get(axis, 0) - (depth - 1) / 2)
            elif axis not in "YX":
                start[axis] = here.get(axis, 0)
        found = derived_placement(attributes, kept, start)
        letters = kept.replace("C", "")
        for axis, zoom in zip(own, patches.zoom, strict=True):
            found["scale"][letters.index(axis)] *= zoom
        return found | {"name": name, "metadata": {NAMESPACE: {"shows": "patches"}}}

    def turned(array: NDArray[Any]) -> NDArray[Any]:
        return _turned(array, own, kept.replace("C", ""))

    colour = picture.ndim > rank
    largest = float(np.max(patches.weights, initial=0.0)) or 1.0
    return [
        (
            turned(picture),
            placed(left, IMAGE) | {"rgb": colour, "contrast_limits": (0.0, 1.0)},
            "image",
        ),
        (
            turned(_grid(classes.astype(_smallest(ids)), rank, 0)),
            placed(left, LABELS) | {"opacity": 0.5},
            "labels",
        ),
        (
            turned(_grid(patches.weights, rank, 0)),
            placed(left + step, WEIGHTS)
            | {"colormap": "magma", "contrast_limits": (0.0, largest)},
            "image",
        ),
    ]


def _smallest(ids: Sequence[int]) -> np.dtype[Any]:
    return np.min_scalar_type(max(ids, default=0))


def _shown(patches: Patches) -> NDArray[np.float32]:
    """Grey values (N, [D,] H, W) or colours (N, [D,] H, W, 3), from 0 to 1."""
    images = patches.images
    if patches.colour:
        images = images[:, :3]  # Alpha is seen by the network alone.
        coloured: NDArray[np.float32] = np.moveaxis(_stretched(images), 1, -1)
        return coloured
    each = [_stretched(images[:, channel]) for channel in range(images.shape[1])]
    if len(each) == 1:
        return each[0]
    colours = _TWO if len(each) == 2 else _MORE
    found = np.zeros((*each[0].shape, 3), np.float32)
    for number, values in enumerate(each):
        found += values[..., None] * np.array(colours[number % len(colours)], "f4")
    return np.clip(found, 0, 1)


def _stretched(values: NDArray[np.float32]) -> NDArray[np.float32]:
    low, high = np.percentile(values, _RANGE)
    scaled = (values - low) / max(float(high - low), 1e-6)
    stretched: NDArray[np.float32] = np.clip(scaled, 0, 1).astype(np.float32)
    return stretched


def _grid(tiles: NDArray[Any], rank: int, empty: float) -> NDArray[Any]:
    """Put (N, [D,] H, W, ...) into rows, [D,] rows and columns of the grid, ..."""
    count = len(tiles)
    height, width = tiles.shape[rank - 1 : rank + 1]
    gap = max(1, round(_GAP * max(height, width)))
    columns = min(COLUMNS, count)
    rows = -(-count // columns)
    shape = list(tiles.shape[1:])
    shape[rank - 2 : rank] = (
        rows * (height + gap) - gap,
        columns * (width + gap) - gap,
    )
    found = np.full(shape, empty, tiles.dtype)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        top, left = row * (height + gap), column * (width + gap)
        part = (slice(top, top + height), slice(left, left + width))
        found[(*(slice(None),) * (rank - 2), *part)] = tile
    return found


def _turned(array: NDArray[Any], own: str, kept: str) -> NDArray[Any]:
    """Bring axes into the order of a layer's, with one pixel along the others."""
    order = [own.index(axis) for axis in kept if axis in own]
    array = array.transpose([*order, *range(len(own), array.ndim)])
    missing = tuple(i for i, axis in enumerate(kept) if axis not in own)
    return np.expand_dims(array, missing)
