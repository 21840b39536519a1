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
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.image import Image

Index = tuple[int, ...]
Box = tuple[slice, ...]


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
        if not hasattr(self.image.array, "transpose"):
            return _Unread(self, index)
        everything = (slice(None),) * (1 + len(self.axes))
        return self.read(index, everything)

    def read(self, index: Index, box: Sequence[slice]) -> Any:
        """A part of one frame.

        Parameters
        ----------
        index : tuple of int
            One number per letter of `grid_axes`.
        box : sequence of slice
            Along C and the frame's axes; that along C counts for images with channels.

        Returns
        -------
        array of shape (C, [Z,] Y, X)
            Indexed and transposed only, so that it stays lazy where the array is.
        """
        place: dict[str, Any] = dict(zip(self.grid_axes, index, strict=True))
        place |= zip(f"C{self.axes}", box, strict=True)
        part = self.image.array[tuple(place[axis] for axis in self.image.axes)]
        order = [axis for axis in self.image.axes if axis not in self.grid_axes]
        if "C" not in order:
            part, order = part[None], ["C", *order]
        return part.transpose([order.index(axis) for axis in f"C{self.axes}"])

    def place(self, index: Index, box: Sequence[slice]) -> Box:
        """Where a part of one frame lies in the labels that are made of the image.

        Parameters
        ----------
        index : tuple of int
            One number per letter of `grid_axes`.
        box : sequence of slice
            Along each of the frame's axes.

        Returns
        -------
        tuple of slice
            Along the image's `plane_axes`, Y and X. The frame's axes keep their order
            there, so that values of the box's shape fit after a reshape.
        """
        found = {a: slice(i, i + 1) for a, i in zip(self.grid_axes, index, strict=True)}
        found |= zip(self.axes, box, strict=True)
        return tuple(found[axis] for axis in f"{self.image.plane_axes}YX")

    def _length(self, axis: str) -> int:
        return self.image.shape[self.image.axes.index(axis)]


@dataclass(frozen=True, slots=True)
class _Unread:
    """A frame of an array that knows slices alone, as zarr's do: read when indexed."""

    frames: Frames
    index: Index

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.frames.image.channel_count, *self.frames.shape)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.frames.image.dtype

    def __getitem__(self, box: Sequence[slice]) -> NDArray[Any]:
        part: NDArray[Any] = self.frames.read(self.index, box)
        return part

    def __array__(
        self, dtype: np.dtype[Any] | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        return np.asarray(self[(slice(None),) * self.ndim], dtype)
