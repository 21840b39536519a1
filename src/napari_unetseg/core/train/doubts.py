"""What may be a mistake of the images or labels: told before the first step.

Loads no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.prepare.pixelsize import SAME
from napari_unetseg.core.units import unit_ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.config import TrainConfig
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.prepare.samples import Sample

# Share of folded patches from which on it is told.
_MANY_FOLDS = 0.02


def check_sizes(images: Sequence[Image]) -> None:
    """Refuse images without a pixel, or without a channel.

    Raises
    ------
    InputError
        Naming the first one and its shape.
    """
    for image in images:
        if 0 in image.shape:
            sides = " x ".join(map(str, image.shape))
            raise InputError(
                f"'{image.name}' is empty: it is {sides} ({image.axes})",
                "Give an image with pixels in it",
            )


def other_pixels(images: Sequence[Image], labels: Sequence[Image]) -> list[str]:
    """Sentences about labels that say other pixel sizes than their images.

    Parameters
    ----------
    images, labels : sequence of Image
        Pairs.
    """
    found = []
    for image, painted in zip(images, labels, strict=True):
        factor = unit_ratio(painted.unit, image.unit)
        axes = [axis for axis in image.spatial_axes if axis in painted.spatial_axes]
        own = [image.spacing_of(axis) for axis in axes]
        told = [painted.spacing_of(axis) for axis in axes]
        if factor is None or all(
            abs(there * factor / here - 1) < SAME
            for here, there in zip(own, told, strict=True)
        ):
            continue
        found.append(
            f"The pixels of '{image.name}' are {_sizes(own, image.unit)}, and those of "
            f"its labels '{painted.name}' {_sizes(told, painted.unit)}: do they belong "
            "together? They are taken pixel by pixel, and the size is that of the "
            "image."
        )
    return found


def constant_channels(images: Sequence[Image], samples: Sequence[Sample]) -> list[str]:
    """Sentences about images that show nothing at all.

    Parameters
    ----------
    images : sequence of Image
        The images.
    samples : sequence of Sample
        Made of them, in memory; of images without one nothing is said.
    """
    found = []
    for number, image in enumerate(images):
        values = [one.values for one in samples if one.image == number]
        for channel in range(image.channel_count):
            # A constant was brought to 0.
            if not values or any(one[channel].any() for one in values):
                continue
            name = image.channels[channel] if image.channels else str(channel)
            which = f", channel {name}," if image.channel_count > 1 else ""
            found.append(
                f"'{image.name}'{which} is constant: there is nothing to be seen in it."
            )
    return found


def _sizes(spacing: Sequence[float], unit: str) -> str:
    return " x ".join(f"{size:g}" for size in spacing) + f" {unit}"


def many_folds(
    given: tuple[int, ...], spacing: Sequence[float], config: TrainConfig
) -> str:
    """Warn of a deformation that folds the patches."""
    from napari_unetseg.core.augment.folds import fold_rate

    rate = fold_rate(given, config.augment, spacing)
    if rate <= _MANY_FOLDS:
        return ""
    return (
        f"About {rate:.0%} of the bent patches are folded by the elastic deformation, "
        "and show what no image has: make it weaker, or its grid coarser."
    )
