"""Augmented patches as arrays, on their way from who draws them to who shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """Augmented patches, as a training would learn from them.

    Attributes
    ----------
    images : ndarray of shape (N, C, [D,] H, W), float32
        Normalised and varied grey values.
    labels : ndarray of shape (N, [D,] H, W), int32
        Class indices, -1 where not annotated.
    weights : ndarray of shape (N, [D,] H, W), float32
        How much each pixel counts.
    zoom : tuple of float
        Pixels of the first image per pixel of a patch, along [Z,] Y and X.
    colour : bool
        Whether the channels are red, green and blue.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int32]
    weights: NDArray[np.float32]
    zoom: tuple[float, ...]
    colour: bool
