"""Where training patches are drawn: on annotated pixels, every class in its turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.prepare.targets import IGNORE

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PLACES_PER_CLASS = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Annotated pixels to choose patch centres from.

    Attributes
    ----------
    by_class : list of ndarray of shape (N, 3), int32
        Slice, y and x of the pixels of each class.
    share : ndarray of shape (classes,)
        Probability of each class: halfway between its share of the pixels and an equal
        share, so that a rare class is seen often and none is seen always.
    """

    by_class: list[NDArray[np.int32]]
    share: NDArray[np.float64]

    def draw(self, count: int, rng: np.random.Generator) -> NDArray[np.int32]:
        """Draw `count` places: (slice, y, x) each, shape (count, 3)."""
        classes = rng.choice(len(self.by_class), size=count, p=self.share)
        rows = [self.by_class[c][rng.integers(len(self.by_class[c]))] for c in classes]
        return np.stack(rows)


def places(
    targets: list[NDArray[np.int16]], classes: int, rng: np.random.Generator
) -> Places:
    """Collect the annotated pixels of the training slices.

    Parameters
    ----------
    targets : list of ndarray of shape (Y, X)
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
    y, x = np.divmod(flat, mask.shape[1])
    return np.stack([np.full_like(y, number), y, x], axis=1).astype(np.int32)
