"""What painted ids teach: class indices, or the ids of single objects.

Ids of objects are taught as they are, and the classes of a network are derived from
them after each resampling: a resampled gap or border would close or tear.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.prepare.objects import to_classes, with_ring
from napari_unetseg.core.prepare.targets import IGNORE, targets
from napari_unetseg.core.prepare.weights import reach

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_unetseg.core.config import InstancesConfig

# Far below what float32, in which ids are looked up, still holds exactly.
_LARGEST = 1 << 16


@dataclass(frozen=True, slots=True)
class Teaching:
    """What painted ids mean.

    Attributes
    ----------
    ids : tuple of int
        The classes, ascending; of instances those that are derived.
    instances : InstancesConfig or None
        How single objects are taught; None where ids are classes.
    coarse : tuple of float
        Length of a pixel along each axis of a frame, in pixels of the finest one.
    smallest : float
        Objects of less pixels are none.
    """

    ids: tuple[int, ...]
    instances: InstancesConfig | None = None
    coarse: tuple[float, ...] = ()
    smallest: float = 0.0

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of what is taught."""
        return np.dtype(np.int16 if self.instances is None else np.int32)

    @property
    def margin(self) -> int:
        """How far around a pixel, in pixels, decides what is taught there."""
        return 0 if self.instances is None else self._pixels(self.instances.ring)

    @property
    def gap_margin(self) -> int:
        """How far around a pixel, in pixels, decides what its gap counts more."""
        if self.instances is None or self.instances.weights == "none":
            return 0
        return self._pixels(reach(self.instances))

    def zoomed(self, zoom: tuple[float, ...]) -> Teaching:
        """The same for an image of another pixel size.

        Parameters
        ----------
        zoom : tuple of float
            Pixels of the image per pixel of the model along each axis; empty if equal.
        """
        if not zoom:
            return self
        lengths = self.coarse or (1.0,) * len(zoom)
        coarse = tuple(size / z for size, z in zip(lengths, zoom, strict=True))
        return replace(self, coarse=coarse, smallest=self.smallest * math.prod(zoom))

    def _pixels(self, length: float) -> int:
        """Length in the model's finest pixels, in pixels of the image, rounded up."""
        return math.ceil(length / min(self.coarse or (1.0,)))

    def taught(
        self,
        painted: NDArray[Any],
        unknown: NDArray[np.bool_],
        inside: NDArray[np.bool_] | None = None,
    ) -> NDArray[Any]:
        """Turn painted ids into what is taught.

        Parameters
        ----------
        painted : ndarray of shape ([Z,] Y, X)
            Painted ids.
        unknown : ndarray of bool
            Whether 0 is "not annotated", plane by plane: broadcast to the others.
        inside : ndarray of bool and shape ([Z,] Y, X), optional
            Where 0 is background all the same, and everywhere else "not annotated".

        Returns
        -------
        ndarray of shape ([Z,] Y, X)
            int16 class indices, or int32 ids of objects from 1 on with 0 for their
            background; `IGNORE` where not annotated.
        """
        if inside is not None:
            unknown = ~inside
        hidden = (painted == 0) & unknown
        if self.instances is None:
            found = targets(painted, self.ids, zero_unknown=False)
            return np.where(hidden, np.int16(IGNORE), found)
        # Signed first: the types of most labels do not hold IGNORE.
        ids = np.where(hidden, IGNORE, _small(painted).astype(np.int32))
        if hidden.any():
            ids = with_ring(ids, self.instances.ring, self.coarse)
        return ids

    def classes(self, target: NDArray[Any]) -> NDArray[Any]:
        """Class indices of a target, `IGNORE` where not annotated."""
        if self.instances is None:
            return target
        found: NDArray[Any] = to_classes(
            target, self.instances, self.coarse, rank=target.ndim
        )
        return found


def _small(painted: NDArray[Any]) -> NDArray[Any]:
    """Ids of objects; large ones are counted anew, since tables are made of them."""
    if painted.size == 0 or painted.max() < _LARGEST:
        return painted
    labels, inverse = np.unique(painted, return_inverse=True)
    counted: NDArray[Any] = inverse.reshape(painted.shape) + (labels[0] != 0)
    return counted
