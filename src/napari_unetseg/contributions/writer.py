"""Layers as OME-TIFF files with their axes, pixel size and channels.

napari's save dialog has asked whether to replace a file before it calls a writer; what
it has not asked about is never replaced.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError, WriteError
from napari_unetseg.core.write.atomic import check_writable
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.layers.from_layer import (
    image_from_layer,
    join_channels,
    labels_from_layer,
)
from napari_unetseg.layers.notes import notes_of
from napari_unetseg.layers.place import data_to_world

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_unetseg.core.image import Image
    from napari_unetseg.layers.to_layer import LayerData

ENDINGS = (".ome.tif", ".ome.tiff", ".tif", ".tiff")


def write_image(path: str, data: Any, attributes: Mapping[str, Any]) -> list[str]:
    """Write an image layer; of a multiscale layer, its largest level.

    Parameters
    ----------
    path : str
        The file. A name that does not end as a TIFF file's gets ".ome.tif".
    data, attributes
        As from `layer.as_layer_data_tuple()`.

    Returns
    -------
    list of str
        The file.

    Raises
    ------
    InputError
        If the layer is empty or its axes are unclear.
    WriteError
        If the file cannot be written.
    """
    target = _target(path)
    image = image_from_layer(data, attributes)
    _write(target, image, notes_of(attributes, "image"))
    _tell_what_is_lost(attributes)
    return [str(target)]


def write_labels(path: str, data: Any, attributes: Mapping[str, Any]) -> list[str]:
    """Write a layer of labels, with the names of its classes.

    Parameters
    ----------
    path, data, attributes
        As for `write_image`. The names are taken from the columns "index" and "class"
        of the layer's features.

    Returns
    -------
    list of str
        The file.

    Raises
    ------
    InputError
        If the layer's values are no labels or its axes are unclear.
    WriteError
        If the file cannot be written.
    """
    target = _target(path)
    labels = labels_from_layer(data, attributes)
    _write(target, labels, notes_of(attributes, "labels"))
    _tell_what_is_lost(attributes)
    return [str(target)]


def write_pair(path: str, layer_data: list[LayerData]) -> list[str]:
    """Write an image and its labels side by side, ready for training.

    Parameters
    ----------
    path : str
        NAME.ome.tif, for the image. The labels go to NAME-labels.ome.tif, which must
        not exist yet.
    layer_data : list of (data, attributes, type)
        One or more image layers, which become the channels of one image, and one
        layer of labels.

    Returns
    -------
    list of str
        Both files.

    Raises
    ------
    InputError
        If the layers do not cover the same pixels.
    WriteError
        If the labels' file exists or one of the files cannot be written.
    """
    pictures = [(data, about) for data, about, kind in layer_data if kind == "image"]
    [painted] = [(data, about) for data, about, kind in layer_data if kind == "labels"]
    image = join_channels([image_from_layer(*layer) for layer in pictures])
    labels = labels_from_layer(*painted)
    _check_shapes(image, labels)
    target = _target(path)
    beside = _beside(target)
    for file in (target, beside):
        check_writable(file, overwrite=True)
    _write(target, image, notes_of(pictures[0][1], "image"))
    _write(beside, labels, notes_of(painted[1], "labels"))
    for _, attributes in (*pictures, painted):
        _tell_what_is_lost(attributes)
    return [str(target), str(beside)]


def _write(target: Path, image: Image, notes: Mapping[str, str]) -> None:
    write_ome_tiff(target, image, overwrite=True, description=notes)


def _target(path: str) -> Path:
    """Complete a name; then napari has not asked about the file."""
    if Path(path).suffix.lower() in {".tif", ".tiff"}:
        return Path(path)
    return _new(Path(f"{path}.ome.tif"))


def _beside(target: Path) -> Path:
    """Name the labels' file after the image's."""
    ending = next(e for e in ENDINGS if target.name.lower().endswith(e))
    return _new(target.with_name(f"{target.name[: -len(ending)]}-labels.ome.tif"))


def _new(path: Path) -> Path:
    if path.exists():
        raise WriteError(
            f"'{path.name}' exists", "Choose another name, or remove that file first"
        )
    return path


def _check_shapes(image: Image, labels: Image) -> None:
    wanted = (*image.plane_grid, *image.plane_shape)
    if wanted != (*labels.plane_grid, *labels.plane_shape):
        shapes = [
            f"'{part.name}' is {' x '.join(map(str, part.shape))} ({part.axes})"
            for part in (image, labels)
        ]
        raise InputError(
            f"The shapes do not match: {', the labels '.join(shapes)}",
            "Labels have the image's shape, without its channels",
        )


def _tell_what_is_lost(attributes: Mapping[str, Any]) -> None:
    """Warn that a file keeps a layer's pixel size, but not its place.

    Warnings of Python would not be seen: napari's save dialog collects and drops them.
    """
    scale = np.abs(attributes.get("scale", ()))
    here = data_to_world(attributes, len(scale))
    turned = not np.allclose(here[:-1, :-1], np.diag(scale))
    if not turned and np.allclose(here[:-1, -1], 0):
        return
    from napari.utils.notifications import show_warning

    show_warning(
        f"'{attributes.get('name')}' was saved without its place in the viewer: it is "
        f"{'turned, sheared or mirrored' if turned else 'shifted'} there, which the "
        "file does not hold"
    )
