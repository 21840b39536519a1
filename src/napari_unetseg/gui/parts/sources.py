"""Layers as they are at this moment: what a run is asked about."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.layers.from_layer import (
    image_from_layer,
    join_channels,
    labels_from_layer,
)
from napari_unetseg.layers.notes import named_classes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari.layers import Labels, Layer

    from napari_unetseg.core.image import Image

# Bytes that are read from a file into memory for a copy, while the window waits.
MOST_COPIED = 2 * 2**30


@dataclass(frozen=True, eq=False)
class Input:
    """An image or labels of the viewer on their way into a run.

    Attributes
    ----------
    image : Image
        What is asked about.
    source : Path, optional
        File that the layer was opened from.
    """

    image: Image
    source: Path | None = None

    @property
    def bytes(self) -> int:
        """Size of the copy."""
        return int(np.prod(self.image.shape)) * self.image.dtype.itemsize


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
    # The run has another working folder than napari.
    return Input(image_of(layers), Path(path).absolute() if path else None)


def labels_of(layer: Labels) -> Image:
    """A layer of labels; pixels are referred to, so that later strokes show.

    Raises
    ------
    InputError
        If the layer holds no labels, or its dimensions are unclear.
    """
    return labels_from_layer(*_parts(layer))


def frozen(labels: Image) -> Image:
    """Labels as they are now, whatever is painted later.

    Copied is all that can be painted on: arrays in memory, and what is written to a
    file while one paints, as zarr and writable memory maps. Only arrays known to be
    read-only are referred to, and dask's, whose strokes make another array of them.
    Nothing helps against another program that changes their file.

    Raises
    ------
    InputError
        If the labels lie in a file, can be painted on, and are 2 GiB or more.
    """
    array = labels.array
    if hasattr(array, "dask"):
        # Painting makes the array itself another one; this one stays as it is.
        return referred(labels)
    if _is_read_only(array):
        return labels
    in_memory = isinstance(array, np.ndarray) and not isinstance(array, np.memmap)
    size = math.prod(labels.shape) * labels.dtype.itemsize
    if not in_memory and size >= MOST_COPIED:
        raise InputError(
            f"'{labels.name}' takes {size / 2**30:.1f} GiB and is painted into its "
            "file, which is too large to be copied",
            "Choose a smaller part of it, or open its file read-only",
        )
    return replace(labels, array=np.array(array))


def referred(labels: Image) -> Image:
    """Labels to be read beside the window while somebody paints on them.

    Nothing is copied: what is read may have half a stroke. Of dask, whose strokes make
    the array itself another one bit by bit, it is the array of this moment.
    """
    array = labels.array
    return replace(labels, array=array.copy()) if hasattr(array, "dask") else labels


def class_names(layer: Labels) -> dict[str, str]:
    """Names by painted id, from the columns "index" and "class" of the features."""
    return named_classes(layer.features)


def class_colors(layer: Labels, ids: Iterable[int]) -> dict[str, str]:
    """Colour by painted id, as in "#c81e5a", of each id but 0 that the layer shows.

    That the layer shows only the selected label at the moment changes nothing.
    """
    colormap = without_selection(layer.colormap)
    colors = {}
    for identity in ids:
        red, green, blue, alpha = (
            round(255 * float(part)) for part in colormap.map(int(identity))
        )
        if identity and alpha:
            colors[str(identity)] = f"#{red:02x}{green:02x}{blue:02x}"
    return colors


def without_selection(colormap: Any) -> Any:
    """Copy the colours of a layer: of all labels, rather than of the selected one."""
    # napari 0.6 has a pydantic that does not know model_copy.
    copied = getattr(colormap, "model_copy", None) or colormap.copy
    return copied(update={"use_selection": False})


def _is_read_only(array: Any) -> bool:
    """Whether an array is known to refuse every stroke."""
    if isinstance(array, np.memmap):
        return bool(array.mode == "r")
    if isinstance(array, np.ndarray):
        return False  # What it is a view of may be writable.
    return (
        not hasattr(array, "__setitem__")
        or getattr(array, "read_only", False) is True
        or getattr(array, "writable", True) is False
    )


def _parts(layer: Layer) -> tuple[Any, dict[str, Any]]:
    data, attributes, _ = layer.as_layer_data_tuple()
    return data, attributes
