"""Shapes that are drawn in napari, or saved by it, as a mask."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from skimage import draw

from napari_unetseg.core.errors import InputError, ReadError
from napari_unetseg.core.read import read_image

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.image import Image

_AREAS = ("rectangle", "polygon", "ellipse")
_COLUMNS = ("index", "shape-type", "axis-0", "axis-1")
# As many corners as napari draws an ellipse with, so that the mask is what was seen.
_CORNERS = 100
# Without types in some versions.
fill: Any = draw.polygon2mask


def mask_of_shapes(
    shapes: Sequence[NDArray[Any]],
    shape: Sequence[int],
    kinds: Sequence[str] | str = "polygon",
) -> NDArray[np.bool_]:
    """Fill shapes.

    Parameters
    ----------
    shapes : sequence of ndarray of shape (N, D)
        Corners in pixels of the labels; the centre of a pixel is at whole numbers. Of
        an ellipse they are the four corners of the rectangle around it, which may be
        turned. D is the number of axes of the labels; with fewer, the axes are the
        labels' last ones, and the shape is filled in every slice, as napari shows it.
    shape : sequence of int
        Of the labels: (..., Y, X).
    kinds : str or sequence of str
        "polygon", "rectangle" or "ellipse": of each shape, or of all of them.

    Returns
    -------
    ndarray of `shape`, bool
        Whether a pixel's centre is inside any of the shapes. Parts of a shape beyond
        the labels' border are left out.

    Raises
    ------
    InputError
        If a shape encloses no area (a line or a path), has more axes than the labels,
        is drawn across slices, or lies in a slice that the labels do not have.
    """
    mask = np.zeros(tuple(shape), bool)
    every = [kinds] * len(shapes) if isinstance(kinds, str) else kinds
    for number, (corners, kind) in enumerate(zip(shapes, every, strict=True), start=1):
        index, plane = outline(corners, kind, number, mask.ndim)
        mask[_slices(index, number, mask.shape)] |= fill(mask.shape[-2:], plane)
    return mask


def outline(
    corners: NDArray[Any], kind: str, number: int, axes: int, of: str = "labels"
) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """Where one shape lies.

    Parameters
    ----------
    corners, kind
        As for `mask_of_shapes`, of one shape.
    number : int
        Of the shape, to name it.
    axes : int
        How many axes that has on which it is drawn.
    of : {"labels", "image"}
        What that is.

    Returns
    -------
    index : tuple of int
        Its slice, along the last axes before Y and X; () lies in every slice.
    plane : ndarray of shape (N, 2)
        Vertices (y, x) of its outline.

    Raises
    ------
    InputError
        If it encloses no area, has more axes, or is drawn across slices.
    """
    points = np.asarray(corners, dtype=float)
    _check(points, kind, number, axes, of)
    found = np.rint(points[:, :-2]).astype(int)
    if (found != found[:1]).any():
        raise InputError(
            f"Shape {number} is drawn across slices",
            "Draw each shape within one slice, seen as Y and X",
        )
    plane = points[:, -2:]
    return tuple(map(int, found[0])), _ellipse(plane) if kind == "ellipse" else plane


def read_shapes_csv(
    path: str | os.PathLike[str], shape: Sequence[int]
) -> NDArray[np.bool_]:
    """Fill the shapes of a file that napari has saved a Shapes layer to.

    Parameters
    ----------
    path : str or path
        As for `shapes_in`.
    shape : sequence of int
        Of the labels: (..., Y, X).

    Returns
    -------
    ndarray of `shape`, bool
        As from `mask_of_shapes`.

    Raises
    ------
    ReadError
        As `shapes_in`.
    InputError
        As `mask_of_shapes`.
    """
    corners, kinds = shapes_in(path)
    return mask_of_shapes(corners, shape, kinds)


def shapes_in(
    path: str | os.PathLike[str],
) -> tuple[list[NDArray[np.float64]], list[str]]:
    """Read a file that napari has saved a Shapes layer to.

    Parameters
    ----------
    path : str or path
        CSV with the columns index, shape-type, vertex-index, axis-0, axis-1, and so on:
        a row per corner, in pixels of the layer that the shapes were drawn on.

    Returns
    -------
    corners : list of ndarray of shape (N, D)
    kinds : list of str

    Raises
    ------
    ReadError
        If the file is missing or no such table.
    """
    file = Path(path)
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            table = csv.DictReader(lines)
            names = table.fieldnames or ()
            if not set(_COLUMNS) <= set(names):
                raise _no_shapes(file)
            axes = [name for name in names if name.startswith("axis-")]
            axes.sort(key=lambda name: int(name.removeprefix("axis-")))
            kinds: dict[int, str] = {}
            corners: dict[int, list[list[float]]] = {}
            for row in table:
                # napari once wrote the numbers of shapes as "0.0".
                index = int(float(row["index"]))
                kinds[index] = row["shape-type"]
                corners.setdefault(index, []).append([float(row[a]) for a in axes])
    except OSError as error:
        raise ReadError(
            f"The shapes '{file.name}' cannot be read ({error.strerror or error})",
            "Name a CSV file that napari has saved a Shapes layer to",
        ) from error
    except (ValueError, TypeError, csv.Error) as error:
        raise _no_shapes(file) from error
    return [np.array(one) for one in corners.values()], list(kinds.values())


def shapes_csv(shapes: Sequence[NDArray[Any]], kinds: Sequence[str]) -> str:
    """Write shapes as napari does; the inverse of `shapes_in`, to the bit.

    Parameters
    ----------
    shapes : sequence of ndarray of shape (N, D)
        Corners, all with the same D.
    kinds : sequence of str
        Of each.
    """
    count = shapes[0].shape[1] if shapes else 2
    axes = (f"axis-{axis}" for axis in range(count))
    lines = [",".join(["index", "shape-type", "vertex-index", *axes])]
    for number, (corners, kind) in enumerate(zip(shapes, kinds, strict=True)):
        for vertex, place in enumerate(corners):
            places = (repr(float(one)) for one in place)
            lines.append(",".join([str(number), kind, str(vertex), *places]))
    return "\n".join(lines) + "\n"


def read_region(path: str | os.PathLike[str], labels: Image) -> Image:
    """Read a region of some labels: a mask, or shapes that napari has saved.

    Parameters
    ----------
    path : str or path
        An image of the labels' shape, 0 outside; or a CSV of shapes.
    labels : Image
        That the region is for.

    Raises
    ------
    ReadError, InputError
        If it cannot be read, or the shapes do not fit the labels.
    """
    if Path(path).suffix.lower() != ".csv":
        return read_image(path, axes=labels.axes)
    mask = read_shapes_csv(path, labels.shape)
    return replace(labels, array=mask, name=Path(path).name)


def _no_shapes(file: Path) -> ReadError:
    return ReadError(
        f"'{file.name}' is no table of shapes",
        "Save a Shapes layer in napari as CSV: its columns are index, shape-type, "
        "vertex-index, axis-0, axis-1",
    )


def _check(points: NDArray[Any], kind: str, number: int, axes: int, of: str) -> None:
    if kind not in _AREAS:
        raise InputError(
            f"Shape {number} is a {kind}, which encloses no area",
            "Draw the region with rectangles, polygons and ellipses",
        )
    if points.ndim != 2 or not 2 <= points.shape[1] <= axes:
        verb = "have" if of == "labels" else "has"
        raise InputError(
            f"Shape {number} has {points.shape[-1]} axes, and the {of} {verb} {axes}",
            f"Draw the region on the {of} that it is for",
        )
    fewest = 4 if kind == "ellipse" else 3
    if len(points) < fewest or not np.isfinite(points).all():
        raise InputError(
            f"Shape {number}, a {kind}, has no {fewest} corners that are numbers",
            "Draw it again",
        )


def _slices(
    index: tuple[int, ...], number: int, shape: tuple[int, ...]
) -> tuple[slice | int, ...]:
    """Where a shape lies along the axes before Y and X, which must be there."""
    lengths = shape[len(shape) - 2 - len(index) : -2]
    for i, length in zip(index, lengths, strict=True):
        if not 0 <= i < length:
            raise InputError(
                f"Shape {number} lies in slice {i}, and the labels have {length}",
                "Draw the region on the labels that it is for",
            )
    return (slice(None),) * (len(shape) - 2 - len(index)) + index


def _ellipse(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points on the ellipse in a rectangle of four corners, as napari draws it."""
    centre = corners.mean(axis=0)
    halves = np.stack([corners[1] - corners[0], corners[2] - corners[1]]) / 2
    angle = np.linspace(0, 2 * np.pi, _CORNERS)
    return np.asarray(centre + np.column_stack([np.cos(angle), np.sin(angle)]) @ halves)
