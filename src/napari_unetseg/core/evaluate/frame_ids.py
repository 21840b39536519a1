"""The ids of a frame, read where they are indexed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.evaluate.comparable import integers
from napari_unetseg.core.evaluate.pixels import BLOCK
from napari_unetseg.core.postprocess.blocks import cut
from napari_unetseg.core.postprocess.components import find_components
from napari_unetseg.core.prepare.targets import IGNORE

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.frames import Box, Frames
    from napari_unetseg.core.postprocess.components import Components


class ByBoxes(ABC):
    """A frame that is read where it is indexed, by numbers or slices per axis.

    Attributes
    ----------
    shape : tuple of int
        ([Z,] Y, X).
    dtype : dtype
        Of its ids.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @abstractmethod
    def read(self, box: Box) -> NDArray[Any]:
        """Read a box, of slices alone."""

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Read a part."""
        keys = key if isinstance(key, tuple) else (key,)
        keys = (*keys, *[slice(None)] * (len(self.shape) - len(keys)))
        box = tuple(
            slice(*k.indices(n)) if isinstance(k, slice) else slice(int(k), int(k) + 1)
            for k, n in zip(keys, self.shape, strict=True)
        )
        # What was asked for by a number has one place along that axis.
        flat = tuple(slice(None) if isinstance(k, slice) else 0 for k in keys)
        return np.asarray(self.read(box)[flat])


class FrameIds(ByBoxes):
    """A frame of labels, whose ids may be kept as floats.

    Parameters
    ----------
    frames : Frames
        Of labels.
    index : tuple of int
        Which of them.
    role : {"prediction", "truth"}
        What they are called if they hold no ids.
    """

    def __init__(self, frames: Frames, index: tuple[int, ...], role: str) -> None:
        self._frames, self._index, self._role = frames, index, role
        self.shape, held = frames.shape, frames.image.dtype
        self.dtype = np.dtype(np.int64) if held.kind == "f" else held

    def read(self, box: Box) -> NDArray[Any]:
        """Read a box.

        Raises
        ------
        InputError
            If it holds values that are no ids.
        """
        found = np.asarray(self._frames.read(self._index, (slice(None), *box)))[0]
        return integers(found, self._role, self._frames.image)

    @classmethod
    def of_both(
        cls, prediction: Frames, truth: Frames, index: tuple[int, ...]
    ) -> tuple[FrameIds, FrameIds]:
        """A frame of the prediction, and that of the truth."""
        return cls(prediction, index, "prediction"), cls(truth, index, "truth")


class Annotated(ByBoxes):
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

    def read(self, box: Box) -> NDArray[np.int64]:
        """Read a box."""
        true, predicted = self._true.read(box), self._predicted.read(box)
        out = np.isin(true, self._ignore) | np.isin(predicted, self._ignore)
        return np.where(out, IGNORE, true.astype(np.int64))


class Numbered(ByBoxes):
    """A frame in which the connected pixels of a class have a number of their own.

    Parameters
    ----------
    frame : ByBoxes
        Class ids, `IGNORE` where it is not annotated; so is the result there, and 0
        where the class is not.
    components : Components
        What is connected in it.
    """

    dtype = np.dtype(np.int64)

    def __init__(self, frame: ByBoxes, components: Components) -> None:
        self._frame, self._components = frame, components
        self.shape = frame.shape

    def read(self, box: Box) -> NDArray[np.int64]:
        """Read a box, and number what is connected in the blocks that it touches."""
        unknown = self._frame.read(box) == IGNORE
        return np.where(unknown, IGNORE, self._components[box].astype(np.int64))


def numbering(frame: ByBoxes, identity: int) -> Generator[float, None, Numbered]:
    """Number the connected pixels of a class.

    Parameters
    ----------
    frame : ByBoxes
        Class ids; read block by block, now and whenever the result is.
    identity : int
        The class. Neighbours share a face.

    Yields
    ------
    float
        The share that is done, up to 1.
    """
    # Blocks are what is read at a time of the result: whole rows of a plane.
    rows = max(1, BLOCK // max(1, frame.shape[-1]))
    sides = (1, rows, frame.shape[-1])[-len(frame.shape) :]
    blocks = cut(frame.shape, sides)
    walk = find_components(frame, blocks, select=partial(np.equal, identity))
    done = 0
    while True:
        try:
            next(walk)
        except StopIteration as end:
            return Numbered(frame, end.value)
        done += 1
        yield done / len(blocks)
