"""Seeds that grow through their surroundings, all at the same speed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.postprocess.blocks import Blocks, Blockwise, read, within

if TYPE_CHECKING:
    from numpy.typing import NDArray


def grow(seeds: NDArray[Any], free: NDArray[np.bool_], reach: int) -> NDArray[Any]:
    """Let seeds grow by face steps, breadth first.

    Parameters
    ----------
    seeds : ndarray of shape ([Z,] Y, X) and an unsigned dtype
        Ids of the seeds, 0 elsewhere.
    free : ndarray of the same shape and dtype bool
        Where they may grow to.
    reach : int
        Number of steps.

    Returns
    -------
    ndarray of the same shape and dtype
        Every free pixel has the id of the seed with the fewest steps through free
        pixels to it, at a tie the smallest of these ids; 0 if there is none in reach.
    """
    padded = np.pad(seeds, 1)
    open_ = np.pad(free & (seeds == 0), 1).ravel()
    ids = padded.ravel()
    steps = np.array([[s, -s] for s in np.array(padded.strides) // padded.itemsize])
    front = np.flatnonzero(ids)
    for _ in range(reach):
        reached = (front + steps.reshape(-1, 1)).ravel()
        seed = np.tile(ids[front], steps.size)
        is_open = open_[reached]
        reached, seed = reached[is_open], seed[is_open]
        # Written last is what stays: the smallest id.
        order = np.argsort(seed)[::-1]
        ids[reached[order]] = seed[order]
        open_[reached] = False
        front = np.unique(reached)
        if not front.size:
            break
    inner = (slice(1, -1),) * seeds.ndim
    grown: NDArray[Any] = ids.reshape(padded.shape)[inner]
    return grown


@dataclass(frozen=True, slots=True, eq=False)
class Grown(Blockwise):
    """Seeds of a frame, grown through the pixels of one class.

    Exact for every block, since no path of `reach` steps comes from farther away than
    `reach` pixels: so many are read around the block. A block of the frame therefore
    must not be written over before all that lie that near have been made.

    Attributes
    ----------
    frame : array of shape ([Z,] Y, X)
        Class ids.
    blocks : Blocks
        The boxes that they are grown in.
    seeds : Blockwise
        Ids of the seeds. Each block of them is read for all blocks around it.
    border : int
        The class that seeds grow through.
    reach : int
        Number of steps.
    """

    frame: Any
    blocks: Blocks
    seeds: Blockwise
    border: int
    reach: int

    @property
    def dtype(self) -> np.dtype[Any]:
        """That of the seeds' ids."""
        return self.seeds.dtype

    def block(self, number: int) -> NDArray[Any]:
        """Ids of the grown seeds in one of the boxes."""
        box = self.blocks.boxes[number]
        if not (read(self.frame, box) == self.border).any():
            return self.seeds.block(number)
        around = tuple(
            slice(max(0, side.start - self.reach), min(size, side.stop + self.reach))
            for side, size in zip(box, self.shape, strict=True)
        )
        free = read(self.frame, around) == self.border
        return grow(self.seeds[around], free, self.reach)[within(box, around)]
