"""What is asked for of the labels: sizes in pixels, objects or classes."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, prod
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.network.card import Objects
from napari_unetseg.core.predict.fit import model_grid
from napari_unetseg.core.units import LENGTHS, PIXEL, unit_name, unit_ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_unetseg.core.config import SegmentConfig, Size
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.card import ModelCard

ANY_OBJECT = 1
"""What instances are called where sizes are given by class."""

# So that the last digits of so many units do not make another pixel.
_ROUNDED = 1 - 1e-12


@dataclass(frozen=True, slots=True)
class Finish:
    """What is done to the classes of all tiles.

    Attributes
    ----------
    smallest, holes : dict of id to int
        In pixels; objects of a class, and holes in it, that are smaller vanish.
    objects : Objects or None
        How objects are found, if they are wanted.
    link : bool
        Whether objects of consecutive slices are linked.
    """

    smallest: dict[int, int]
    holes: dict[int, int]
    objects: Objects | None
    link: bool

    @classmethod
    def of(cls, image: Image, card: ModelCard, config: SegmentConfig) -> Finish:
        """What a configuration asks for, in pixels of an image.

        Raises
        ------
        InputError
            If a size is given in a unit that the image's cannot be compared with, or of
            a class that the model has not; or slices are to be linked of what has none.
        """
        wanted = config.objects == "instances" or (
            config.objects == "auto" and card.objects is not None
        )
        objects = (card.objects or Objects()) if wanted else None
        classes = f"The model's classes are {', '.join(map(str, card.classes))}"
        for label in config.thresholds:
            if label not in card.classes:
                raise InputError(
                    f"There is no class {label} to give a threshold", classes
                )
        for label in {*config.smallest, *config.holes}:
            if label not in ((ANY_OBJECT,) if wanted else card.classes):
                raise InputError(
                    f"There is no class {label} to give a size",
                    "Objects are class 1" if wanted else classes,
                )
        frames = Frames(image, card.network.dimensions)
        if config.link and (
            not wanted or frames.dimensions == 3 or "Z" not in image.axes
        ):
            raise InputError(
                "Only the objects of slices along Z can be linked",
                "Ask for instances of a stack, by a model of two dimensions",
            )
        holes = _in_pixels(config.holes, frames)
        if objects and holes:
            holes = dict.fromkeys(_body(objects, card), holes[ANY_OBJECT])
        smallest = _in_pixels(config.smallest, frames)
        if objects and objects.smallest and ANY_OBJECT not in smallest:
            grid = model_grid(image, card) if config.rescale else frames.shape
            factor = prod(frames.shape) / prod(grid)
            smallest[ANY_OBJECT] = ceil(objects.smallest * factor * _ROUNDED)
        return cls(
            smallest=smallest,
            holes=holes,
            objects=objects,
            link=config.link,
        )


def _body(objects: Objects, card: ModelCard) -> list[int]:
    """The classes in which objects have holes; what a border encloses is none."""
    if objects.centre is not None and objects.border is not None:
        return [objects.centre]
    return [label for label in card.classes if label]


def _in_pixels(sizes: Mapping[int, Size], frames: Frames) -> dict[int, int]:
    """Areas or volumes in pixels, rounded up."""
    found = {}
    for label, size in sizes.items():
        pixels = size.value
        if size.unit != PIXEL:
            unit = unit_name(size.unit)
            factor = unit_ratio(unit, frames.image.unit)
            if unit == PIXEL:
                raise InputError(
                    f"'{size.unit}' is no unit of a size",
                    f"Use pixel or one of: {', '.join(LENGTHS)}",
                )
            if factor is None:
                raise InputError(
                    f"A size is given in {size.unit}, but the pixels of "
                    f"'{frames.image.name}' are of unknown size",
                    "Give it in pixels, or the pixel size with --pixel-size "
                    "(in Python: with_spacing)",
                )
            pixels *= factor**frames.dimensions
            for spacing in frames.spacing:
                pixels /= spacing
        found[label] = ceil(pixels * _ROUNDED)
    return found
