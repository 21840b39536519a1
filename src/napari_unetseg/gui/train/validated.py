"""What a training validates on, said before it begins."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.frames import Frames
from napari_unetseg.core.prepare.boxes import boxes_of
from napari_unetseg.core.prepare.drawn import drawn_frames
from napari_unetseg.core.prepare.split import is_fraction, neighbours, split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.config import TrainConfig
    from napari_unetseg.core.frames import Index
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.prepare.boxes import Drawn

# How wide the band is depends on the network, which needs torch.
ONE_BLOCK = (
    "A block of the only annotated {frame} validates, if there is room for a band "
    "around it that the network does not see."
)
DRAWN = (
    "The boxes validate; a band around each, as wide as the network sees, is left out, "
    "and so is the same place in the slices beside them, if others teach."
)
THROUGH_ALL = "Slices are counted from 0 through all pairs."


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What validates, as far as that is known without torch.

    Attributes
    ----------
    note : str
        The same in sentences.
    boxes : tuple of dict of axis to (start, stop)
        Where it is in the first image, in pixels; empty if a block of one frame
        validates that only the network's size decides on, or nothing.
    """

    note: str
    boxes: tuple[Drawn, ...] = ()


def validated(
    config: TrainConfig, annotated: Sequence[bool], images: Sequence[Image]
) -> Foreseen:
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
        return Foreseen(DRAWN, tuple(boxes))
    volumes = config.dimensions == 3
    slices: list[bool] = []
    frames: list[bool] = []
    frame_of: list[int] = []
    planes: list[Drawn] = []  # Of the first image, as the slices are numbered.
    places = []
    for number, image in enumerate(images):
        found = Frames(image, config.dimensions)  # Refuses a plane for volumes.
        indices = [*found]
        count = math.prod(image.plane_grid)
        own = [*annotated[len(slices) :][:count]]
        own = _by_volume(own, image) if volumes else own
        thickness = count // len(indices)
        for first in range(0, count, thickness):
            frame_of += [len(frames)] * thickness
            frames.append(any(own[first : first + thickness]))
        slices += own
        places += [(number, index) for index in indices]
        if not number:
            planes = [
                _plane(found, index, z) for index in indices for z in range(thickness)
            ]
    if is_fraction(config.validation) and sum(frames) == 1:
        return Foreseen(ONE_BLOCK.format(frame="volume" if volumes else "slice"))
    image_of = frame_of if volumes else [number for number, _ in places]
    parts = split(
        config.validation,
        slices,
        image_of,
        volumes=volumes,
        beside=neighbours(places),
    )
    note = f"{parts.note} {THROUGH_ALL}".lstrip() if len(images) > 1 else parts.note
    return Foreseen(note, tuple(planes[n] for n in parts.validation if n < len(planes)))


def _plane(frames: Frames, index: Index, z: int) -> Drawn:
    """The box of one plane of a frame."""
    place = dict(zip(frames.grid_axes, index, strict=True))
    if "Z" in frames.axes:
        place["Z"] = z
    return {axis: (at, at + 1) for axis, at in place.items()}


def _by_volume(slices: list[bool], image: Image) -> list[bool]:
    """Put what is known of an image's planes into the order of its volumes."""
    planes = np.asarray(slices).reshape(image.plane_grid)
    stacked = np.moveaxis(planes, image.plane_axes.index("Z"), -1)
    return [bool(is_annotated) for is_annotated in stacked.ravel()]
