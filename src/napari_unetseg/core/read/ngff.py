"""What the metadata of an OME-Zarr group say: axes, pixel sizes and channel names.

Read as they are found, not as the specification wants them: many files leave out units,
the rendering of channels or the types of axes, and some put the axes in another order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from napari_unetseg.core.errors import ReadError
from napari_unetseg.core.image import AXES, SPATIAL
from napari_unetseg.core.units import same_unit, unit_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LETTERS = {axis.lower(): axis for axis in AXES} | {"time": "T", "channel": "C"}


def _named(axis: Any) -> Any:
    # Version 0.3 gave names alone.
    return {"name": axis} if isinstance(axis, str) else axis


class _Axis(BaseModel):
    name: str
    type: Any = None
    unit: Any = None


class _Transformation(BaseModel):
    # Each has one of the two, an identity none.
    scale: tuple[float, ...] | None = None
    translation: tuple[float, ...] | None = None


class _Dataset(BaseModel):
    path: str
    coordinateTransformations: tuple[_Transformation, ...] | None = None


class _Multiscale(BaseModel):
    axes: tuple[Annotated[_Axis, BeforeValidator(_named)], ...] | None = None
    datasets: tuple[_Dataset, ...] = Field(min_length=1)
    coordinateTransformations: tuple[_Transformation, ...] | None = None


class _Multiscales(BaseModel):
    multiscales: tuple[_Multiscale, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension of an array as a file describes it.

    Attributes
    ----------
    name : str
        As written: "x", "Time"; empty if there is none.
    type : str
        "space", "time", "channel", any other text, or empty.
    unit : str
        As written: "micrometer"; empty if there is none.
    size : float
        Distance of its pixels in `unit`; 1.0 if the file does not tell it.
    """

    name: str
    type: str = ""
    unit: str = ""
    size: float = 1.0


@dataclass(frozen=True, slots=True)
class Level:
    """One resolution of a multiscale image.

    Attributes
    ----------
    path : str
        Of its array in the group.
    dimensions : tuple of Dimension
        Of the array, in its order; empty if the file does not tell them.
    place : tuple of float
        Where its first pixel lies, along each dimension and in its unit; empty if
        nothing is said of it.
    """

    path: str
    dimensions: tuple[Dimension, ...]
    place: tuple[float, ...] = ()


def levels_of(attributes: Mapping[str, Any], name: str) -> list[Level]:
    """Read the first multiscale image of a group.

    Parameters
    ----------
    attributes : mapping
        The group's OME metadata: the attributes up to version 0.4, what they hold under
        "ome" from 0.5 on.
    name : str
        Name of the group, for the message.

    Returns
    -------
    list of Level
        From the finest on; empty if the group is no multiscale image.

    Raises
    ------
    ReadError
        If there is such an image, but its description cannot be understood.
    """
    if "multiscales" not in attributes:
        return []
    try:
        found = _Multiscales.model_validate(attributes).multiscales[0]
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ReadError(
            f"'{name}' has OME-Zarr metadata that are not understood "
            f"({where}: {first['msg']})",
            "Write it again, or give the path of one array in it, such as "
            f"{name}/0, with --axes (in Python: axes=)",
        ) from error
    every = found.coordinateTransformations
    axes = found.axes or ()
    return [
        Level(one.path, _dimensions(axes, one, _scale(every)), _place(axes, one, every))
        for one in found.datasets
    ]


def _dimensions(
    axes: Sequence[_Axis], dataset: _Dataset, every: Sequence[float]
) -> tuple[Dimension, ...]:
    """Join axes, the scale of a dataset and that of all datasets."""
    own = _scale(dataset.coordinateTransformations)
    sizes = [1.0] * len(axes)
    for scale in (own, every):
        if len(scale) == len(axes):
            sizes = [size * factor for size, factor in zip(sizes, scale, strict=True)]
    return tuple(
        Dimension(axis.name, _text(axis.type), _text(axis.unit), size)
        for axis, size in zip(axes, sizes, strict=True)
    )


def _scale(steps: Sequence[_Transformation] | None) -> tuple[float, ...]:
    return next((step.scale for step in steps or () if step.scale is not None), ())


def _place(
    axes: Sequence[_Axis], dataset: _Dataset, every: Sequence[_Transformation] | None
) -> tuple[float, ...]:
    """Where the first pixel comes to lie by the transformations, one after another."""
    place, moved = [0.0] * len(axes), False
    for step in (*(dataset.coordinateTransformations or ()), *(every or ())):
        if step.scale is not None and len(step.scale) == len(axes):
            place = [p * factor for p, factor in zip(place, step.scale, strict=True)]
        if step.translation is not None and len(step.translation) == len(axes):
            place = [p + by for p, by in zip(place, step.translation, strict=True)]
            moved = True
    is_real = moved and all(math.isfinite(p) for p in place)
    return tuple(place) if is_real else ()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def named_dimensions(names: Sequence[str | None]) -> tuple[Dimension, ...]:
    """Dimensions of an array that gives them names and nothing else.

    Parameters
    ----------
    names : sequence of str or None
        One per dimension.

    Returns
    -------
    tuple of Dimension
        Empty if all names are foreign, as "dim_0" is: they say nothing.
    """
    known = any(name and name.strip().lower() in _LETTERS for name in names)
    return tuple(Dimension(name or "") for name in names) if known else ()


def axes_of(dimensions: Sequence[Dimension]) -> str | None:
    """Letters of an array's dimensions, by their names or else their types.

    Parameters
    ----------
    dimensions : sequence of Dimension
        Spatial axes of foreign names are taken as [Z,] Y, X if all of them are foreign.

    Returns
    -------
    str or None
        Distinct letters out of "TZCYX" with Y and X; None if there is no such reading.
    """
    found = [_LETTERS.get(one.name.strip().lower(), "") for one in dimensions]
    for place, one in enumerate(dimensions):
        if not found[place]:
            found[place] = {"time": "T", "channel": "C"}.get(one.type, "")
    space = [i for i, one in enumerate(dimensions) if one.type == "space"]
    if 2 <= len(space) <= 3 and not any(found[i] for i in space):
        for place, letter in zip(space, SPATIAL[-len(space) :], strict=True):
            found[place] = letter
    distinct = len(set(found)) == len(found)
    return (
        "".join(found) if distinct and all(found) and {"Y", "X"} <= {*found} else None
    )


def spacing_of(
    dimensions: Sequence[Dimension], axes: str
) -> tuple[tuple[float, ...], str]:
    """Pixel sizes in one unit.

    Parameters
    ----------
    dimensions : sequence of Dimension
        Of the array; empty if unknown.
    axes : str
        One letter per dimension.

    Returns
    -------
    spacing : tuple of float
        One size per spatial axis, in the order of `axes`; 1.0 where unknown.
    unit : str
        One of `units.LENGTHS`, or "pixel". An axis without a unit has that of the
        others.
    """
    sizes: dict[str, tuple[float, str]] = {}
    units = {one.unit for one in dimensions if one.type in {"", "space"} and one.unit}
    common = units.pop() if len(units) == 1 else ""
    for axis, one in zip(axes, dimensions, strict=False):
        # Negative where the axis runs backwards.
        size = abs(one.size)
        if axis in SPATIAL and one.type in {"", "space"} and 0 < size < math.inf:
            sizes[axis] = (size, unit_name(one.unit or common))
    return same_unit(sizes, "".join(axis for axis in axes if axis in SPATIAL))
