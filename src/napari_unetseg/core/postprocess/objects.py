"""Instances: which pixels belong to the same object.

In two ways, by what the network was taught. Objects that its classes keep apart are the
connected components of the classes. Objects that touch have a class of centres and one
of borders, and grow from their centres.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.postprocess.blocks import Blocks, Blockwise, raster_index
from napari_unetseg.core.postprocess.components import find_components
from napari_unetseg.core.postprocess.distinct import distinct
from napari_unetseg.core.postprocess.grow import Grown

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.frames import Box

REACH = 32
"""How far a centre grows through the border around it, in pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Objects(Blockwise):
    """The N objects of a frame: their ids as an array, and a table.

    Ids count from 1 in the raster order (C order) of each object's first pixel; row i
    of the table is object i + 1. Pixels outside all objects have id 0.

    Attributes
    ----------
    blocks : Blocks
        The boxes that they were found in.
    source : Blockwise
        The objects before the small ones were left out.
    numbers : ndarray of shape (1 + ids of the source,)
        For each id of the source the object's id, or 0.
    classes : ndarray of shape (N,) and dtype int64
        The class whose components the objects are or have grown from.
    area : ndarray of shape (N,) and dtype int64
        Number of pixels.
    first : ndarray of shape (N,) and dtype int64
        Raster index of the first pixel in the whole frame, ascending.
    """

    blocks: Blocks
    source: Blockwise
    numbers: NDArray[Any]
    classes: NDArray[np.int64]
    area: NDArray[np.int64]
    first: NDArray[np.int64]

    def __len__(self) -> int:
        """Number of objects."""
        return len(self.area)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The smallest unsigned type that holds all ids."""
        return self.numbers.dtype

    def block(self, number: int) -> NDArray[Any]:
        """The ids in one of the boxes."""
        ids: NDArray[Any] = self.numbers[self.source.block(number)]
        return ids


def component_objects(
    frame: Any,
    blocks: Sequence[Box],
    *,
    foreground: Collection[int] | None = None,
    smallest: int = 0,
) -> Generator[None, None, Objects]:
    """Take every connected component of a class as an object.

    Parameters
    ----------
    frame : array of shape ([Z,] Y, X) and an integer dtype
        Class ids; read as `find_components` does.
    blocks : sequence of tuple of slice
        Boxes that cover the frame exactly once. The result does not depend on them.
    foreground : collection of int, optional
        The classes that objects consist of; by default all but 0. Pixels of an object
        share faces and their class.
    smallest : int
        Objects with less pixels are left out.

    Yields
    ------
    None
        After each block, in one walk.

    Returns
    -------
    Objects
        A block that was made may be written over in the frame.

    Raises
    ------
    ValueError
        If the blocks do not cover the frame exactly once, it holds no integers, or 0
        is among the foreground.
    """
    if foreground is not None and 0 in foreground:
        raise ValueError("0 is the background of objects; give another id to the class")
    select = None if foreground is None else partial(_only, ids=sorted(foreground))
    found = yield from find_components(frame, blocks, select=select)
    return _objects(found, found.value, found.area, found.first, smallest)


def watershed_objects(
    frame: Any,
    blocks: Sequence[Box],
    *,
    centre: int,
    border: int,
    reach: int = REACH,
    smallest: int = 0,
) -> Generator[None, None, Objects]:
    """Let every connected component of one class grow through another.

    Parameters
    ----------
    frame : array of shape ([Z,] Y, X) and an integer dtype
        Class ids; numpy, zarr, or anything with a shape that gives an array for a tuple
        of slices.
    blocks : sequence of tuple of slice
        Boxes that cover the frame exactly once. The result does not depend on them.
    centre : int
        The class whose components, connected by faces, are the seeds.
    border : int
        The class that they grow through.
    reach : int
        How far they grow, in pixels.
    smallest : int
        Objects with less pixels are left out once they have grown; nothing grows in
        their place.

    Yields
    ------
    None
        After each block, in two walks.

    Returns
    -------
    Objects
        Ids follow the first pixels of the grown objects, which may come in another
        order than those of the seeds. Blocks of the frame are read with `reach` pixels
        around them: write to another array.

    Raises
    ------
    ValueError
        If the blocks do not cover the frame exactly once, it holds no integers, the two
        classes are the same, or the reach is negative.

    Notes
    -----
    All seeds grow at the same speed, a face step at a time: a pixel of the border goes
    to the seed with the fewest steps to it through the border, at a tie to the seed
    whose first pixel comes first in raster order. A pixel that no seed reaches within
    `reach` steps is 0. Since no path that counts is longer, `reach` pixels around a
    block are all that its result depends on, once the seeds are numbered.
    """
    if centre == border or reach < 0:
        raise ValueError(
            f"centre {centre} and border {border} are two classes, and a reach is "
            f"0 or more, not {reach}"
        )
    seeds = yield from find_components(frame, blocks, select=partial(np.equal, centre))
    grown = Grown(frame, seeds.blocks, seeds, border, reach)
    area = np.zeros(len(seeds), dtype=np.int64)
    first = np.full(len(seeds), np.iinfo(np.int64).max)
    for box, ids in grown.walk():
        found = distinct(ids)
        row = found.ids.astype(np.int64) - 1
        area[row] += found.area
        place = raster_index(found.first, box, grown.shape)
        first[row] = np.minimum(first[row], place)
        yield
    classes = np.full(len(seeds), centre, dtype=np.int64)
    return _objects(grown, classes, area, first, smallest)


def smallest_dtype(count: int) -> np.dtype[Any]:
    """The smallest of uint8, uint16, uint32, uint64 that holds 0 to `count`.

    Raises
    ------
    ValueError
        If the count is negative or too large for all of them.
    """
    if not 0 <= count < 1 << 64:
        raise ValueError(f"no unsigned type holds {count}")
    return np.min_scalar_type(int(count))


def _only(values: NDArray[Any], ids: list[int]) -> NDArray[Any]:
    """Keep some classes; 0 elsewhere."""
    return np.where(np.isin(values, ids), values, 0)


def _objects(
    source: Blockwise,
    classes: NDArray[np.int64],
    area: NDArray[np.int64],
    first: NDArray[np.int64],
    smallest: int,
) -> Objects:
    """Leave out small objects and number the others by their first pixels."""
    order = np.argsort(first)
    order = order[area[order] >= smallest]
    numbers = np.zeros(len(area) + 1, dtype=smallest_dtype(len(order)))
    numbers[order + 1] = np.arange(1, len(order) + 1)
    table = (classes[order], area[order], first[order])
    return Objects(source.blocks, source, numbers, *table)
