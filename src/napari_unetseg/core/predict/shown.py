"""An image as a network is shown it: filled, resampled, mirrored and normalised.

What is shown at a place depends on the place alone, never on the box that was asked
for; that is one half of why tiles do not change a result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.predict.fill import filled
from napari_unetseg.core.predict.mirror import read_mirrored
from napari_unetseg.core.predict.rescale import resampled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.frames import Frames, Index
    from napari_unetseg.core.predict.tiling import Bounds
    from napari_unetseg.core.prepare.normalise import Normaliser


class Shown:
    """The frames of an image, on the grid of a model's pixels.

    Parameters
    ----------
    frames : Frames
        The image's planes or volumes.
    statistics : mapping of index to Normaliser
        Of the whole image, one for each frame.
    grid : tuple of int
        ([Z,] Y, X) of a frame in pixels of the model.
    channels : sequence of int, optional
        Which of the image's channels the network sees, in its order; by default all.
    planewise : bool
        Whether the network sees each plane of a volume alone.
    """

    def __init__(
        self,
        frames: Frames,
        statistics: Mapping[Index, Normaliser],
        grid: tuple[int, ...],
        channels: Sequence[int] | None = None,
        *,
        planewise: bool = False,
    ) -> None:
        self._frames = frames
        every = list(range(frames.image.channel_count))
        self._channels = None if list(channels or every) == every else channels
        self._planewise = planewise
        self._statistics = statistics
        self._grid = grid
        self._last: tuple[Index, Any] | None = None

    def values(self, index: Index, box: Bounds) -> NDArray[np.float32]:
        """Read a box of a frame, which may reach beyond it.

        Parameters
        ----------
        index : tuple of int
            The frame.
        box : Bounds
            ([Z,] Y, X) in pixels of the model.

        Returns
        -------
        ndarray of shape (C, *box), float32
            Normal values, all finite.
        """
        last = self._last  # Which another thread may replace at any time.
        if last is None or last[0] != index:
            last = self._last = index, self._frame(index)
        values = self._statistics[index](read_mirrored(last[1], box))
        return values if self._channels is None else values[list(self._channels)]

    def finite(self, index: Index, box: Bounds) -> NDArray[np.bool_] | None:
        """Where all channels of a frame are numbers; None for everywhere.

        Parameters
        ----------
        index : tuple of int
            The frame.
        box : Bounds
            ([Z,] Y, X) in pixels of the image.
        """
        if self._frames.image.dtype.kind != "f":
            return None
        inside = tuple(slice(*ends) for ends in box)
        pixels = np.asarray(self._frames[index][(slice(None), *inside)])
        finite: NDArray[np.bool_] = np.isfinite(pixels).all(axis=0)
        return None if finite.all() else finite

    def _frame(self, index: Index) -> Any:
        frame = filled(
            self._frames[index],
            self._statistics[index].mean.tolist(),
            planewise=self._planewise,
        )
        return (
            frame if self._grid == self._frames.shape else resampled(frame, self._grid)
        )
