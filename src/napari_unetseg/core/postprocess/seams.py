"""Where blocks meet: pairs of neighbouring pixels that lie in different blocks.

Blocks come one by one. Only their outermost pixels are remembered, and only until all
blocks around them have come.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.postprocess.blocks import within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_unetseg.core.frames import Box
    from napari_unetseg.core.postprocess.blocks import Blocks

    Pair = tuple[NDArray[Any], NDArray[Any]]
    Faces = dict[tuple[int, bool], NDArray[Any]]


class Seams:
    """The pixels along which the blocks of a frame meet.

    Parameters
    ----------
    blocks : Blocks
        The boxes of the frame.
    connectivity : int
        Along how many axes at most two neighbours differ: 1 for pixels that share a
        face, the number of axes for those that share no more than a corner.
    """

    def __init__(self, blocks: Blocks, connectivity: int = 1) -> None:
        self._blocks = blocks
        self._steps = [
            step
            for step in product((-1, 0, 1), repeat=len(blocks.shape))
            if 0 < sum(map(abs, step)) <= connectivity
        ]
        self._faces: dict[int, Faces] = {}
        self._awaited = [len(near) for near in blocks.neighbours]

    def meet(self, number: int, values: NDArray[Any]) -> Iterator[Pair]:
        """Let a block come in, and pair its pixels with those that came before.

        Parameters
        ----------
        number : int
            Which of the boxes; each comes once.
        values : ndarray of the box's shape
            Anything that pixels carry, such as their labels.

        Yields
        ------
        before, now : ndarray of shape (P,)
            Values of neighbouring pixels, in a block that came earlier and in this one.
            Over all blocks every pair of neighbours is yielded once.
        """
        box = self._blocks.boxes[number]
        mine = {
            (axis, far): values.take(-1 if far else 0, axis=axis)
            for axis in range(values.ndim)
            for far in (False, True)
        }
        for other in self._blocks.neighbours[number]:
            if other in self._faces:
                yield from self._pairs(other, mine, box)
            self._awaited[other] -= 1
            if not self._awaited[other]:
                self._faces.pop(other, None)
        if self._awaited[number]:
            self._faces[number] = mine

    def _pairs(self, other: int, mine: Faces, here: Box) -> Iterator[Pair]:
        """Neighbours in two blocks, a pair of arrays for each step that crosses."""
        theirs, there = self._faces[other], self._blocks.boxes[other]
        for step in self._steps:
            before = tuple(
                slice(max(a.start, b.start - by), min(a.stop, b.stop - by))
                for a, b, by in zip(there, here, step, strict=True)
            )
            if any(side.start >= side.stop for side in before):
                continue
            now = tuple(
                slice(side.start + by, side.stop + by)
                for side, by in zip(before, step, strict=True)
            )
            axis = _crossed(there, here, step)
            far = step[axis] > 0
            yield (
                theirs[axis, far][_without(axis, within(before, there))].ravel(),
                mine[axis, not far][_without(axis, within(now, here))].ravel(),
            )


def _crossed(there: Box, here: Box, step: tuple[int, ...]) -> int:
    """The first axis along which a step leaves one box and enters the other."""
    return next(
        axis
        for axis, (a, b, by) in enumerate(zip(there, here, step, strict=True))
        if (by > 0 and a.stop <= b.start) or (by < 0 and b.stop <= a.start)
    )


def _without(axis: int, box: Box) -> Box:
    """The box in a face, which lacks the axis that it is perpendicular to."""
    return box[:axis] + box[axis + 1 :]
