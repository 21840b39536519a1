"""Where training patches are drawn: on annotated pixels, every class in its turn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.prepare.targets import IGNORE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_PLACES_PER_CLASS = 1 << 16
# 48 * 0.1 / 0.1 is a little more than 48.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Annotated pixels to choose patch centres from.

    Attributes
    ----------
    by_class : list of ndarray of shape (N, 1 + rank), int32
        Sample, (z,) y and x of the pixels of each class.
    share : ndarray of shape (classes,)
        Probability of each class: halfway between its share of the pixels and an equal
        share, so that a rare class is seen often and none is seen always.
    """

    by_class: list[NDArray[np.int32]]
    share: NDArray[np.float64]

    def draw(self, count: int, rng: np.random.Generator) -> NDArray[np.int32]:
        """Draw `count` places: (sample, [z,] y, x) each, shape (count, 1 + rank)."""
        classes = rng.choice(len(self.by_class), size=count, p=self.share)
        rows = [self.by_class[c][rng.integers(len(self.by_class[c]))] for c in classes]
        return np.stack(rows)


def places(
    targets: list[NDArray[np.int16]], classes: int, rng: np.random.Generator
) -> Places:
    """Collect the annotated pixels of the training samples.

    Parameters
    ----------
    targets : list of ndarray of shape ([Z,] Y, X)
        Class indices, `IGNORE` where not annotated.
    classes : int
        Number of classes.
    rng : Generator
        Chooses which pixels stand for a class that has very many.
    """
    pixels = np.zeros(classes)
    for target in targets:
        pixels += np.bincount(target[target != IGNORE], minlength=classes)
    by_class, share = [], []
    for index in np.flatnonzero(pixels):
        keep = min(1.0, _PLACES_PER_CLASS / pixels[index])
        found = [
            _some(target == index, i, keep, rng) for i, target in enumerate(targets)
        ]
        by_class.append(np.concatenate(found))
        share.append(pixels[index] / pixels.sum())
    equal = 1 / len(by_class)
    return Places(by_class, (np.asarray(share) + equal) / 2)


def _some(
    mask: NDArray[np.bool_], number: int, keep: float, rng: np.random.Generator
) -> NDArray[np.int32]:
    """Positions of a share of a mask's pixels, at least one if there is any."""
    flat = np.flatnonzero(mask)
    if keep < 1 and flat.size:
        flat = rng.choice(flat, size=max(1, round(keep * flat.size)), replace=False)
    place = np.unravel_index(flat, mask.shape)
    return np.stack([np.full_like(flat, number), *place], axis=1).astype(np.int32)


def patch_shape(
    side: int, spacing: Sequence[float], shapes: Sequence[tuple[int, ...]]
) -> tuple[int, ...]:
    """Extent of what a patch should teach, in pixels, before any rounding.

    Parameters
    ----------
    side : int
        Wished side; in volumes along the finest axis. The coarser axes get as much in
        physical units.
    spacing : sequence of float
        Pixel size along each axis; that of planes does not count, whose patches are
        square.
    shapes : sequence of tuple of int
        Of the samples to draw from: a patch is no larger than the largest of them, a
        square no larger than their longest side.
    """
    if len(spacing) == 2:
        return (min(side, max(map(max, shapes))),) * 2
    finest = min(spacing)
    return tuple(
        min(math.ceil(side * finest / size - _ROUNDING), max(lengths))
        for size, lengths in zip(spacing, zip(*shapes, strict=True), strict=True)
    )
