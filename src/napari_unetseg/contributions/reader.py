"""TIFF files as layers with their axes, pixel size and channels."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.read import read_image
from napari_unetseg.core.read.annotations import read_annotations
from napari_unetseg.core.read.tiff import SIGNATURES
from napari_unetseg.layers.notes import are_labels, class_names, with_notes
from napari_unetseg.layers.to_layer import labels_layer, layers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_unetseg.layers.to_layer import LayerData

    Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def get_reader(path: Paths) -> Callable[[Paths], list[LayerData]] | None:
    """Choose to read a file, as napari asks.

    Parameters
    ----------
    path : str, path, or list of them
        Several files, to be stacked, are left to others.

    Returns
    -------
    function or None
        `read_layers` for one file that begins as a TIFF file does.
    """
    file = _single(path)
    if file is None or file.suffix.lower() not in {".tif", ".tiff"}:
        return None
    try:
        with file.open("rb") as stream:
            is_tiff = stream.read(4) in SIGNATURES
    except (OSError, ValueError):
        return None
    return read_layers if is_tiff else None


def read_layers(path: Paths) -> list[LayerData]:
    """Read a TIFF file.

    Labels that this program wrote become a layer of labels, and so do 32-bit integers
    without channels, as napari does it; everything else becomes layers of images.

    Parameters
    ----------
    path : str, path, or list of one of them
        The file.

    Returns
    -------
    list of (data, attributes, "image" or "labels")
        Large uncompressed images are mapped, not read. What the program noted when it
        wrote the file is in the attribute "metadata", under "napari-unetseg".

    Raises
    ------
    ReadError
        If the file is damaged or cannot be read; in one sentence.
    """
    file = _single(path)
    assert file is not None, "get_reader has seen the same path"
    image, notes = read_image(file), read_annotations(file)
    if are_labels(image, notes):
        data, attributes, kind = labels_layer(image, class_names(notes))
        # A mapped file cannot be painted on.
        layers = [(data if data.flags.writeable else np.array(data), attributes, kind)]
    else:
        layers = layers_of(image)
    return [(data, with_notes(about, notes), kind) for data, about, kind in layers]


def _single(path: Paths) -> Path | None:
    if isinstance(path, str | os.PathLike):
        return Path(path)
    return Path(path[0]) if len(path) == 1 else None
