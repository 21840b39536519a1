"""OME-Zarr images and bare zarr arrays; only what is asked for is ever read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.errors import ReadError
from napari_unetseg.core.image import Image, check_axes
from napari_unetseg.core.read.annotations import NAMESPACE, unannotated_in
from napari_unetseg.core.read.ngff import (
    Dimension,
    Level,
    axes_of,
    levels_of,
    named_dimensions,
    spacing_of,
)
from napari_unetseg.core.read.ngff_looks import channel_names
from napari_unetseg.core.read.zarr_array import AGAIN, ZarrArray, noticing_damage

if TYPE_CHECKING:
    import os

ENDING = ".zarr"
MARKS = ("zarr.json", ".zarray", ".zgroup")


def is_zarr(path: str | os.PathLike[str]) -> bool:
    """Whether a path names a zarr or a place in one, which need not be there.

    Parameters
    ----------
    path : str or path
        Anything.
    """
    file = Path(path)
    if any(part.suffix.lower() == ENDING for part in (file, *file.parents)):
        return True
    try:
        return any((file / mark).is_file() for mark in MARKS)
    except (OSError, ValueError):
        return False


def read_zarr(path: str | os.PathLike[str], *, axes: str | None = None) -> Image:
    """Open an OME-Zarr image (versions 0.1 to 0.5), or a zarr array (version 2 or 3).

    Parameters
    ----------
    path : str or path
        The folder of an image, or of a part of it: "a.zarr/labels/nuclei", "a.zarr/1".
        Of several images the first is opened, and its finest level.
    axes : str, optional
        One letter out of "TZCYX" per dimension of the stored array.

    Returns
    -------
    Image
        Its array is read where it is indexed, in the type and with the axes that are
        stored; those of length 1 too.

    Raises
    ------
    ReadError
        If there is no zarr, it is damaged, it holds no image or several, the numbers
        are not real, or the meaning of its axes is unknown and `axes` is not given.
    InputError
        If `axes` does not fit the array.
    """
    file = Path(path)
    name = name_of(file)
    array = open_node(file, name)
    ours = dict(array.attrs).get(NAMESPACE)
    if hasattr(array, "dtype"):
        group, level = _group_around(file)
    else:
        group = metadata_of(array)
        level = first_level(group, file, name)
        array = array_in(file, level, name)
    check_array(array, name)
    dimensions = dimensions_of(array, level)
    if axes is None:
        axes = known_axes(array, dimensions, level, name)
    else:
        check_axes(axes, array.ndim, name)
    fits = len(dimensions) == array.ndim
    spacing, unit = spacing_of(dimensions if fits else (), axes)
    names = channel_names(group)
    count = array.shape[axes.index("C")] if "C" in axes else 1
    return Image(
        array=array,
        axes=axes,
        spacing=spacing,
        unit=unit,
        channels=names if len(names) == count else (),
        name=name,
        unannotated=unannotated_in(ours) if isinstance(ours, dict) else "",
    )


def name_of(file: Path) -> str:
    """Name of the zarr, with the place in it: "a.zarr/labels/nuclei"."""
    parts = file.parts
    start = max(
        (i for i, part in enumerate(parts) if part.lower().endswith(ENDING)),
        default=len(parts) - 1,
    )
    return "/".join(parts[start:]) or str(file)


def open_node(file: Path, name: str) -> Any:
    """Open an array or a group, to read."""
    import zarr

    with noticing_damage(name):
        if _is_array(file, name):
            return ZarrArray(zarr.open_array(file, mode="r"), name)
        # Consolidated metadata are a copy that may be out of date.
        return zarr.open_group(file, mode="r", use_consolidated=False)


def _is_array(file: Path, name: str) -> bool:
    """Whether a folder is an array of zarr, not a group; refuse what is neither."""
    if not file.exists():
        raise ReadError(f"'{name}' does not exist", "Check the name and the folder")
    if not file.is_dir():
        raise ReadError(
            f"'{name}' is a file, but a zarr is a folder",
            "Give the folder; unpack it first if it is zipped",
        )
    if (file / "zarr.json").is_file():
        node = json.loads((file / "zarr.json").read_bytes())
        return bool(node["node_type"] == "array")
    if (file / ".zarray").is_file() or (file / ".zgroup").is_file():
        return (file / ".zarray").is_file()
    if not any(file.iterdir()):
        raise ReadError(f"'{name}' is an empty folder", AGAIN)
    raise ReadError(
        f"'{name}' is a folder, but no zarr: none of {', '.join(MARKS)} is in it",
        "Give the folder of a zarr, or copy it again from its source",
    )


def metadata_of(group: Any) -> dict[str, Any]:
    """OME metadata of a group, wherever its version puts them."""
    attributes = dict(group.attrs)
    inner = attributes.get("ome")
    return inner if isinstance(inner, dict) else attributes


def _group_around(file: Path) -> tuple[dict[str, Any], Level | None]:
    """What the image says to which an array belongs as one of its levels."""
    try:
        outer = file.absolute().parent
        group = metadata_of(open_node(outer, outer.name))
        levels = levels_of(group, outer.name)
    except (OSError, ReadError):
        return {}, None
    level = next((one for one in levels if one.path.strip("/") == file.name), None)
    return (group, level) if level else ({}, None)


def first_level(group: dict[str, Any], file: Path, name: str) -> Level:
    """The finest level of an image; refuse a group that is none."""
    levels = levels_of(group, name)
    if levels:
        return levels[0]
    with noticing_damage(name):
        inside = _inside(group, file)
    if not inside:
        raise ReadError(f"'{name}' is a group of zarr without an image in it", AGAIN)
    raise ReadError(
        f"'{name}' is not one image: {', '.join(inside[:5])} "
        f"{'are' if len(inside) > 1 else 'is'} in it",
        f"Give the path of one image in it, such as {name}/{inside[0]}",
    )


def _inside(group: dict[str, Any], file: Path) -> list[str]:
    """Paths of images in a plate, a well, a list of labels or any other group."""
    for key, one in (
        ("plate", lambda: [f"{w['path']}/0" for w in group["plate"]["wells"]]),
        ("well", lambda: [image["path"] for image in group["well"]["images"]]),
        ("labels", lambda: [str(label) for label in group["labels"]]),
    ):
        try:
            found = one() if key in group else []
        except (LookupError, TypeError):
            found = []
        if found:
            return found
    children = sorted(file.iterdir())
    return [c.name for c in children if any((c / mark).is_file() for mark in MARKS)]


def array_in(file: Path, level: Level, name: str) -> Any:
    """Open the array of a level, which lies in the image's folder."""
    place = file / level.path
    # An absolute path, or one that leads out, is none of an array in it.
    inside = file in place.parents and ".." not in Path(level.path).parts
    with noticing_damage(name):
        if not inside or not place.is_dir():
            raise ReadError(
                f"'{name}' names the array '{level.path}', which is not in it", AGAIN
            )
    array = open_node(place, f"{name}/{level.path}")
    if not hasattr(array, "dtype"):
        raise ReadError(f"'{name}/{level.path}' should be an array, but is none", AGAIN)
    return array


def check_array(array: Any, name: str) -> None:
    """Refuse what cannot be an image."""
    dtype = array.dtype
    if dtype.kind not in "biuf":
        raise ReadError(
            f"'{name}' holds values of type {dtype}, which are not supported",
            "Take their absolute value first"
            if dtype.kind == "c"
            else "Save it with integers or real numbers",
        )
    if array.ndim < 2 or 0 in array.shape:
        raise ReadError(
            f"'{name}' holds no image: its shape is {array.shape}",
            "Give an array with at least the dimensions Y and X",
        )
    if 0 in array.chunks:
        raise ReadError(f"'{name}' is damaged (its chunks hold nothing)", AGAIN)


def dimensions_of(array: Any, level: Level | None) -> tuple[Dimension, ...]:
    """Dimensions by the image, else by the array (version 3); empty if unknown."""
    if level and level.dimensions:
        return level.dimensions
    return named_dimensions(getattr(array.metadata, "dimension_names", None) or ())


def known_axes(
    array: Any, dimensions: tuple[Dimension, ...], level: Level | None, name: str
) -> str:
    """Letters of an array's dimensions by what the file says, else by their number."""
    axes = axes_of(dimensions) if len(dimensions) == array.ndim else None
    if not dimensions:
        # Before version 0.3 an image always had five.
        usual = {2: "YX", 3: "ZYX"} | ({5: "TCZYX"} if level else {})
        axes = usual.get(array.ndim)
    if axes is None:
        names = ", ".join(one.name or "?" for one in dimensions)
        raise ReadError(
            f"'{name}' of shape {array.shape} has dimensions of unknown or unusual "
            f"meaning ({f'axes {names}' if names else 'without names'})",
            "Give one letter out of TZCYX per dimension with --axes (in Python: axes=)",
        )
    return axes
