"""What a segmentation is asked: layers and a model, checked, as a plan for a run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.errors import InputError, ModelError
from napari_unetseg.core.frames import Frames
from napari_unetseg.gui.parts import sources
from napari_unetseg.gui.parts.sources import Input
from napari_unetseg.gui.run.launch import Plan
from napari_unetseg.layers.derived import derived_placement
from napari_unetseg.runs import listing
from napari_unetseg.runs.questions import SegmentQuestion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari.components import Dims
    from napari.layers import Layer

    from napari_unetseg.core.config import SegmentConfig
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.card import ModelCard

LABELS = "labels.ome.tif"


@dataclass(frozen=True, eq=False)
class Asked:
    """A segmentation that can be asked for.

    Attributes
    ----------
    layers : sequence of Layer
        One layer, or one per channel of the model.
    image : Input
        These layers as one image.
    model : Path
        The model file.
    config : SegmentConfig
        How.
    dimensions : int
        2 or 3: whether the model sees slices or volumes.
    """

    layers: Sequence[Layer]
    image: Input
    model: Path
    config: SegmentConfig
    dimensions: int = 2


def ask(
    layers: Sequence[Layer], model: Path, card: ModelCard, config: SegmentConfig
) -> Asked:
    """Check what can be checked without reading a pixel.

    Parameters
    ----------
    layers : sequence of Layer
        One layer as it is, or one per channel of the model, in the model's order.
    model : Path
        The model file.
    card : ModelCard
        What it says about itself.
    config : SegmentConfig
        How.

    Raises
    ------
    InputError, ModelError
        In a sentence, if something does not fit.
    """
    _check_distinct(layers)
    given = sources.input_of(layers)
    if len(layers) > 1:
        # Chosen one by one, whatever the layers are called.
        given = replace(given, image=replace(given.image, channels=card.channels))
    found, expected = given.image.channel_count, card.network.channels
    if found != expected:
        raise ModelError(
            f"The model expects {expected} channel{'s' * (expected != 1)}, but "
            f"'{given.image.name}' has {found}",
            "Choose another layer or model",
        )
    Frames(given.image, card.network.dimensions)  # Refuses a plane for volumes.
    return Asked(layers, given, model, config, card.network.dimensions)


def plan(asked: Asked, shown: Dims | None = None) -> Plan:
    """Plan a run, whose labels will lie on the first layer.

    Parameters
    ----------
    asked : Asked
        As `ask` returned it.
    shown : Dims, optional
        What the viewer shows, its `dims`: only the plane of the layer there is
        segmented; without, the whole layer.

    Raises
    ------
    InputError
        If the viewer does not show a plane of the layer, or the model sees volumes.
    """
    layer, image, given = asked.layers[0], asked.image.image, asked.image
    attributes = layer.as_layer_data_tuple()[1]
    axes = sources.image_of([layer]).axes[: layer.ndim]
    start: dict[str, int] = {}
    if shown is not None:
        if asked.dimensions == 3:
            raise InputError(
                "This model sees volumes, and a slice is none",
                "Choose all slices",
            )
        start = plane_shown(layer, axes, image.plane_axes, shown)
        image = _plane(image, start)
        given = Input(image)

    def question(paths: Mapping[str, str]) -> SegmentQuestion:
        return SegmentQuestion(
            image=paths["image"],
            model=str(asked.model),
            out=LABELS,
            overwrite=True,
            config=asked.config,
        )

    return Plan(
        folder=listing.new_folder("segment", layer.name),
        inputs={"image": given},
        ask=question,
        layer={
            "name": f"{layer.name} segmented",
            "image": ", ".join(one.name for one in asked.layers),
            "placement": derived_placement(attributes, axes, start),
            "order": axes.replace("C", ""),
            "axes": image.plane_axes + "YX",
            "shape": [*image.plane_grid, *image.plane_shape],
        },
    )


def tile_in(text: str) -> int | str:
    """Read the side of a tile as a person writes it; nothing means "auto".

    Raises
    ------
    InputError
        If it is none.
    """
    word = text.strip().lower() or "auto"
    if word in {"auto", "whole"}:
        return word
    if not (word.isascii() and word.isdigit() and int(word)):
        raise InputError(
            f"'{text.strip()}' is no tile size",
            "Write auto, whole, or a number of pixels as in 512, under More settings",
        )
    return int(word)


def plane_shown(
    layer: Layer, axes: str, plane_axes: str, shown: Dims
) -> dict[str, int]:
    """Which plane of a layer the viewer shows, by axis.

    Raises
    ------
    InputError
        If it shows none: in 3D, along other axes, or beside the layer.
    """
    further = shown.ndim - layer.ndim
    drawn = {axes[number - further] for number in shown.displayed if number >= further}
    if not drawn <= {"Y", "X"}:
        raise InputError(
            f"The viewer does not show a slice of '{layer.name}' along Y and X",
            "Show it in 2D with these axes, or segment all slices",
        )
    where = np.asarray(layer.world_to_data(shown.point[-layer.ndim :]))
    index = {}
    for axis in plane_axes:
        number = axes.index(axis)
        place, length = round(float(where[number])), layer.data.shape[number]
        if not 0 <= place < length:
            raise InputError(
                f"The viewer shows a slice that '{layer.name}' does not have",
                "Move the slider to one, or segment all slices",
            )
        index[axis] = place
    return index


def _check_distinct(layers: Sequence[Layer]) -> None:
    """Refuse a layer that stands for two channels."""
    for number, layer in enumerate(layers):
        if any(layer is other for other in layers[:number]):
            raise InputError(
                f"'{layer.name}' is chosen for two channels of the model",
                "Choose another layer for each channel",
            )


def _plane(image: Image, index: Mapping[str, int]) -> Image:
    """One plane of an image, as an image of the same axes with lengths of 1."""
    where = tuple(
        slice(index[axis], index[axis] + 1) if axis in index else slice(None)
        for axis in image.axes
    )
    return replace(image, array=image.array[where])
