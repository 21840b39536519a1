"""Layers as they are at this moment: what a run is asked about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.gui.run.launch import Input
from napari_unetseg.layers.from_layer import (
    image_from_layer,
    join_channels,
    labels_from_layer,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari.layers import Labels, Layer

    from napari_unetseg.core.image import Image


def image_of(layers: Sequence[Layer]) -> Image:
    """Layers as channels of one image; pixels are referred to, not copied.

    Raises
    ------
    InputError
        If a layer's dimensions are unclear, or the layers do not fit one another.
    """
    return join_channels([image_from_layer(*_parts(layer)) for layer in layers])


def input_of(layers: Sequence[Layer]) -> Input:
    """Layers as the image of a run, and the file it lies in if there is just one.

    Raises
    ------
    InputError
        As `image_of`.
    """
    path = layers[0].source.path if len(layers) == 1 else None
    return Input(image_of(layers), Path(path) if path else None)


def labels_of(layer: Labels) -> Image:
    """A layer of labels; pixels are referred to, so that later strokes show.

    Raises
    ------
    InputError
        If the layer holds no labels, or its dimensions are unclear.
    """
    return labels_from_layer(*_parts(layer))


def frozen(labels: Image) -> Image:
    """Labels as they are now: a copy of what lies in memory and can be painted on."""
    if isinstance(labels.array, np.ndarray):
        return replace(labels, array=labels.array.copy())
    return labels


def class_names(layer: Labels) -> dict[str, str]:
    """Names by painted id, from the columns "index" and "class" of the features."""
    table = layer.features
    if not {"index", "class"} <= set(table.columns):
        return {}
    pairs = zip(table["index"], table["class"], strict=True)
    return {str(int(i)): str(name) for i, name in pairs if i == i and name == name}


def class_colors(layer: Labels, ids: Iterable[int]) -> dict[str, str]:
    """Colour that the layer gives each painted id but 0, as in "#c81e5a"."""
    colors = {}
    for identity in ids:
        color = layer.get_color(identity) if identity else None
        if color is not None:
            red, green, blue = (round(255 * float(part)) for part in color[:3])
            colors[str(identity)] = f"#{red:02x}{green:02x}{blue:02x}"
    return colors


def _parts(layer: Layer) -> tuple[Any, dict[str, Any]]:
    data, attributes, _ = layer.as_layer_data_tuple()
    return data, attributes
