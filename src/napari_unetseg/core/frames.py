"""What a network sees of an image at once: its planes, or its volumes.

A network of two dimensions sees an image plane by plane; one of three sees volumes.
Time points are never seen together, and channels always.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import SPATIAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_unetseg.core.image import Image

Index = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Frames:
    """An image as a series of frames.

    Attributes
    ----------
    image : Image
        With or without channels.
    dimensions : int
        2: frames are planes (Y, X); 3: volumes (Z, Y, X).

    Raises
    ------
    InputError
        If volumes are asked of an image without Z.
    """

    image: Image
    dimensions: int = 2

    def __post_init__(self) -> None:
        """Refuse an image that is flatter than the frames."""
        if not set(self.axes) <= set(self.image.axes):
            raise InputError(
                f"'{self.image.name}' has the axes {self.image.axes}, and a network of "
                "three dimensions sees volumes",
                "Give an image with the axis Z, or use two dimensions",
            )

    @property
    def axes(self) -> str:
        """Letters of a frame's axes: "YX" or "ZYX"."""
        return SPATIAL[-self.dimensions :]

    @property
    def shape(self) -> tuple[int, ...]:
        """Size of a frame in pixels, without channels."""
        return tuple(self._length(axis) for axis in self.axes)

    @property
    def spacing(self) -> tuple[float, ...]:
        """Physical size of a pixel along each axis of a frame."""
        return tuple(self.image.spacing_of(axis) for axis in self.axes)

    @property
    def grid_axes(self) -> str:
        """The axes that number the frames, in the image's order."""
        return "".join(a for a in self.image.axes if a not in f"C{self.axes}")

    @property
    def grid(self) -> tuple[int, ...]:
        """Lengths of `grid_axes`; () for a single frame."""
        return tuple(self._length(axis) for axis in self.grid_axes)

    def __iter__(self) -> Iterator[Index]:
        """Indices of all frames, one number per letter of `grid_axes`."""
        yield from np.ndindex(*self.grid)

    def __len__(self) -> int:
        """Number of frames."""
        return int(np.prod(self.grid, dtype=int))

    def __getitem__(self, index: Index) -> Any:
        """One frame, lazily where the array is lazy.

        Parameters
        ----------
        index : tuple of int
            One number per letter of `grid_axes`.

        Returns
        -------
        array of shape (C, [Z,] Y, X)
            A view where the array allows one; C is 1 for an image without channels.
        """
        position = dict(zip(self.grid_axes, index, strict=True))
        axes = self.image.axes
        part = self.image.array[tuple(position.get(a, slice(None)) for a in axes)]
        order = [axis for axis in axes if axis not in position]
        if "C" not in order:
            part, order = part[None], ["C", *order]
        return part.transpose([order.index(axis) for axis in f"C{self.axes}"])

    def _length(self, axis: str) -> int:
        return self.image.shape[self.image.axes.index(axis)]
