"""Layers that belong together: one or more of an image, and the labels on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError, UnetsegError
from napari_unetseg.gui.parts.sources import image_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.layers import Image, Labels, Layer

    from napari_unetseg.gui.train.region import Region


@dataclass(frozen=True, eq=False)
class Pair:
    """Layers to learn from.

    Attributes
    ----------
    images : sequence of Image
        At least one; several are channels of one image.
    labels : Labels
        What is painted.
    region : Labels or Shapes or None
        What marks where everything counts.
    """

    images: Sequence[Image]
    labels: Labels
    region: Region | None = None


def check_distinct(pairs: Sequence[Pair]) -> None:
    """Refuse to learn from a layer twice.

    Raises
    ------
    InputError
        Naming the layer.
    """
    found: set[Layer] = set()
    for pair in pairs:
        for layer in (*pair.images, pair.labels):
            if layer in found:
                raise InputError(
                    f"'{layer.name}' is in two pairs",
                    "Choose another layer for one of them, or remove the pair",
                )
        found |= {*pair.images, pair.labels}


def fitting(
    images: Sequence[Image], labels: Sequence[Labels]
) -> tuple[Image, Labels] | None:
    """Find layers that could be a pair.

    Parameters
    ----------
    images, labels : sequence of Layer
        To choose from, the best first.

    Returns
    -------
    (Image, Labels) or None
        Layers of the same size: those whose labels are called as the image, with
        something behind it perhaps; otherwise the first ones.
    """
    sizes = {layer: _size(layer) for layer in (*images, *labels)}
    possible = [
        (image, painted)
        for image in images
        for painted in labels
        if sizes[image] and sizes[image] == sizes[painted]
    ]
    return max(possible, key=lambda pair: _likeness(*pair), default=None)


def _likeness(image: Image, painted: Labels) -> int:
    """How much of a name the labels have from their image: all of it, or nothing."""
    own, other = image.name.casefold(), painted.name.casefold()
    return len(own) if other.startswith(own) else 0


def _size(layer: Layer) -> tuple[int, ...]:
    """Size without channels, in pixels; empty where the dimensions are unclear."""
    try:
        image = image_of([layer])
    except UnetsegError:
        return ()
    return (*image.plane_grid, *image.plane_shape)
