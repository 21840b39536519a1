"""Only what lies inside a mask is segmented: which tiles, and what is kept of them.

The tiles are those of the whole image, and each that touches the mask is computed as
a whole: inside, every number is that of the whole image, to the bit. Outside, all is 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_unetseg.core.frames import Frames, Index
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.predict.result import Result
    from napari_unetseg.core.predict.tiling import Bounds
    from napari_unetseg.core.predict.work import Work


@dataclass(frozen=True, slots=True, eq=False)
class Inside:
    """A mask on the frames of an image.

    Attributes
    ----------
    mask : Image
        Non-zero is inside; read where it lies.
    frames : Frames
        The image.
    """

    mask: Image
    frames: Frames

    @classmethod
    def of(cls, mask: Image, frames: Frames) -> Inside:
        """A mask for an image, if it fits.

        Parameters
        ----------
        mask : Image
            Numbers, without channels. Of axes other than Y and X that it does not have,
            it is the same all along.
        frames : Frames
            The image.

        Raises
        ------
        InputError
            If it has channels, no numbers, or another shape than the image.
        """
        image = frames.image
        if mask.dtype.kind not in "buif" or "C" in mask.axes:
            raise InputError(
                f"The mask '{mask.name}' is {mask.dtype} with the axes {mask.axes}",
                "A mask is numbers without a channel axis: 0 is outside",
            )
        lengths = dict(zip(image.axes, image.shape, strict=True))
        found = dict(zip(mask.axes, mask.shape, strict=True))
        if any(lengths.get(axis) != size for axis, size in found.items()):
            raise InputError(
                f"The mask '{mask.name}' is {_text(found)}, and '{image.name}' is "
                f"{_text(lengths)}",
                "Give a mask with the pixels of the image",
            )
        return cls(mask, frames)

    def read(self, index: Index, box: Bounds) -> NDArray[np.bool_]:
        """Tell which pixels of a box are inside.

        Parameters
        ----------
        index : tuple of int
            The frame.
        box : Bounds
            ([Z,] Y, X).

        Returns
        -------
        ndarray, bool
            Of the box's shape.
        """
        frames, axes = self.frames, self.mask.axes
        grid = zip(frames.grid_axes, index, strict=True)
        place: dict[str, Any] = {axis: slice(i, i + 1) for axis, i in grid}
        place |= {a: slice(*ends) for a, ends in zip(frames.axes, box, strict=True)}
        part = np.asarray(self.mask.array[tuple(place[axis] for axis in axes)]) != 0
        # Whatever the order of its axes: those of the frame last, the others of one.
        order = sorted(axes, key=(frames.grid_axes + frames.axes).index)
        part = part.transpose([axes.index(axis) for axis in order])
        own = iter(part.shape[sum(axis in frames.grid_axes for axis in axes) :])
        part = part.reshape([next(own) if a in axes else 1 for a in frames.axes])
        return np.broadcast_to(part, [stop - start for start, stop in box])

    def touched(self, work: Work) -> tuple[int, ...]:
        """Numbers of the tasks of which any pixel is inside.

        Raises
        ------
        InputError
            If there is none.
        """
        tasks = (work[number] for number in range(len(work)))
        found = tuple(
            task.number for task in tasks if self.read(task.index, task.box).any()
        )
        if not found:
            raise InputError(
                f"Nothing of '{self.frames.image.name}' that is to be segmented is "
                f"inside '{self.mask.name}'",
                "Draw around a part of the image, or mark it in the mask",
            )
        return found

    def cut(self, result: Result) -> Result:
        """A finished task with 0 outside, in labels, scores and uncertainty."""
        inside = self.read(result.task.index, result.task.box)
        if inside.all():
            return result
        arrays = {
            name: np.where(inside, values, np.zeros((), values.dtype))
            for name, values in result.arrays.items()
        }
        return replace(result, arrays=arrays)


def _text(lengths: dict[str, int]) -> str:
    return ", ".join(f"{axis} {size}" for axis, size in lengths.items() if axis != "C")
