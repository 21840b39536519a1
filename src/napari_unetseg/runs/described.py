"""An image described without its pixels, as far as a forecast needs to know it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np

from napari_unetseg.core.config import Config
from napari_unetseg.core.image import Image

if TYPE_CHECKING:
    from typing import Any


class Described(Config):
    """What is known of an image before a pixel is read; one line of JSON.

    Attributes
    ----------
    shape : tuple of int
        Along each axis, in pixels.
    dtype : str
        As numpy writes it, for example "<u2".
    axes, spacing, unit, channels, name, unannotated
        As of `core.image.Image`.
    """

    shape: tuple[int, ...]
    dtype: str
    axes: str
    spacing: tuple[float, ...]
    unit: str
    channels: tuple[str, ...]
    name: str
    unannotated: str = ""

    @classmethod
    def of(cls, image: Image) -> Self:
        """Describe an image; it is not read."""
        return cls(
            shape=image.shape,
            dtype=image.dtype.str,
            axes=image.axes,
            spacing=image.spacing,
            unit=image.unit,
            channels=image.channels,
            name=image.name,
            unannotated=image.unannotated,
        )

    def image(self) -> Image:
        """An image of this description, whose pixels are all 0 and take no memory."""
        empty: np.ndarray[Any, Any] = np.zeros((), np.dtype(self.dtype))
        return Image(
            array=np.broadcast_to(empty, self.shape),
            axes=self.axes,
            spacing=self.spacing,
            unit=self.unit,
            channels=self.channels,
            name=self.name,
            unannotated=self.unannotated,
        )
