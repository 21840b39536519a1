"""Images and labels as layers with their axes, pixel size, channels and place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from napari_unetseg.core.read.opening import kind_of, open_images
from napari_unetseg.layers.to_layer import layers_of_opened

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_unetseg.layers.to_layer import LayerData

    Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def get_reader(path: Paths) -> Callable[[Paths], list[LayerData]] | None:
    """Choose to read a file or a folder, as napari asks.

    Parameters
    ----------
    path : str, path, or list of them
        Several files, to be stacked, are left to others.

    Returns
    -------
    function or None
        `read_layers` for a file that begins as a TIFF file does, a zarr, a folder of
        the Cell Tracking Challenge, and a folder of images and labels. A folder is
        looked at one level deep.
    """
    file = _single(path)
    return read_layers if file is not None and kind_of(file) else None


def read_layers(path: Paths, *, series: int = 0) -> list[LayerData]:
    """Read images and their labels.

    Labels that this program wrote become a layer of labels, and so do those that their
    file or folder calls so, and 32-bit integers without channels, as napari does it;
    everything else becomes layers of images.

    Parameters
    ----------
    path : str, path, or list of one of them
        The file or folder.
    series : int
        Which image, where there are several. Those that were not opened are listed in
        the first layer's metadata.

    Returns
    -------
    list of (data, attributes, "image" or "labels")
        Large images are read where napari shows them. What the program noted when it
        wrote the file is in the attribute "metadata", under "napari-unetseg".

    Raises
    ------
    ReadError
        If the file is damaged or cannot be read; in one sentence.
    """
    file = _single(path)
    assert file is not None, "get_reader has seen the same path"
    opened = open_images(file, series=series)
    return [layer for one in opened for layer in layers_of_opened(one)]


def _single(path: Paths) -> Path | None:
    if isinstance(path, str | os.PathLike):
        return Path(path)
    return Path(path[0]) if len(path) == 1 else None
