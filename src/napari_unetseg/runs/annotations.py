"""``annotations/``: the labels of a training as they were when it began.

A training learns from its own copies, so that it can go on, and be understood, whatever
becomes of the files. ``kept.json`` says what each copy is one of; once it is there, all
copies are whole. Labels that lie in the run folder anyhow are not copied.
"""

from __future__ import annotations

import json
import shutil
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import RunError
from napari_unetseg.core.image import SPATIAL, Image
from napari_unetseg.core.read import read_image
from napari_unetseg.core.write.atomic import write_text_atomic
from napari_unetseg.core.write.disk import when_there_is_room
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.core.write.ome_zarr import (
    LabelNotes,
    chunk_shape,
    create_ome_zarr,
    move_into_place,
)
from napari_unetseg.core.write.reordered import Reordered, stored_axes
from napari_unetseg.runs.folder import ANNOTATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from napari_unetseg.core.events import Event
    from napari_unetseg.runs.questions import TrainQuestion

_KEPT = "kept.json"
# Pixels along each axis of what is copied of a lazy array at a time.
_BLOCK = {"Z": 64, "Y": 1024, "X": 1024}


def kept_labels(
    question: TrainQuestion, folder: Path, stop: Callable[[], bool] = lambda: False
) -> Generator[Event, None, list[Image] | None]:
    """Read the labels of a training; copy them into its folder the first time.

    What is in memory becomes an OME-TIFF, what is lazy, or has 64 bits, an OME-Zarr.

    Parameters
    ----------
    question : TrainQuestion
        Its relative paths start at the folder.
    folder : Path
        The run folder.
    stop : callable
        Asked, while the disk is too full for the copies, whether to give up.

    Yields
    ------
    Waiting
        While there is no room.

    Returns
    -------
    list of Image or None
        In the order of the question, with the axes of its files; None if given up.

    Raises
    ------
    ReadError, InputError
        If labels cannot be read.
    RunError, WriteError
        If what was kept is damaged, or the copies cannot be written.
    """
    axes = question.label_axes
    if _kept(folder) is None:
        own = {p for p in question.labels if _is_inside(folder / p, folder)}
        foreign = [path for path in dict.fromkeys(question.labels) if path not in own]
        copy = partial(_keep, foreign, folder, axes)
        if not (
            yield from when_there_is_room(copy, f"for the labels in {folder}", stop)
        ):
            return None
    kept = _kept(folder) or {}
    return [
        _opened(folder, kept[path])
        if path in kept
        else read_image(folder / path, axes=axes)
        for path in question.labels
    ]


def kept_regions(question: TrainQuestion, folder: Path) -> list[Path]:
    """Copy the regions of a training into its folder the first time.

    Parameters
    ----------
    question : TrainQuestion
        Its relative paths start at the folder.
    folder : Path
        The run folder.

    Returns
    -------
    list of Path
        Where to read them, in the order of the question.

    Raises
    ------
    RunError
        If one cannot be copied.
    """
    found = []
    for number, path in enumerate(question.regions, start=1):
        source = folder / path
        if _is_inside(source, folder):
            found.append(source)
            continue
        ending = "".join(source.suffixes[-2:])
        copy = folder / ANNOTATIONS / f"region-{number}{ending}"
        if not copy.exists():
            _copy_whole(source, copy)
        found.append(copy)
    return found


def _copy_whole(source: Path, copy: Path) -> None:
    """Copy a file or a folder, under a hidden name until it is whole."""
    unfinished = copy.with_name(f".unfinished-{copy.name}")
    try:
        copy.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(source, unfinished)
        else:
            shutil.copyfile(source, unfinished)
        unfinished.replace(copy)
    except OSError as error:
        raise RunError(
            f"The region '{source.name}' cannot be copied into {copy.parent}: "
            f"{error.strerror or error}",
            "Check that the file is there and that the disk has room",
        ) from error
    finally:
        if unfinished.is_dir():
            shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.unlink(missing_ok=True)


def _kept(folder: Path) -> dict[str, dict[str, Any]] | None:
    """What is known of each copy, by its path in the question; None without copies."""
    path = folder / ANNOTATIONS / _KEPT
    try:
        values: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise _damaged(path) from error
    return values


def _is_inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _keep(paths: list[str], folder: Path, axes: str | None) -> None:
    """Copy labels; those of a first time that was broken off are replaced."""
    place = folder / ANNOTATIONS
    kept: dict[str, dict[str, Any]] = {}
    for path in paths:
        image = read_image(folder / path, axes=axes)
        in_memory = isinstance(image.array, np.ndarray)
        as_tiff = in_memory and image.dtype.itemsize <= 4
        taken = {str(facts["file"]).lower() for facts in kept.values()}
        name = _name(Path(path), ".ome.tif" if as_tiff else ".ome.zarr", taken)
        place.mkdir(exist_ok=True)
        if as_tiff:
            write_ome_tiff(place / name, image, overwrite=True)
        else:
            _write_zarr(place / name, image)
        kept[path] = {
            "file": name,
            "name": image.name,
            "axes": image.axes,
            "spacing": image.spacing,
            "unit": image.unit,
            "unannotated": image.unannotated,
            "in_memory": in_memory,
        }
    if kept:
        text = json.dumps(kept, indent=1, ensure_ascii=False)
        write_text_atomic(place / _KEPT, text)


def _name(path: Path, ending: str, taken: set[str]) -> str:
    """Name of a copy: that of the file, with a number where two have the same."""
    stem = path.name.partition(".")[0] or "labels"
    name, number = f"{stem}{ending}", 1
    while name.lower() in taken:
        number += 1
        name = f"{stem}-{number}{ending}"
    return name


def _write_zarr(target: Path, image: Image) -> None:
    """Write an array block by block, under a hidden name until it is whole."""
    unfinished = target.with_name(f".unfinished-{target.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    axes = stored_axes(image.axes)
    shape = tuple(image.shape[image.axes.index(axis)] for axis in axes)
    try:
        array = create_ome_zarr(
            unfinished,
            shape=shape,
            dtype=image.dtype.str,  # numpy has two 64-bit types, zarr knows one
            axes=axes,
            spacing=[image.spacing_of(axis) for axis in axes if axis in SPATIAL],
            unit=image.unit,
            name=image.name,
            chunks=chunk_shape(shape, axes),
            labels=LabelNotes(),
        )
        copy = Reordered(array, axes, image.axes)
        for box in _boxes(image):
            copy[box] = np.asarray(image.array[box])
        move_into_place(unfinished, target, overwrite=True)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _boxes(image: Image) -> Iterator[tuple[slice, ...]]:
    sides = [_BLOCK.get(axis, 1) for axis in image.axes]
    starts = (range(0, n, side) for n, side in zip(image.shape, sides, strict=True))
    for corner in product(*starts):
        yield tuple(
            slice(start, min(start + side, n))
            for start, side, n in zip(corner, sides, image.shape, strict=True)
        )


def _opened(folder: Path, facts: dict[str, Any]) -> Image:
    """Read a copy as its file was read: formats order axes, and drop some, at will."""
    place = folder / ANNOTATIONS
    try:
        name, axes, spacing = facts["name"], facts["axes"], tuple(facts["spacing"])
        image = read_image(place / facts["file"])
        array, letters = image.array, image.axes
        if facts["in_memory"]:
            array = np.asarray(array[...])
            for axis in set(axes) - set(letters):
                array, letters = array[None], axis + letters
            array = array.transpose([letters.index(axis) for axis in axes])
        elif letters != axes:
            array = Reordered(array, letters, axes)
        return Image(
            array=array,
            axes=axes,
            spacing=spacing,
            unit=facts["unit"],
            name=name,
            # Runs of before did not tell.
            unannotated=facts.get("unannotated", ""),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(place / _KEPT) from error


def _damaged(path: Path) -> RunError:
    return RunError(f"{path} is damaged", "Ask the question again in a new folder")
