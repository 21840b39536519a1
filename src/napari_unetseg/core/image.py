"""The one container that travels through the program: an array that knows its axes.

Labels travel in it too: they are images of an integer type without a channel axis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

AXES = "TZCYX"
SPATIAL = "ZYX"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An array with named axes and a pixel size.

    Attributes
    ----------
    array : array of numbers
        numpy, dask or zarr; one dimension per letter of `axes`.
    axes : str
        Distinct letters out of "TZCYX" in the array's order; Y and X are always there.
    spacing : tuple of float
        Physical size of a pixel along each spatial axis, in the order in which Z, Y
        and X occur in `axes`; 1.0 where unknown. The default is 1.0 for each.
    unit : str
        Unit of `spacing` as in "nm" or "um"; "pixel" when unknown.
    channels : tuple of str
        Names of the channels, one per index of C; empty when unnamed.
    name : str
        Name of the file or layer, without its folder.
    unannotated : {"", "0", "none"}
        Of labels: what 0 means, as of `TrainConfig.unannotated`, if somebody has noted
        it in their file; else empty.

    Raises
    ------
    InputError
        If axes, spacing or channel names do not fit the array.
    """

    array: Any
    axes: str
    spacing: tuple[float, ...] = ()
    unit: str = "pixel"
    channels: tuple[str, ...] = ()
    name: str = "image"
    unannotated: str = ""

    def __post_init__(self) -> None:
        """Check that the parts fit together."""
        check_axes(self.axes, len(self.array.shape), self.name)
        if not self.spacing:
            object.__setattr__(self, "spacing", (1.0,) * len(self.spatial_axes))
        if len(self.spacing) != len(self.spatial_axes):
            raise InputError(
                f"'{self.name}' has the spatial axes {self.spatial_axes} but "
                f"{len(self.spacing)} pixel sizes",
                f"Give one pixel size for each of {', '.join(self.spatial_axes)}",
            )
        if not all(math.isfinite(size) and size > 0 for size in self.spacing):
            raise InputError(
                f"'{self.name}' has the pixel size {self.spacing}",
                "Pixel sizes must be positive numbers",
            )
        if self.channels and len(self.channels) != self.channel_count:
            raise InputError(
                f"'{self.name}' has {self.channel_count} channels but "
                f"{len(self.channels)} channel names: {', '.join(self.channels)}",
                "Give one name for each channel",
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        return tuple(int(n) for n in self.array.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the array's numbers."""
        dtype: np.dtype[Any] = np.dtype(self.array.dtype)
        return dtype

    @property
    def spatial_axes(self) -> str:
        """The letters among Z, Y, X, in the array's order."""
        return "".join(axis for axis in self.axes if axis in SPATIAL)

    @property
    def channel_count(self) -> int:
        """Length of C; 1 without that axis."""
        return self.shape[self.axes.index("C")] if "C" in self.axes else 1

    @property
    def plane_axes(self) -> str:
        """The axes that number the planes (those other than C, Y and X)."""
        return "".join(axis for axis in self.axes if axis not in "CYX")

    @property
    def plane_grid(self) -> tuple[int, ...]:
        """Lengths of `plane_axes`; () for a single plane."""
        return tuple(self.shape[self.axes.index(axis)] for axis in self.plane_axes)

    @property
    def plane_shape(self) -> tuple[int, int]:
        """(Y, X) in pixels."""
        return (self.shape[self.axes.index("Y")], self.shape[self.axes.index("X")])

    def planes(self) -> Iterator[tuple[int, ...]]:
        """Indices of all planes, one number per letter of `plane_axes`."""
        yield from np.ndindex(*self.plane_grid)

    def plane(
        self,
        index: tuple[int, ...],
        rows: slice = slice(None),
        columns: slice = slice(None),
    ) -> Any:
        """One plane or a part of it, lazily where the array is lazy.

        Parameters
        ----------
        index : tuple of int
            One number per letter of `plane_axes`.
        rows, columns : slice
            The part, of which alone is read.

        Returns
        -------
        array of shape (C, Y, X)
            A view where the array allows one; C is 1 for an image without channels.
        """
        position: dict[str, int | slice] = {"Y": rows, "X": columns}
        position |= dict(zip(self.plane_axes, index, strict=True))
        part = self.array[tuple(position.get(axis, slice(None)) for axis in self.axes)]
        order = [axis for axis in self.axes if axis in "CYX"]
        if "C" not in order:
            part, order = part[None], ["C", *order]
        return part.transpose([order.index(axis) for axis in "CYX"])

    def spacing_of(self, axis: str) -> float:
        """Physical size of a pixel along one spatial axis, in `unit`."""
        return self.spacing[self.spatial_axes.index(axis)]

    def like(self, array: Any, axes: str, name: str) -> Image:
        """A result with this image's pixel size: labels or scores made from it."""
        spacing = tuple(self.spacing_of(axis) for axis in axes if axis in SPATIAL)
        return Image(array=array, axes=axes, spacing=spacing, unit=self.unit, name=name)

    def with_spacing(self, spacing: tuple[float, ...], unit: str) -> Image:
        """The same image with another pixel size."""
        return replace(self, spacing=spacing, unit=unit)


def check_axes(axes: str, dimensions: int, name: str) -> None:
    """Refuse axes that are unknown, doubled, or do not fit an array.

    Parameters
    ----------
    axes : str
        One letter per dimension.
    dimensions : int
        Number of dimensions of the array.
    name : str
        Name of the image, for the message.

    Raises
    ------
    InputError
        Saying which axes are possible.
    """
    known = set(axes) <= set(AXES) and len(set(axes)) == len(axes)
    if not known or not {"Y", "X"} <= set(axes):
        raise InputError(
            f"'{name}' has the axes {axes!r}",
            f"Axes are distinct letters out of {AXES} and include Y and X",
        )
    if len(axes) != dimensions:
        raise InputError(
            f"'{name}' has {dimensions} dimensions, which the axes {axes!r} do not fit",
            "Give one letter per dimension",
        )


def as_image(data: Any, *, axes: str | None = None, name: str = "image") -> Image:
    """Take an `Image` as it is and wrap an array.

    Parameters
    ----------
    data : Image or array
        Arrays of 2 dimensions are (Y, X), of 3 (Z, Y, X), unless `axes` says otherwise.
    axes : str, optional
        One letter per dimension.
    name : str
        Name given to an array.

    Raises
    ------
    InputError
        If the axes of an array of more than 3 dimensions are not given.
    """
    if isinstance(data, Image):
        return data
    array = data if hasattr(data, "shape") else np.asarray(data)
    usual = {2: "YX", 3: "ZYX"}.get(len(array.shape))
    if axes is None and usual is None:
        raise InputError(
            f"'{name}' has {len(array.shape)} dimensions of unknown meaning",
            "Say which with axes, for example axes='TZYX'",
        )
    return Image(array=array, axes=axes or usual or "", name=name)
