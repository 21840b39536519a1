"""An image in blocks: all of it, or a fixed sample of a very large one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.frames import Frames

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.image import Image

BLOCK_PIXELS = 1 << 22
SAMPLED_ABOVE = 1 << 30
"""Pixels (of all channels) above which a sample stands for the whole."""

_SAMPLE = 256
_SIDE = 512


def blocks(
    image: Image,
    planes: Sequence[tuple[int, ...]],
    *,
    sampled_above: int = SAMPLED_ABOVE,
) -> Iterator[NDArray[Any]]:
    """Read some planes of an image, block by block.

    Parameters
    ----------
    image : Image
        numpy or lazy.
    planes : sequence of tuple of int
        Indices along the image's `plane_axes`.
    sampled_above : int
        Pixels above which only a sample is read: 256 blocks of 512 x 512 pixels, at
        places that depend on the sizes alone.

    Yields
    ------
    ndarray of shape (C, rows, columns)
        In the order of the planes and rows.
    """
    height, width = image.plane_shape
    if len(planes) * height * width * image.channel_count > sampled_above:
        yield from _sample(image, planes)
        return
    rows = max(1, BLOCK_PIXELS // max(1, image.channel_count * width))
    frames = Frames(image)
    for index in planes:
        plane = frames[index]
        for top in range(0, height, rows):
            band = (slice(None), slice(top, top + rows), slice(None))
            yield np.asarray(plane[band])


def _sample(image: Image, planes: Sequence[tuple[int, ...]]) -> Iterator[NDArray[Any]]:
    height, width = image.plane_shape
    rng = np.random.default_rng([len(planes), height, width])
    places = zip(
        np.sort(rng.integers(len(planes), size=_SAMPLE)),
        # Chunks of common sizes begin at multiples of it: fewer of them are read.
        rng.integers(-(-height // _SIDE), size=_SAMPLE) * _SIDE,
        rng.integers(-(-width // _SIDE), size=_SAMPLE) * _SIDE,
        strict=True,
    )
    frames = Frames(image)
    for number, top, left in places:
        rows, columns = slice(top, top + _SIDE), slice(left, left + _SIDE)
        yield np.asarray(frames[planes[number]][(slice(None), rows, columns)])
