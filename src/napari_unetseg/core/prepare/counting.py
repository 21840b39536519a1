"""How many pixels of each id are painted, plane by plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari_unetseg.core.frames import Index
    from napari_unetseg.core.image import Image

    Counts = dict[Index, dict[int, int]]


def count_steps(
    image: Image, mask: Image | None = None
) -> Generator[None, None, Counts]:
    """Count the pixels per id in each plane of labels.

    Parameters
    ----------
    image : Image
        Whole numbers without a channel axis.
    mask : Image, optional
        Of the same shape: only zeros inside are counted.

    Yields
    ------
    None
        After each plane.

    Returns
    -------
    dict of tuple of int to dict
        Plane index to the number of pixels of each id that is there.

    Raises
    ------
    InputError
        If these are no labels.
    """
    if image.dtype.kind not in "buif" or "C" in image.axes:
        raise InputError(
            f"The labels '{image.name}' are {image.dtype} with the axes {image.axes}",
            "Labels are whole numbers without a channel axis",
        )
    table = {}
    for index in image.planes():
        plane = np.asarray(image.plane(index))[0]
        values, pixels = np.unique(plane, return_counts=True)
        if not (np.isfinite(values) & (values == np.floor(values))).all():
            raise InputError(
                f"The labels '{image.name}' hold {values[values % 1 != 0][0]:g}",
                "Labels are whole numbers; was an image given in their place?",
            )
        if values[0] < 0:
            raise InputError(
                f"The labels '{image.name}' hold the negative id {int(values[0])}",
                "Use 0 and positive ids",
            )
        found = dict(zip(map(int, values), map(int, pixels), strict=True))
        if mask is not None and 0 in found:
            inside = np.asarray(mask.plane(index))[0] != 0
            found[0] = int(np.count_nonzero(inside & (plane == 0)))
        table[index] = {label: count for label, count in found.items() if count}
        yield
    return table
