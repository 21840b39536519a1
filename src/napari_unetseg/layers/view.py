"""Which part of labels a viewer shows, and where a part of them lies in its world."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.units import unit_name, unit_ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.layers.place import Matrix, Placed

    Key = tuple[int | slice, ...]
    Corner = tuple[float, ...]

# In pixels: how far a slice may run out of its plane.
TOLERANCE = 1e-3


def key_at(
    placed: Placed,
    point: Sequence[float],
    displayed: Sequence[int],
    units: Sequence[str] = (),
) -> Key | None:
    """Find the plane of labels that a viewer shows.

    Parameters
    ----------
    placed : Placed
        Labels with N axes, which are the last of the viewer's.
    point : sequence of float
        Where the viewer's sliders are, in the world; at least N numbers.
    displayed : sequence of int
        The axes of the viewer that are seen.
    units : sequence of str, optional
        Those of `point`; the labels' own where they are not given.

    Returns
    -------
    tuple of N (int or slice), or None
        An index into the labels: whole axes where the viewer shows them. None where
        the sliders are outside of the labels.

    Raises
    ------
    InputError
        If what is seen is no plane of the labels.
    """
    count = len(placed.image.shape)
    seen = sorted(axis - (len(point) - count) for axis in displayed)
    if len(seen) > 2:
        raise InputError("In the 3D view no slice is seen", "Go to the 2D view")
    if seen[0] < 0:
        raise InputError(
            f"The viewer shows no plane of {placed.name}",
            "Let it show two of that layer's axes",
        )
    world = _world(placed, units)
    hidden = [axis for axis in range(count) if axis not in seen]
    inverse = np.linalg.inv(world)
    tilt = np.abs(inverse[np.ix_(hidden, seen)]) @ np.abs(_lengths(world, placed)[seen])
    if tilt.size and tilt.max() > TOLERANCE:
        raise InputError(
            f"{placed.name} is turned out of the plane in view",
            "Show the axes within which it is turned",
        )
    place = inverse @ np.array([*point[len(point) - count :], 1.0])
    index = [int(i) for i in np.rint(place[:-1])]
    if any(not 0 <= index[axis] < placed.image.shape[axis] for axis in hidden):
        return None
    return tuple(slice(None) if i in seen else index[i] for i in range(count))


def world_box(
    placed: Placed,
    start: Sequence[int],
    stop: Sequence[int],
    units: Sequence[str] = (),
) -> tuple[Corner, Corner]:
    """Find the box in the world around a box of pixels, with their outer borders.

    Parameters
    ----------
    placed : Placed
        Labels with N axes.
    start, stop : sequence of N int
        The first pixel of the box, and the first behind it, along every axis.
    units : sequence of str, optional
        In which the result is wanted; the labels' own where they are not given.

    Returns
    -------
    lowest, highest : tuple of N float
        Corners of the smallest upright box in the world that holds it.
    """
    edges = [(low - 0.5, high - 0.5) for low, high in zip(start, stop, strict=True)]
    corners = np.array([(*corner, 1.0) for corner in product(*edges)])
    there = (corners @ _world(placed, units).T)[:, :-1]
    return tuple(there.min(axis=0).tolist()), tuple(there.max(axis=0).tolist())


def in_words(key: Key, axes: str) -> str:
    """Name a plane by the axes that number it, as in "T 2, Z 14"; "" for the only one.

    Parameters
    ----------
    key : tuple of int or slice
        As from `key_at`.
    axes : str
        Letter of each axis.
    """
    named = zip(axes, key, strict=True)
    return ", ".join(f"{axis} {one}" for axis, one in named if isinstance(one, int))


def _world(placed: Placed, units: Sequence[str]) -> Matrix:
    """From pixel indices to the world in the units of a viewer."""
    wanted = [*units][len(units) - len(placed.units) :] if units else placed.units
    factors = [
        unit_ratio(unit_name(own), unit_name(str(other))) or 1.0
        for own, other in zip(placed.units, wanted, strict=True)
    ]
    return np.asarray(np.diag([*factors, 1.0]) @ placed.matrix)


def _lengths(world: Matrix, placed: Placed) -> Matrix:
    """Extent of the labels along every axis of the world."""
    return np.asarray(np.abs(world[:-1, :-1]) @ np.array(placed.image.shape, float))
