"""Layers as files with their axes, pixel size, place and channels.

napari's save dialog has asked whether to replace a file before it calls a writer; what
it has not asked about is never replaced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_unetseg.contributions.naming import ZARR, new, pair_files, target_of
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.write.atomic import check_writable
from napari_unetseg.core.write.imagej import is_imagej_name, write_imagej
from napari_unetseg.core.write.ngff import LabelNotes
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.core.write.whole_zarr import write_ome_zarr
from napari_unetseg.core.write.zarr_labels import write_labels_into
from napari_unetseg.layers.from_layer import (
    image_from_layer,
    join_channels,
    labels_from_layer,
)
from napari_unetseg.layers.notes import class_colors, class_names, notes_of
from napari_unetseg.layers.origin import colour_of, origin_of, what_is_lost
from napari_unetseg.runs.listing import file_name
from napari_unetseg.runs.saved import saved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from napari_unetseg.core.image import Image
    from napari_unetseg.layers.to_layer import LayerData


def write_image(path: str, data: Any, attributes: Mapping[str, Any]) -> list[str]:
    """Write an image layer; of a multiscale layer, its largest level.

    Parameters
    ----------
    path : str
        The file: NAME.ome.tif, NAME.imagej.tif or NAME.zarr. A name without such an
        ending gets ".ome.tif".
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
    target = target_of(path)
    image = image_from_layer(data, attributes)
    origin = origin_of(attributes, image)
    _write_image(target, image, attributes, origin, [colour_of(attributes)])
    _tell_what_is_lost(attributes, image)
    return [str(target)]


def write_channels(path: str, layer_data: Sequence[LayerData]) -> list[str]:
    """Write several image layers as the channels of one image, named after them.

    Parameters
    ----------
    path : str
        As for `write_image`.
    layer_data : sequence of (data, attributes, type)
        Two or more image layers of the same shape, such as the scores of classes.

    Returns
    -------
    list of str
        The file.

    Raises
    ------
    InputError
        If the layers do not cover the same pixels.
    WriteError
        If the file cannot be written.
    """
    target = target_of(path)
    parts = [image_from_layer(data, about) for data, about, _ in layer_data]
    colours = [colour_of(about) for _, about, _ in layer_data]
    first = layer_data[0][1]
    origin = origin_of(first, parts[0])
    _write_image(target, join_channels(parts), first, origin, colours)
    for one, (_, about, _) in zip(parts, layer_data, strict=True):
        _tell_what_is_lost(about, one)
    return [str(target)]


def write_labels(path: str, data: Any, attributes: Mapping[str, Any]) -> list[str]:
    """Write a layer of labels, with the names and colours of its classes.

    Parameters
    ----------
    path : str
        As for `write_image`. A zarr that exists must be an image: the labels are added
        to its labels, under the name of the layer.
    data, attributes
        As from `layer.as_layer_data_tuple()`. The names are taken from the columns
        "index" and "class" of the layer's features.

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
    target = target_of(path)
    labels = labels_from_layer(data, attributes)
    notes = _noted(attributes, "labels")
    origin = origin_of(attributes, labels)
    if target.suffix.lower() == ZARR:
        target = _write_label_zarr(target, labels, notes, origin)
    elif is_imagej_name(target):
        write_imagej(
            target,
            labels,
            overwrite=True,
            classes=class_colors(notes),
            description=notes,
            origin=origin,
        )
    else:
        _write_label_tiff(target, labels, notes, origin)
    _tell_what_is_lost(attributes, labels)
    return [str(target)]


def write_pair(path: str, layer_data: Sequence[LayerData]) -> list[str]:
    """Write an image and its labels, ready for training.

    Parameters
    ----------
    path : str
        NAME.ome.tif, for the image; the labels go to NAME-labels.ome.tif, which must
        not exist yet. NAME.zarr, which must not exist either, gets the labels inside.
        NAME.pairs is a folder to which the pair is added, under the name of the labels'
        layer, in the folders "images" and "labels".
    layer_data : sequence of (data, attributes, type)
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
    parts = [image_from_layer(*layer) for layer in pictures]
    image = join_channels(parts)
    labels = labels_from_layer(*painted)
    _check_shapes(image, labels)
    target, beside = pair_files(path, labels.name)
    colours = [colour_of(about) for _, about in pictures]
    origin = origin_of(pictures[0][1], parts[0])
    notes = _noted(painted[1], "labels")
    place = origin_of(painted[1], labels)
    if beside is None:
        _write_image(target, image, pictures[0][1], origin, colours)
        beside = _write_label_zarr(target, labels, notes, place)
    else:
        for file in (target, beside):
            check_writable(file, overwrite=True)
        _write_image(target, image, pictures[0][1], origin, colours)
        _write_label_tiff(beside, labels, notes, place)
    for one, (_, about) in zip([*parts, labels], [*pictures, painted], strict=True):
        _tell_what_is_lost(about, one)
    return [str(target), str(beside)]


def _noted(attributes: Mapping[str, Any], kind: str) -> dict[str, str]:
    """What is known of a layer, and that it is saved today."""
    return notes_of(attributes, kind) | saved(by_napari=True)


def _write_image(
    target: Path,
    image: Image,
    attributes: Mapping[str, Any],
    origin: Mapping[str, float],
    colours: list[str],
) -> None:
    """Write an image in the format that the ending asks for; the first layer's notes.

    A zarr that exists is not replaced: nobody has asked about the labels in it.
    """
    # Gray is what every viewer shows of its own accord.
    shown = [] if set(colours) == {"#ffffff"} else colours
    about: dict[str, Any] = {
        "description": _noted(attributes, "image"),
        "origin": origin,
        "colours": shown,
    }
    if is_imagej_name(target):
        write_imagej(target, image, overwrite=True, **about)
    elif target.suffix.lower() == ZARR:
        write_ome_zarr(new(target), image, **about)
    else:
        write_ome_tiff(target, image, overwrite=True, **about)


def _write_label_tiff(
    target: Path, labels: Image, notes: Mapping[str, str], origin: Mapping[str, float]
) -> None:
    write_ome_tiff(
        target, labels, overwrite=True, description=notes, origin=origin, smallest=True
    )


def _write_label_zarr(
    target: Path, labels: Image, notes: Mapping[str, str], origin: Mapping[str, float]
) -> Path:
    """Add labels to an image that exists, or write them as a zarr of their own."""
    meaning = LabelNotes(names=class_names(notes), colors=class_colors(notes))
    if target.exists():
        name = file_name(labels.name)
        return write_labels_into(
            target, name, labels, meaning, description=notes, origin=origin
        )
    write_ome_zarr(target, labels, labels=meaning, description=notes, origin=origin)
    return target


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


def _tell_what_is_lost(attributes: Mapping[str, Any], image: Image) -> None:
    """Warn that a file keeps a layer's pixel size and shift, but no turn.

    Warnings of Python would not be seen: napari's save dialog collects and drops them.
    """
    lost = what_is_lost(attributes, image)
    if not lost:
        return
    from napari.utils.notifications import show_warning

    show_warning(
        f"'{attributes.get('name')}' was saved without its place in the viewer: it is "
        f"{lost} there, which the file does not hold"
    )
