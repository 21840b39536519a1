"""Channels by name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_unetseg.core.image import Image


def select_channels(image: Image, names: tuple[str, ...]) -> Image:
    """Take channels by name, or name those of an image that has no names.

    Parameters
    ----------
    image : Image
        With or without channel names.
    names : tuple of str
        Wanted channels, in order; empty for all.

    Returns
    -------
    Image
        Lazy where the image is: of a zarr array nothing is read, and later nothing but
        what is asked for of these channels.

    Raises
    ------
    InputError
        If a name is not there, or the numbers of names and channels differ.
    """
    if not names:
        return image
    if not image.channels:
        if "C" in image.axes or len(names) == 1:
            return replace(image, channels=names)
        raise InputError(
            f"'{image.name}' has one channel, but {len(names)} are named",
            "Name one channel",
        )
    missing = [name for name in names if name not in image.channels]
    if missing:
        raise InputError(
            f"'{image.name}' has no channel '{missing[0]}'",
            f"Its channels are {', '.join(image.channels)}",
        )
    wanted = [image.channels.index(name) for name in names]
    if "C" not in image.axes or wanted == list(range(len(image.channels))):
        return image
    position = image.axes.index("C")
    if hasattr(image.array, "oindex"):
        chosen: Any = _Chosen(image.array, position, tuple(wanted))
    else:
        chosen = image.array[(slice(None),) * position + (wanted,)]
    return replace(image, array=chosen, channels=names)


@dataclass(frozen=True, slots=True, eq=False)
class _Chosen:
    """Some indices along one axis of a zarr array, which reads whatever it indexes."""

    array: Any
    axis: int
    indices: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        shape = self.array.shape
        return (*shape[: self.axis], len(self.indices), *shape[self.axis + 1 :])

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        dtype: np.dtype[Any] = np.dtype(self.array.dtype)
        return dtype

    def __getitem__(self, key: int | slice | tuple[int | slice, ...]) -> NDArray[Any]:
        """Read a part: a number or a slice per axis, axes that are not named whole."""
        keys = key if isinstance(key, tuple) else (key,)
        place: list[Any] = [*keys, *[slice(None)] * (self.ndim - len(keys))]
        wanted = np.array(self.indices)[place[self.axis]]
        place[self.axis] = int(wanted) if wanted.ndim == 0 else wanted
        part: NDArray[Any] = self.array.oindex[tuple(place)]
        return part

    def __array__(
        self, dtype: np.dtype[Any] | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        return np.asarray(self[()], dtype)
