"""Pairs of image and labels, refused before any work where they do not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.image import Image


def check_pairs(images: Sequence[Image], labels: Sequence[Image]) -> None:
    """Refuse pairs that do not fit, before any work.

    Raises
    ------
    InputError
        If the numbers of images and labels, a pair's shapes, or the channel counts
        differ, or an image holds values that are not real, finite numbers.
    """
    if len(images) != len(labels):
        raise InputError(
            f"There are {len(images)} images but {len(labels)} labels",
            "Give one labels file for each image",
        )
    for image, painted in zip(images, labels, strict=True):
        check_shapes(image, painted)
        check_channels(images[0], image)
    for image in images:
        check_values(image)


def check_channels(first: Image, image: Image) -> None:
    """Refuse an image whose channels are not as many as those of the first.

    Raises
    ------
    InputError
        Naming both.
    """
    if image.channel_count != first.channel_count:
        raise InputError(
            f"'{first.name}' has {_channels(first)} but '{image.name}' has "
            f"{_channels(image)}",
            "Train on images with the same channels",
        )


def check_values(image: Image) -> None:
    """Refuse an image whose numbers cannot be learnt from.

    Raises
    ------
    InputError
        If the numbers are complex or not numbers at all, or some are NaN or infinite;
        says how many and where the first one is.
    """
    if image.dtype.kind not in "buif":
        raise InputError(
            f"'{image.name}' holds {image.dtype} values", "Use real numbers"
        )
    if image.dtype.kind != "f":
        return
    count, first = 0, ""
    for index in image.planes():
        bad = np.argwhere(~np.isfinite(np.asarray(image.plane(index))))
        if len(bad) and not count:
            where = dict(zip(image.plane_axes, index, strict=True))
            where |= dict(zip("CYX", map(int, bad[0]), strict=True))
            first = ", ".join(f"{axis.lower()} {n}" for axis, n in where.items())
        count += len(bad)
    if count:
        raise InputError(
            f"'{image.name}' holds {count} pixels that are NaN or infinite, the first "
            f"at {first}",
            "Replace them, or cut them off, before training",
        )


def check_shapes(image: Image, painted: Image) -> None:
    """Refuse labels that do not cover their image pixel by pixel.

    Raises
    ------
    InputError
        Naming both shapes.
    """
    wanted = (*image.plane_grid, *image.plane_shape)
    found = (*painted.plane_grid, *painted.plane_shape)
    if wanted == found:
        return
    remedy = "Labels have the image's shape, without its channels"
    if sorted(wanted) == sorted(found):
        remedy = "The same numbers in another order: is one of them transposed?"
    raise InputError(
        f"The shapes do not match: '{image.name}' is {_shape(image)}, its labels "
        f"'{painted.name}' are {_shape(painted)}",
        remedy,
    )


def _channels(image: Image) -> str:
    count = image.channel_count
    return f"{count} channel{'s' * (count > 1)}"


def _shape(image: Image) -> str:
    return f"{' x '.join(map(str, image.shape))} ({image.axes})"
