"""Where training patches are drawn: on annotated pixels, every class in its turn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.prepare.targets import IGNORE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.prepare.teaching import Teaching

_PLACES_PER_CLASS = 1 << 16
# Pixels along a block of what is not in memory, by its number of axes.
_SIDES = {2: 2048, 3: 160}
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
        share, so that a rare class is seen often and none is seen always; or equal.
    """

    by_class: list[NDArray[np.int32]]
    share: NDArray[np.float64]

    def draw(self, count: int, rng: np.random.Generator) -> NDArray[np.int32]:
        """Draw `count` places: (sample, [z,] y, x) each, shape (count, 1 + rank)."""
        classes = rng.choice(len(self.by_class), size=count, p=self.share)
        rows = [self.by_class[c][rng.integers(len(self.by_class[c]))] for c in classes]
        return np.stack(rows)


def places(
    targets: Sequence[Any],
    teaching: Teaching,
    rng: np.random.Generator,
    *,
    balanced: bool = False,
    objects: bool = False,
) -> Places:
    """Collect the annotated pixels of the training samples.

    Parameters
    ----------
    targets : sequence of arrays of shape ([Z,] Y, X)
        Class indices or ids of objects, `IGNORE` where not annotated; numpy or views,
        which are read twice, block by block.
    teaching : Teaching
        The classes, and how they are derived from ids.
    rng : Generator
        Chooses which pixels stand for a class that has very many.
    balanced : bool
        Whether all classes are drawn equally often.
    objects : bool
        Whether only the middles of objects are places: of connected pixels of any class
        but that of the id 0, as far as there are any.
    """
    count = len(teaching.ids)
    pixels = np.zeros(count)
    for _, _, classes in class_blocks(targets, teaching):
        pixels += np.bincount(classes[classes != IGNORE], minlength=count)
    present = np.flatnonzero(pixels)
    if not len(present):
        # All was erased: until more is painted, patches teach nothing.
        middle = (0, *(size // 2 for size in targets[0].shape))
        return Places([np.array([middle], np.int32)], np.ones(1))
    keep = np.minimum(1.0, _PLACES_PER_CLASS / np.maximum(pixels, 1))
    chosen: list[list[NDArray[np.int32]]] = [[] for _ in range(count)]
    if objects:
        present = _without_background(present, teaching)
    for number, start, classes in class_blocks(targets, teaching):
        for index in present:
            mask = classes == index
            place = middles(mask) if objects else _some(mask, keep[index], rng)
            place[:] += np.asarray(start)
            chosen[index].append(np.insert(place, 0, number, axis=1).astype(np.int32))
    share = pixels[present] / pixels[present].sum()
    by_class = [np.concatenate(chosen[index]) for index in present]
    equal = np.full(len(present), 1 / len(present))
    return Places(by_class, equal if balanced else (share + equal) / 2)


def class_blocks(
    targets: Sequence[Any], teaching: Teaching
) -> Iterator[tuple[int, tuple[int, ...], NDArray[Any]]]:
    """Number of the target, start and classes of each block, or of an array as one."""
    for number, target in enumerate(targets):
        if isinstance(target, np.ndarray):
            yield number, (0,) * target.ndim, teaching.classes(target)
            continue
        side = _SIDES[target.ndim]
        sides = [range(0, size, side) for size in target.shape]
        for start in product(*sides):
            box = tuple(
                slice(first, min(first + side, size))
                for first, size in zip(start, target.shape, strict=True)
            )
            yield number, start, teaching.classes(target[box])


def _without_background(present: NDArray[Any], teaching: Teaching) -> NDArray[Any]:
    """Classes that have objects; all of them if there is no other than the id 0."""
    kept = np.array([index for index in present if teaching.ids[index] != 0], int)
    return kept if len(kept) else present


def middles(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Find the pixel of each connected part that is nearest to its centre of mass.

    Parameters
    ----------
    mask : ndarray of shape ([Z,] Y, X)
        Pixels of a class.

    Returns
    -------
    ndarray of shape (parts, rank)
    """
    from scipy import ndimage

    numbers, count = ndimage.label(mask)
    pixels = np.argwhere(numbers).astype(np.int64)
    part = numbers[numbers > 0] - 1
    if not count:
        return pixels
    sizes = np.bincount(part)
    sums = [np.bincount(part, weights=along) for along in pixels.T]
    centres = np.stack(sums, axis=1) / sizes[:, None]
    distance = ((pixels - centres[part]) ** 2).sum(axis=1)
    order = np.lexsort((distance, part))
    return np.asarray(pixels[order[np.cumsum(sizes) - sizes]])


def _some(
    mask: NDArray[np.bool_], keep: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Positions (N, rank) of a share of a mask's pixels, one if there is any."""
    flat = np.flatnonzero(mask)
    if keep < 1 and flat.size:
        flat = rng.choice(flat, size=max(1, round(keep * flat.size)), replace=False)
    return np.stack(np.unravel_index(flat, mask.shape), axis=1).astype(np.int64)


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
