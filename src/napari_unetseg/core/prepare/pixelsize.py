"""The pixel size that a model is trained at, and how images of others come to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.units import unit_ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.image import Image

SAME = 0.1
"""Pixel sizes that differ by less, relative to the model's, are taken as equal."""

_MOST = 16.0

PREFILTERED = 1.5
"""An axis that shrinks by more than this is blurred before it is sampled."""


@dataclass(frozen=True, slots=True)
class PixelSize:
    """Physical size of a model's pixel.

    Attributes
    ----------
    spacing : tuple of float
        Along [Z,] Y, X.
    unit : str
        As in "nm" or "um"; "pixel" when unknown.
    """

    spacing: tuple[float, ...]
    unit: str

    @property
    def coarse(self) -> tuple[float, ...]:
        """Length of a pixel along each axis, in pixels of the finest one.

        Empty of planes, whose pixels are taken as squares.
        """
        if len(self.spacing) == 2:
            return ()
        return tuple(size / min(self.spacing) for size in self.spacing)


def zoom_to(size: PixelSize, image: Image, dimensions: int) -> tuple[float, ...]:
    """Pixels of an image per pixel of a model, along each axis of a frame.

    Returns
    -------
    tuple of float
        1 along axes whose pixel sizes differ by less than a tenth; empty if they all
        do, or the units cannot be compared.
    """
    factor = unit_ratio(image.unit, size.unit)
    if factor is None:
        return ()
    ratios = [
        wanted / (own * factor)
        for own, wanted in zip(
            Frames(image, dimensions).spacing, size.spacing, strict=True
        )
    ]
    zoom = tuple(1.0 if abs(1 / ratio - 1) < SAME else ratio for ratio in ratios)
    return () if set(zoom) == {1.0} else zoom


def check_pixel_sizes(
    images: Sequence[Image], size: PixelSize, dimensions: int
) -> None:
    """Refuse images whose pixel size can only be a mistake.

    Raises
    ------
    InputError
        If it is more than 16 times that of the model, or less than a 16th.
    """
    for image in images:
        for factor in zoom_to(size, image, dimensions):
            if not 1 / _MOST <= factor <= _MOST:
                own = _sizes(Frames(image, dimensions).spacing, image.unit)
                raise InputError(
                    f"The pixels of '{image.name}' are {own}, and the model's "
                    f"{_sizes(size.spacing, size.unit)}",
                    "Is one of the units wrong? Give the right pixel size",
                )


def pixel_size_notes(
    images: Sequence[Image], size: PixelSize, dimensions: int
) -> list[str]:
    """Sentences about images whose pixels are not those of the model."""
    notes = []
    for image in images:
        frames = Frames(image, dimensions)
        both = (
            f"The pixels of '{image.name}' are {_sizes(frames.spacing, image.unit)} "
            f"and the model's {_sizes(size.spacing, size.unit)}: "
        )
        if zoom_to(size, image, dimensions):
            notes.append(both + "the image comes to the model's while it is learnt.")
        elif dimensions == 3 and _other_form(frames.spacing, size.spacing):
            notes.append(both + "the network is planned for the latter.")
    return notes


def _other_form(spacing: Sequence[float], wanted: Sequence[float]) -> bool:
    """Whether pixels that cannot be compared have another ratio of their sides."""
    ratios = [a / b for a, b in zip(spacing, wanted, strict=True)]
    return max(ratios) >= (1 + SAME) * min(ratios)


def _sizes(spacing: Sequence[float], unit: str) -> str:
    return " x ".join(f"{size:g}" for size in spacing) + f" {unit}"
