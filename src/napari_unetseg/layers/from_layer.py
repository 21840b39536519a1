"""A layer's data and attributes as an `Image`."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import SPATIAL, Image
from napari_unetseg.core.read.annotations import NAMESPACE, unannotated_in
from napari_unetseg.core.units import same_unit, unit_name, unit_ratio
from napari_unetseg.layers.axes import axes_of
from napari_unetseg.layers.joined import WHOLE, JoinedChannels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLOURS = ("red", "green", "blue", "alpha")


def image_from_layer(data: Any, attributes: Mapping[str, Any]) -> Image:
    """Take an image layer as it is: nothing is copied or computed.

    Parameters
    ----------
    data : array, or sequence of arrays
        numpy, dask or zarr; of a multiscale layer the first, largest level is taken.
    attributes : mapping
        As from `layer.as_layer_data_tuple()`: "name", "scale", "units", "axis_labels",
        "rgb", "multiscale"; others are ignored, and all may be missing.

    Returns
    -------
    Image
        With the layer's name, its pixel size (the absolute value of the scale), and
        the axes that `axes_of` finds; RGB has its colours in a last axis C.

    Raises
    ------
    InputError
        If the layer is empty or the meaning of its dimensions is unclear.
    """
    name = str(attributes.get("name") or "image")
    array = _largest_level(data, attributes)
    shape = tuple(int(length) for length in array.shape)
    if 0 in shape:
        raise InputError(
            f"'{name}' is empty: its shape is {' x '.join(map(str, shape))}",
            "Choose another layer",
        )
    rgb = bool(attributes.get("rgb"))
    count = len(shape) - rgb
    axes = axes_of(_labels(attributes, count), name, rgb=rgb)
    spacing, unit = _pixel_size(attributes, axes, count)
    colours = COLOURS[: shape[-1]] if rgb and 3 <= shape[-1] <= len(COLOURS) else ()
    return Image(
        array=array, axes=axes, spacing=spacing, unit=unit, channels=colours, name=name
    )


def labels_from_layer(data: Any, attributes: Mapping[str, Any]) -> Image:
    """Take a layer of labels as it is.

    Parameters
    ----------
    data, attributes
        As for `image_from_layer`.

    Raises
    ------
    InputError
        If it has channels, its values are not integers, or `image_from_layer` refuses.
    """
    labels = image_from_layer(data, attributes)
    if labels.dtype.kind not in "biu" or "C" in labels.axes:
        raise InputError(
            f"'{labels.name}' cannot be labels: it holds {labels.dtype} values with "
            f"the axes {labels.axes}",
            "Labels are integers without channels; choose a labels layer",
        )
    notes = (attributes.get("metadata") or {}).get(NAMESPACE)
    noted = unannotated_in(notes) if isinstance(notes, dict) else ""
    return replace(labels, unannotated=noted)


def join_channels(images: Sequence[Image]) -> Image:
    """Make one image of several, whose layers are its channels.

    Parameters
    ----------
    images : sequence of Image
        At least one; each is one channel, or has some. A single one is returned as it
        is.

    Returns
    -------
    Image
        With C as its first axis and the channels in the given order, named after their
        layers, or, of layers with channels, by these; equal names are numbered. The
        array reads from the layers' arrays when it is indexed.

    Raises
    ------
    InputError
        If shapes, axes or pixel sizes of the layers differ.
    """
    first = images[0]
    if len(images) == 1:
        return first
    for image in images[1:]:
        _check_alike(first, image)
    parts = [part for image in images for part in _channels(image)]
    return Image(
        array=JoinedChannels([(array, place) for _, array, place in parts]),
        axes="C" + first.axes.replace("C", ""),
        spacing=first.spacing,
        unit=first.unit,
        channels=_distinct([name for name, _, _ in parts]),
        name=_common_name([image.name for image in images]),
    )


def _check_alike(image: Image, other: Image) -> None:
    """Refuse two layers that do not cover the same pixels."""
    lengths = [
        [
            (axis, length)
            for axis, length in zip(i.axes, i.shape, strict=True)
            if axis != "C"
        ]
        for i in (image, other)
    ]
    if lengths[0] != lengths[1]:
        raise InputError(
            f"'{image.name}' and '{other.name}' cannot be channels of one image: their "
            f"shapes are {_shape(image)} and {_shape(other)}",
            "Choose layers of equal shape",
        )
    ratio = 1.0 if image.unit == other.unit else unit_ratio(image.unit, other.unit)
    if ratio is None or not all(
        math.isclose(size * ratio, size_of_other, rel_tol=1e-4)
        for size, size_of_other in zip(image.spacing, other.spacing, strict=True)
    ):
        raise InputError(
            f"'{image.name}' and '{other.name}' cannot be channels of one image: their "
            f"pixel sizes are {_size(image)} and {_size(other)}",
            "Give both layers the same scale and units",
        )


def _channels(image: Image) -> list[tuple[str, Any, tuple[int | slice, ...]]]:
    """Name, array and place in the array of each channel."""
    if "C" not in image.axes:
        return [(image.name, image.array, (WHOLE,) * len(image.axes))]
    position = image.axes.index("C")
    before, after = (WHOLE,) * position, (WHOLE,) * (len(image.axes) - position - 1)
    return [
        (name, image.array, (*before, channel, *after))
        for channel, name in enumerate(channel_names(image))
    ]


def channel_names(image: Image) -> tuple[str, ...]:
    """Names of the channels, made of the image's name where they have none."""
    numbers = range(image.channel_count)
    return image.channels or tuple(f"{image.name} C{number}" for number in numbers)


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Number equal names as napari does: "a", "a [1]"."""
    found: list[str] = []
    for name in names:
        candidates = (f"{name} [{i}]" if i else name for i in range(len(names)))
        found.append(next(c for c in candidates if c not in found))
    return tuple(found)


def _common_name(names: Sequence[str]) -> str:
    """What all names begin with, in whole words; else the first name."""
    words = [re.findall(r"[^\W_]+|[\W_]+", name) for name in names]
    equal = takewhile(lambda same: len({*same}) == 1, zip(*words, strict=False))
    return "".join(same[0] for same in equal).strip(" -_.,:;[(") or names[0]


def _shape(image: Image) -> str:
    return f"{' x '.join(map(str, image.shape))} ({image.axes})"


def _size(image: Image) -> str:
    return f"{' x '.join(f'{size:g}' for size in image.spacing)} {image.unit}"


def _largest_level(data: Any, attributes: Mapping[str, Any]) -> Any:
    if attributes.get("multiscale") or isinstance(data, list | tuple):
        data = data[0]
    # Of xarray only the array within is indexed by position.
    array = data.data if hasattr(data, "dims") and hasattr(data, "coords") else data
    return array if hasattr(array, "shape") else np.asarray(array)


def _labels(attributes: Mapping[str, Any], count: int) -> tuple[str, ...]:
    """One label per dimension; numbers, as napari has it, where there is none."""
    given = attributes.get("axis_labels")
    labels = tuple(map(str, given)) if given is not None else ()
    return labels if len(labels) == count else tuple(map(str, range(-count, 0)))


def _pixel_size(
    attributes: Mapping[str, Any], axes: str, count: int
) -> tuple[tuple[float, ...], str]:
    """Spacing along the spatial axes among the first `count` ones, and its unit."""
    given = attributes.get("scale")
    scale = [abs(float(size)) for size in given] if given is not None else []
    scale = ([1.0] * count + scale)[-count:]
    units = attributes.get("units")
    if units is None or isinstance(units, str) or not hasattr(units, "__len__"):
        units = [units] * count
    sizes = {
        axis: (size, unit_name(str(unit)))
        for axis, size, unit in zip(axes, scale, units, strict=False)
        if axis in SPATIAL
    }
    return same_unit(sizes, "".join(axis for axis in axes if axis in SPATIAL))
