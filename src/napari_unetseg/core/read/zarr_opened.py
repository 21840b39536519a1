"""OME-Zarr as a viewer wants it: the image with its pyramid, and its labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.errors import ReadError
from napari_unetseg.core.image import SPATIAL, Image
from napari_unetseg.core.read.annotations import NAMESPACE, unannotated_in
from napari_unetseg.core.read.ngff import levels_of, spacing_of
from napari_unetseg.core.read.ngff_looks import (
    channel_colours,
    channel_names,
    class_colours,
    class_names,
    label_names,
)
from napari_unetseg.core.read.ome_zarr import (
    MARKS,
    array_in,
    check_array,
    dimensions_of,
    known_axes,
    metadata_of,
    name_of,
    open_node,
    read_zarr,
)
from napari_unetseg.core.read.opened import Opened
from napari_unetseg.core.read.zarr_array import AGAIN, noticing_damage
from napari_unetseg.core.units import unit_name, unit_ratio

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from napari_unetseg.core.read.ngff import Dimension, Level

LABELS = "labels"
# Of an image that Bio-Formats has converted: a folder with one group per series.
_LAYOUT = "bioformats2raw.layout"


def open_zarr(path: str | os.PathLike[str], *, series: int = 0) -> list[Opened]:
    """Open an OME-Zarr image, with all of its levels, and the labels in it.

    Parameters
    ----------
    path : str or path
        The folder of an image, of labels, of a group "labels", or of an array.
    series : int
        Which image, where a folder holds several that Bio-Formats has converted.

    Returns
    -------
    list of Opened
        The image first, if it is one; then its labels.

    Raises
    ------
    ReadError
        As `read_zarr`; and if labels that it names are not there or no labels.
    """
    file = Path(path)
    name = name_of(file)
    node = open_node(file, name)
    if hasattr(node, "dtype"):
        image = read_zarr(file)
        return [Opened(image=image, levels=(image.array,))]
    group = metadata_of(node)
    if levels_of(group, name):
        found = _multiscale(file, name, node, group)
        return [found, *([] if found.labels else _labels_in(file))]
    if label_names(group):
        return _labels_of(file, group)
    if _LAYOUT in node.attrs or _LAYOUT in group:
        return _converted(file, name, series)
    image = read_zarr(file)  # Refuses, and says what is in it.
    return [Opened(image=image, levels=(image.array,))]


def _converted(file: Path, name: str, series: int) -> list[Opened]:
    """One of several images that Bio-Formats has converted."""
    with noticing_damage(name):
        numbers = sorted(int(e.name) for e in file.iterdir() if e.name.isdecimal())
    if series not in range(len(numbers)):
        raise ReadError(
            f"'{name}' has no image {series + 1}: it holds {len(numbers)}", AGAIN
        )
    place = file / str(numbers[series])
    inside = name_of(place)
    node = open_node(place, inside)
    group = metadata_of(node)
    if not levels_of(group, inside):
        raise ReadError(f"'{inside}' should be an image, but is none", AGAIN)
    names = tuple(f"image {number + 1}" for number in numbers)
    found = _multiscale(place, inside, node, group, series=series, names=names)
    return [found, *_labels_in(place)]


def _multiscale(
    file: Path,
    name: str,
    node: Any,
    group: dict[str, Any],
    *,
    series: int = 0,
    names: tuple[str, ...] = (),
) -> Opened:
    """An image or labels with all levels that are alike."""
    levels = levels_of(group, name)
    finest = array_in(file, levels[0], name)
    check_array(finest, name)
    dimensions = dimensions_of(finest, levels[0])
    axes = known_axes(finest, dimensions, levels[0], name)
    spacing, unit = spacing_of(
        dimensions if len(dimensions) == finest.ndim else (), axes
    )
    channels, colours = channel_names(group), channel_colours(group)
    count = finest.shape[axes.index("C")] if "C" in axes else 1
    notes = _notes(node, group)
    image = Image(
        array=finest,
        axes=axes,
        spacing=spacing,
        unit=unit,
        channels=channels if len(channels) == count else (),
        name=name,
        unannotated=unannotated_in(notes),
    )
    labels = "image-label" in group and finest.dtype.kind in "iu"
    return Opened(
        image=image,
        levels=(finest, *_coarser(file, levels[1:], finest, name)),
        origin=_origin(dimensions, levels[0], image),
        colours=colours if len(colours) == count else (),
        notes=notes,
        labels=labels,
        series=series,
        names=names,
    )


def _coarser(file: Path, levels: Sequence[Level], finest: Any, name: str) -> list[Any]:
    found: list[Any] = []
    for level in levels:
        array = array_in(file, level, name)
        if array.ndim != finest.ndim or array.dtype != finest.dtype:
            break
        found.append(array)
    return found


def _origin(
    dimensions: Sequence[Dimension], level: Level, image: Image
) -> dict[str, float]:
    found = {}
    for axis, one, place in zip(image.axes, dimensions, level.place, strict=False):
        if axis not in SPATIAL:
            continue
        ratio = unit_ratio(unit_name(one.unit), image.unit) or 1.0
        found[axis] = place * ratio
    return found


def _notes(node: Any, group: dict[str, Any]) -> dict[str, str]:
    """What this program noted, and what the labels say of their classes."""
    ours = dict(node.attrs).get(NAMESPACE)
    notes = {}
    if isinstance(ours, dict):
        notes = {str(k): v for k, v in ours.items() if isinstance(v, str)}
    for key, known in (
        ("class_names", class_names(group)),
        ("class_colors", class_colours(group)),
    ):
        if known:
            notes.setdefault(key, json.dumps(known, ensure_ascii=False))
    return notes


def _labels_in(image: Path) -> list[Opened]:
    """All labels that belong to an image."""
    folder = image / LABELS
    if not any((folder / mark).is_file() for mark in MARKS):
        return []  # There is none, or some other folder of this name.
    name = name_of(folder)
    return _labels_of(folder, metadata_of(open_node(folder, name)))


def _labels_of(folder: Path, group: dict[str, Any]) -> list[Opened]:
    """All labels that a group lists."""
    return [_labels(folder, name) for name in label_names(group)]


def _labels(folder: Path, listed: str) -> Opened:
    place = folder / listed
    if folder not in place.parents or ".." in Path(listed).parts:
        raise ReadError(
            f"'{name_of(folder)}' names the labels '{listed}', which are not in it",
            AGAIN,
        )
    name = name_of(place)
    node = open_node(place, name)
    group = {} if hasattr(node, "dtype") else metadata_of(node)
    if not levels_of(group, name):
        raise ReadError(f"'{name}' should be labels, but is no image", AGAIN)
    found = _multiscale(place, name, node, group)
    if found.image.dtype.kind not in "biu":
        raise ReadError(
            f"'{name}' should be labels, but holds {found.image.dtype} values",
            "Open the image in it alone",
        )
    return Opened(
        image=found.image,
        levels=found.levels,
        origin=found.origin,
        notes=found.notes,
        labels=True,
    )
