"""The ids of a frame, read where they are indexed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.prepare.targets import IGNORE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.frames import Frames


class FrameIds:
    """A frame that is read where it is indexed.

    Parameters
    ----------
    frames : Frames
        Of labels.
    index : tuple of int
        Which of them.
    """

    def __init__(self, frames: Frames, index: tuple[int, ...]) -> None:
        self._frames, self._index = frames, index
        self.shape, self.dtype = frames.shape, frames.image.dtype

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Read a part, by numbers or slices per axis."""
        keys = key if isinstance(key, tuple) else (key,)
        keys = (*keys, *[slice(None)] * (len(self.shape) - len(keys)))
        box = [k if isinstance(k, slice) else slice(int(k), int(k) + 1) for k in keys]
        part = np.asarray(self._frames.read(self._index, (slice(None), *box)))[0]
        # What was asked for by a number has one place along that axis.
        flat = tuple(slice(None) if isinstance(k, slice) else 0 for k in keys)
        return np.asarray(part[flat])


class Annotated:
    """A true frame in which all that is not annotated, on either side, is IGNORE.

    Parameters
    ----------
    true, predicted : FrameIds
        Both sides.
    ignore : sequence of int
        Ids that mean "not annotated".
    """

    dtype = np.dtype(np.int64)

    def __init__(
        self, true: FrameIds, predicted: FrameIds, ignore: Sequence[int]
    ) -> None:
        self._true, self._predicted, self._ignore = true, predicted, tuple(ignore)
        self.shape = true.shape

    def __getitem__(self, key: Any) -> NDArray[np.int64]:
        """Read a part, by numbers or slices per axis."""
        true, predicted = self._true[key], self._predicted[key]
        out = np.isin(true, self._ignore) | np.isin(predicted, self._ignore)
        return np.where(out, IGNORE, true.astype(np.int64))


def numbered(frame: Any, identity: int) -> NDArray[np.int64]:
    """Number the connected pixels of a class.

    Parameters
    ----------
    frame : array of shape ([Z,] Y, X)
        Class ids; read at once.
    identity : int
        The class.

    Returns
    -------
    ndarray of int64
        0 where the class is not, and `IGNORE` where the frame has it.
    """
    from scipy import ndimage

    ids = np.asarray(frame[(slice(None),) * len(frame.shape)])
    objects, _ = ndimage.label(ids == identity)
    return np.where(ids == IGNORE, IGNORE, objects.astype(np.int64))
