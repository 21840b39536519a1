"""A region of an image inside which everything counts, painted or not.

Inside, what is not painted is background; outside, it is not annotated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.image import Image


def check_regions(regions: Sequence[Image], labels: Sequence[Image]) -> None:
    """Refuse regions that do not fit their labels, before any work.

    Parameters
    ----------
    regions : sequence of Image
        Masks without a channel axis, one for each labels image; non-zero is inside.
    labels : sequence of Image
        What is painted.

    Raises
    ------
    InputError
        If there are more or fewer regions than labels, a region has channels, other
        values than numbers, another shape than its labels, or nothing is inside.
    """
    if len(regions) != len(labels):
        raise InputError(
            f"There are {len(regions)} regions but {len(labels)} labels",
            "Give one region for each labels file, or none at all",
        )
    for region, painted in zip(regions, labels, strict=True):
        if region.dtype.kind not in "buif" or "C" in region.axes:
            raise InputError(
                f"The region '{region.name}' is {region.dtype} with the axes "
                f"{region.axes}",
                "A region is a mask without a channel axis: 0 is outside",
            )
        if _grid(region) != _grid(painted):
            raise InputError(
                f"The shapes do not match: the region '{region.name}' is "
                f"{_shape(region)}, the labels '{painted.name}' are {_shape(painted)}",
                "Draw the region on the labels that it is for",
            )
        planes = (np.asarray(region.plane(index)) for index in region.planes())
        if not any(plane.any() for plane in planes):
            raise InputError(
                f"Nothing is inside the region '{region.name}'",
                "Mark the part in which everything is annotated",
            )


def _grid(image: Image) -> tuple[int, ...]:
    return (*image.plane_grid, *image.plane_shape)


def _shape(image: Image) -> str:
    return f"{' x '.join(map(str, image.shape))} ({image.axes})"
