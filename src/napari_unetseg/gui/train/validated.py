"""What a training validates on, said before it begins."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.frames import Frames
from napari_unetseg.core.prepare.drawn import boxes_of, drawn_frames
from napari_unetseg.core.prepare.split import is_fraction, neighbours, split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.config import TrainConfig
    from napari_unetseg.core.image import Image

# How wide the band is depends on the network, which needs torch.
ONE_BLOCK = (
    "A block of the only annotated {frame} validates, if there is room for a band "
    "around it that the network does not see."
)
DRAWN = (
    "The boxes validate; a band around each, as wide as the network sees, is left out."
)
THROUGH_ALL = "Slices are counted from 0 through all pairs."


def validated(
    config: TrainConfig, annotated: Sequence[bool], images: Sequence[Image]
) -> str:
    """Say what validates, as far as that is known without torch.

    Parameters
    ----------
    config : TrainConfig
        What the user wishes.
    annotated : sequence of bool
        Whether anything is annotated, plane by plane through all images.
    images : sequence of Image
        No pixel is read.

    Raises
    ------
    InputError
        If the wish cannot be met, or an image is a plane where volumes are asked for.
    """
    boxes = boxes_of(config.validation)
    if boxes is not None:
        drawn_frames(boxes, Frames(images[0], config.dimensions))  # May refuse them.
        return DRAWN
    volumes = config.dimensions == 3
    slices: list[bool] = []
    frames: list[bool] = []
    frame_of: list[int] = []
    places = []
    for number, image in enumerate(images):
        # Refuses a plane for volumes.
        indices = [*Frames(image, config.dimensions)]
        count = math.prod(image.plane_grid)
        own = [*annotated[len(slices) :][:count]]
        own = _by_volume(own, image) if volumes else own
        thickness = count // len(indices)
        for first in range(0, count, thickness):
            frame_of += [len(frames)] * thickness
            frames.append(any(own[first : first + thickness]))
        slices += own
        places += [(number, index) for index in indices]
    if is_fraction(config.validation) and sum(frames) == 1:
        return ONE_BLOCK.format(frame="volume" if volumes else "slice")
    image_of = frame_of if volumes else [number for number, _ in places]
    note = split(
        config.validation,
        slices,
        image_of,
        volumes=volumes,
        beside=neighbours(places),
    ).note
    return f"{note} {THROUGH_ALL}".lstrip() if len(images) > 1 else note


def _by_volume(slices: list[bool], image: Image) -> list[bool]:
    """Put what is known of an image's planes into the order of its volumes."""
    planes = np.asarray(slices).reshape(image.plane_grid)
    stacked = np.moveaxis(planes, image.plane_axes.index("Z"), -1)
    return [bool(is_annotated) for is_annotated in stacked.ravel()]
