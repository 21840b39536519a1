"""What the Train dock shows as layers: the split, and how much each pixel counts."""

from __future__ import annotations

import math
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels, Layer, Vectors

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.events import Divided
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.prepare.parts import Part
from napari_unetseg.core.prepare.weightmap import weight_map
from napari_unetseg.core.prepare.weights import pixel_weights
from napari_unetseg.gui.parts import sources
from napari_unetseg.layers.split import split_layer
from napari_unetseg.layers.weights import weights_layer
from napari_unetseg.runs import journal

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from napari.viewer import Viewer

    from napari_unetseg.core.config import InstancesConfig
    from napari_unetseg.core.image import Image as Array
    from napari_unetseg.layers.to_layer import LayerData

# A map of all slices takes four bytes per pixel in memory.
MOST_BYTES = sources.MOST_COPIED


class Shown:
    """A layer that a dock has added, and shows again rather than twice.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where it is shown.
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._layer: weakref.ref[Layer] | None = None
        self._about: object = None

    @property
    def made(self) -> Layer | None:
        """The layer that was added last, wherever it is."""
        return self._layer and self._layer()

    @property
    def layer(self) -> Layer | None:
        """The same, if it is in the viewer."""
        made = self.made
        return made if made in self._viewer.layers else None

    def show(self, made: LayerData, about: object, below: Layer | None = None) -> None:
        """Add a layer, or show the one that was added about the same.

        What is selected in the viewer stays so: a person may be painting.

        Parameters
        ----------
        made : (data, attributes, kind)
            Of the layer. One of an image, labels or vectors that is there already gets
            other data; shapes stay as they are, because they may have been drawn on.
        about : object
            What it tells of; what is equal tells of the same.
        below : Layer, optional
            Layer that is to stay above it; on top of all others without.
        """
        layers = self._viewer.layers
        old = self.layer
        if old is not None and about == self._about:
            self._renew(old, made)
            return
        selected, active = set(layers.selection), layers.selection.active
        layer = Layer.create(*made)
        place = layers.index(below) if below in layers else len(layers)
        layers.insert(place, layer)
        layers.selection = selected
        layers.selection.active = active
        self._layer, self._about = weakref.ref(layer), about

    def _renew(self, layer: Layer, made: LayerData) -> None:
        if isinstance(layer, Image):
            data, attributes, _ = made
            layer.data = data
            layer.contrast_limits = attributes["contrast_limits"]
            layer.scale = attributes["scale"]
            layer.translate = attributes["translate"]
        elif isinstance(layer, Labels):
            layer.data, layer.translate = made[0], made[1]["translate"]
            layer.scale = made[1]["scale"]
            # napari lets other data be painted on again.
            layer.editable = False
        elif isinstance(layer, Vectors):
            layer.data = made[0]
        layer.visible = True


def split_of(folder: Path) -> Generator[None, None, list[Part]]:
    """Read which parts of a training's labels teach; to be run beside the window.

    Raises
    ------
    InputError
        If the training has not told it yet, or only of other pairs than the first.
    """
    yield
    found = journal.read_last(folder, lambda event: isinstance(event, Divided))
    if not found or not isinstance(found[-1], Divided):
        raise InputError(
            "The training has not divided the slices yet", "Try again in a moment"
        )
    parts = [
        Part(part["name"], tuple(part["start"]), tuple(part["stop"]))
        for part in found[-1].parts
        if part["image"] == 0
    ]
    if found[-1].parts and not parts:
        raise InputError("Nothing of the first pair trains or validates")
    return parts


def split_on(layer: Labels, parts: list[Part]) -> LayerData:
    """Draw a split onto a layer of labels.

    Raises
    ------
    InputError
        If these are not the labels that were divided.
    """
    labels = sources.labels_of(layer)
    if not _fits(parts, labels):
        raise InputError(
            f"The split is not one of '{labels.name}', which has another shape",
            "Choose the labels that were trained on",
        )
    return split_layer(parts, _attributes(layer), labels.axes)


def weights_on(
    layer: Labels, instances: InstancesConfig, dimensions: int
) -> Generator[None, None, LayerData]:
    """Work out how much each pixel counts, as a layer on labels.

    Parameters
    ----------
    layer : Labels
        An id per object; referred to when this is called, read later.
    instances : InstancesConfig
        How they are taught.
    dimensions : int
        2 for planes, 3 for volumes.

    Yields
    ------
    None
        Before each frame, so that it can be given up in between; to be run beside the
        window.

    Raises
    ------
    InputError
        If the map would not fit into memory, or the labels are none.
    """
    labels = sources.labels_of(layer)
    size = 4 * math.prod(labels.shape)
    if size > MOST_BYTES:
        raise InputError(
            f"The weights of '{labels.name}' would take {size / 2**30:.1f} GiB of "
            "memory",
            "Choose a smaller part of the labels to look at them",
        )
    return _weights(labels, _attributes(layer), instances, dimensions)


def _weights(
    labels: Array,
    attributes: Mapping[str, Any],
    instances: InstancesConfig,
    dimensions: int,
) -> Generator[None, None, LayerData]:
    frames = Frames(labels, dimensions)
    weights = np.empty(labels.shape, np.float32)
    for index in frames:
        yield
        # A series of this frame alone, with all axes.
        at = {a: slice(i, i + 1) for a, i in zip(frames.grid_axes, index, strict=True)}
        place = tuple(at.get(axis, slice(None)) for axis in labels.axes)
        ids = np.array(labels.array[place])
        if ids.any():
            one = labels.like(ids, labels.axes, labels.name)
            weights[place] = weight_map(one, instances, dimensions).array
        else:
            none = np.zeros(ids.shape, np.float32)
            weights[place] = pixel_weights(none.astype(np.int8), none, instances)
    return weights_layer(weights, attributes, labels.axes)


def _fits(parts: list[Part], labels: Array) -> bool:
    """Whether parts can be of labels: they reach their borders, and not beyond."""
    if not parts:
        return True
    shape = (*labels.plane_grid, *labels.plane_shape)
    ends = [max(stop) for stop in zip(*(part.stop for part in parts), strict=True)]
    if len(ends) != len(shape):
        return False
    inside = all(end <= length for end, length in zip(ends, shape, strict=True))
    return inside and tuple(ends[-2:]) == labels.plane_shape


def _attributes(layer: Layer) -> dict[str, Any]:
    _, attributes, _ = layer.as_layer_data_tuple()
    return dict(attributes)
