"""What is given from Python, as images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.image import Image, as_image

if TYPE_CHECKING:
    from collections.abc import Sequence


def mask_of(mask: Any, image: Image) -> Image | None:
    """A mask on the pixels of an image; an array has the image's last axes."""
    if mask is None or isinstance(mask, Image):
        return mask
    axes = f"{image.plane_axes}YX"
    return as_image(mask, axes=axes[-np.ndim(mask) :], name="mask")


def regions_of(data: Any, axes: str | None) -> Sequence[Image]:
    """Regions that are annotated, of each image; none if there is an empty list."""
    none = isinstance(data, list | tuple) and not data
    return () if none else images_of(data, axes, "region")


def images_of(data: Any, axes: str | None, name: str) -> Sequence[Image]:
    """One or several images, arrays with the axes that are given."""
    many = data if isinstance(data, list | tuple) else [data]
    return [as_image(one, axes=axes, name=name) for one in many]
