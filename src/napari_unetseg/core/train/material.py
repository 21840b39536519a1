"""What a training is made from: pairs that were checked, and what they teach.

Loads no torch.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.events import Event, Note
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.prepare.annotation import annotation
from napari_unetseg.core.prepare.channels import select_channels
from napari_unetseg.core.prepare.pairs import check_pairs
from napari_unetseg.core.prepare.pixelsize import (
    PixelSize,
    check_pixel_sizes,
    pixel_size_notes,
    zoom_to,
)
from napari_unetseg.core.prepare.region import check_regions
from napari_unetseg.core.prepare.samples import painted_frames, planes_of, samples
from napari_unetseg.core.prepare.teaching import Teaching
from napari_unetseg.core.train.doubts import check_sizes, other_pixels

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from napari_unetseg.core.config import TrainConfig
    from napari_unetseg.core.frames import Index
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.modelfile import Model
    from napari_unetseg.core.prepare.annotation import Annotation
    from napari_unetseg.core.prepare.samples import Sample

RGB = ("red", "green", "blue")

# An object is none if it has less than half of the pixels of all but 2 % of those that
# are painted, some of which are cut by the image's border.
_SMALLER, _FEW = 0.5, 2


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Pairs that fit together, frame by frame.

    Attributes
    ----------
    images : list of Image
        With the channels that are learnt from.
    labels : list of Frames
        Their labels, numbered as the images are.
    teaching : Teaching
        What painted ids mean.
    size : PixelSize
        That of the model.
    samples : list of Sample
        All frames of all images; nothing of them is in memory yet.
    planes : list of (int, tuple of int)
        Image and plane index of every slice, counted through all frames.
    annotated : list of list of bool
        For each frame whether any of each of its planes is annotated.
    """

    images: list[Image]
    labels: list[Frames]
    teaching: Teaching
    size: PixelSize
    samples: list[Sample]
    planes: list[tuple[int, Index]]
    annotated: list[list[bool]]

    @property
    def colour(self) -> bool:
        """Whether the channels are red, green and blue."""
        return self.images[0].channels == RGB

    @property
    def spacing(self) -> tuple[float, ...]:
        """Pixel size of volumes along (Z, Y, X); empty of planes."""
        return self.size.spacing if len(self.size.spacing) == 3 else ()


def gather(
    images: Sequence[Image],
    labels: Sequence[Image],
    config: TrainConfig,
    *,
    regions: Sequence[Image] = (),
    channels: tuple[str, ...] = (),
    start_from: Model | None = None,
) -> Generator[Event, None, Material]:
    """Check pairs and find out what they teach; parameters as `training.train`.

    Yields
    ------
    Note
        How 0 was understood, and which images come to another pixel size.

    Raises
    ------
    InputError
        If something does not fit.
    """
    taken = [select_channels(image, channels) for image in images]
    check_sizes(taken)
    check_pairs(taken, labels)
    if regions:
        check_regions(regions, labels)
    for image in taken:
        Frames(image, config.dimensions)  # Refuses a plane for volumes.
    instances = config.instances if config.task == "instances" else None
    found = annotation(
        list(labels), config.unannotated, instances=instances, regions=regions
    )
    yield Note(text=found.verdict)
    for text in other_pixels(taken, labels):
        yield Note(text=text, level="warning")
    if start_from is not None:
        _check_dimensions(config, start_from)
        taken = [_as_before(image, start_from) for image in taken]
    size = _pixel_size(config, taken[0], start_from)
    check_pixel_sizes(taken, size, config.dimensions)
    for text in pixel_size_notes(taken, size, config.dimensions):
        yield Note(text=text)
    teaching = Teaching(found.ids, instances, size.coarse)
    frames = [
        painted_frames(image, painted, config.dimensions)
        for image, painted in zip(taken, labels, strict=True)
    ]
    if instances is not None:
        teaching = replace(teaching, smallest=_smallest(found, taken, frames, size))
    cut = samples(
        taken,
        labels,
        found,
        teaching,
        regions=regions,
        dimensions=config.dimensions,
        size=size,
    )
    planes = [planes_of(frames[one.image], one.index) for one in cut]
    return Material(
        images=taken,
        labels=frames,
        teaching=teaching,
        size=size,
        samples=cut,
        planes=[
            (one.image, index)
            for one, stack in zip(cut, planes, strict=True)
            for index in stack
        ],
        annotated=[
            [found.annotated[one.image][index] for index in stack]
            for one, stack in zip(cut, planes, strict=True)
        ],
    )


def _smallest(
    found: Annotation,
    images: Sequence[Image],
    labels: Sequence[Frames],
    size: PixelSize,
) -> float:
    """Pixels of the model that an object has at least."""
    areas: list[float] = []
    for image, frames, pixels in zip(images, labels, found.pixels, strict=True):
        zoom = zoom_to(size, image, frames.dimensions)
        for index in frames:
            counts: Counter[int] = Counter()
            for plane in planes_of(frames, index):
                counts.update(pixels[plane])
            del counts[0]
            areas += [area / math.prod(zoom) for area in counts.values()]
    return _SMALLER * float(np.percentile(areas, _FEW))


def _check_dimensions(config: TrainConfig, start_from: Model) -> None:
    given = start_from.card.network.dimensions
    if config.dimensions != given:
        raise InputError(
            f"The model to start from has {given} dimensions, but {config.dimensions} "
            "are asked for",
            f"Train with {given} dimensions, or start from another model",
        )


def _as_before(image: Image, start_from: Model) -> Image:
    """Take the channels that a model has learnt from, where all are there by name."""
    names = start_from.card.channels
    known = names and set(names) <= set(image.channels)
    return select_channels(image, names) if known else image


def _pixel_size(
    config: TrainConfig, first: Image, start_from: Model | None
) -> PixelSize:
    """The pixel size of the model: as it was, or that of the first image."""
    if start_from is not None:
        card = start_from.card
        return PixelSize(card.spacing, card.unit)
    return PixelSize(Frames(first, config.dimensions).spacing, first.unit)
