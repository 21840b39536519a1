"""Whether an image is still the one that a prediction was begun with."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.prepare.blocks import blocks

if TYPE_CHECKING:
    from napari_unetseg.core.image import Image

# Of a larger image a fixed sample is looked at: 64 million pixels.
_SAMPLED_ABOVE = 1 << 26


def fingerprint(image: Image) -> str:
    """SHA-256 over an image's shape, axes, type, pixel size and values.

    Of more than 2**26 pixels a fixed sample is taken, so that this takes a moment only:
    a change elsewhere stays unnoticed. An array that knows its own `identity`, as that
    of shapes, is not read.
    """
    digest = hashlib.sha256()
    spacing = tuple(map(float, image.spacing))
    known = (image.shape, image.axes, image.dtype.str, spacing, image.unit)
    digest.update(repr(known).encode())
    identity = getattr(image.array, "identity", None)
    if isinstance(identity, str):
        digest.update(identity.encode())
        return digest.hexdigest()
    for block in blocks(image, list(image.planes()), sampled_above=_SAMPLED_ABOVE):
        digest.update(np.ascontiguousarray(block).data)
    return digest.hexdigest()
