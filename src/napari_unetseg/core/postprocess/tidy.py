"""Clean classes: objects that are too small vanish, and small holes are filled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.postprocess.blocks import Blocks, Blockwise, covering, read
from napari_unetseg.core.postprocess.components import Components, find_components
from napari_unetseg.core.postprocess.seams import Seams

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.frames import Box

    Pair = tuple[NDArray[np.int64], NDArray[np.int64]]
    Counts = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]

_STAYS = -1


def tidy(
    frame: Any,
    blocks: Sequence[Box],
    *,
    smallest: Mapping[int, int],
    holes: Mapping[int, int],
) -> Generator[None, None, Blockwise]:
    """Remove small objects, then fill the holes of what is left.

    Parameters
    ----------
    frame, blocks, smallest
        As for `remove_small`.
    holes : mapping of int to int
        As for `fill_holes`.

    Yields
    ------
    None
        After each block, in the walks of both; in none where neither names a class.

    Returns
    -------
    Blockwise
        The tidy classes, in the frame's dtype. A block that was made may be written
        over in the frame.

    Raises
    ------
    ValueError
        As `remove_small`.
    """
    left = frame
    if smallest:
        left = yield from remove_small(frame, blocks, smallest)
    return (yield from fill_holes(left, blocks, holes))


def remove_small(
    frame: Any, blocks: Sequence[Box], smallest: Mapping[int, int]
) -> Generator[None, None, Blockwise]:
    """Give every object that is too small to the class that it touches most.

    Parameters
    ----------
    frame : array of shape ([Z,] Y, X) and an integer dtype
        Class ids, from 0 on; read as `find_components` does.
    blocks : sequence of tuple of slice
        Boxes that cover the frame exactly once. The result does not depend on them.
    smallest : mapping of int to int
        For a class the smallest area of its objects in pixels: an object (pixels of the
        class that are connected by faces) with less of them is removed. Objects of
        classes that are not named stay. 0 is a class like any other.

    Yields
    ------
    None
        After each block: two walks, or a single one where nothing is too small.

    Returns
    -------
    Blockwise
        The classes without small objects, in the frame's dtype. A block that was made
        may be written over in the frame.

    Raises
    ------
    ValueError
        If the blocks do not cover the frame exactly once, or it holds no integers.

    Notes
    -----
    All is decided at the same time, on the frame as it is given. An object touches a
    class once for each face that a pixel of the object shares with a pixel of the
    class, over the whole frame; of two that are touched alike the smaller id wins.
    Objects that are themselves removed do not count. One that touches nothing else, as
    one that fills the frame or lies within another that is removed, stays what it is:
    no id is invented. Do it again to remove what has become the neighbour of a larger
    object.
    """
    found = yield from find_components(
        frame, blocks, select=partial(_only, ids=np.array(list(smallest), np.int64))
    )
    limit = _per_class(smallest, found.value - 1)
    small = np.concatenate([[False], found.area < limit])
    takers = np.full(len(small), _STAYS)
    if small.any():
        contacts = yield from _contacts(found, small)
        component, taker = _most(*contacts)
        takers[component] = taker
    return _Replaced(frame, found.blocks, found, takers)


def fill_holes(
    frame: Any, blocks: Sequence[Box], holes: Mapping[int, int]
) -> Generator[None, None, Blockwise]:
    """Give every hole in a class that is small enough to the class.

    Parameters
    ----------
    frame : array of shape ([Z,] Y, X) and an integer dtype
        Class ids; read as `find_components` does.
    blocks : sequence of tuple of slice
        Boxes that cover the frame exactly once. The result does not depend on them.
    holes : mapping of int to int
        For a class the area in pixels from which on a hole stays: one with less pixels
        is filled. Classes that are not named keep all their holes.

    Yields
    ------
    None
        After each block, in one walk for each class that is named.

    Returns
    -------
    Blockwise
        The classes without small holes, in the frame's dtype. A block that was made may
        be written over in the frame.

    Raises
    ------
    ValueError
        As `remove_small`.

    Notes
    -----
    A hole in a class is a set of pixels of other classes, connected by faces, that
    does not reach the frame's border: all that surrounds it is the class. Whatever is
    in it is filled, be it one class or several. Holes are found in the frame as it is
    given. Where holes in several classes overlap, a pixel is given to the class with
    the largest of them (a ring in a ring: the outer one), at a tie to the smaller id.
    """
    found: dict[int, tuple[Components, NDArray[np.int64]]] = {}
    for identity in sorted(holes):
        rest = yield from find_components(
            frame, blocks, select=partial(np.not_equal, identity)
        )
        small = (rest.area < holes[identity]) & ~rest.at_border
        if small.any():
            area = np.where(small, rest.area, 0)
            found[identity] = rest, np.concatenate([[0], area])
    return _Filled(frame, covering(frame.shape, blocks), found)


class _Tidied(Blockwise):
    """Classes of a frame, changed block by block."""

    frame: Any

    @property
    def dtype(self) -> np.dtype[Any]:
        """The frame's, which may say it only of what it gives."""
        none = self.frame[(slice(0, 0),) * self.ndim]
        return np.asarray(none).dtype


@dataclass(frozen=True, slots=True, eq=False)
class _Replaced(_Tidied):
    """Classes in which whole components take another class."""

    frame: Any
    blocks: Blocks
    found: Components
    takers: NDArray[np.int64]

    def block(self, number: int) -> NDArray[Any]:
        values = read(self.frame, self.blocks.boxes[number])
        taker = self.takers[self.found.block(number)]
        return np.where(taker == _STAYS, values, taker.astype(values.dtype))


@dataclass(frozen=True, slots=True, eq=False)
class _Filled(_Tidied):
    """Classes in which holes are filled.

    For each class the components of its complement, and for each of them, from id 0 on,
    the area if it is filled and 0 if not.
    """

    frame: Any
    blocks: Blocks
    found: Mapping[int, tuple[Components, NDArray[np.int64]]]

    def block(self, number: int) -> NDArray[Any]:
        values = read(self.frame, self.blocks.boxes[number]).copy()
        largest = np.zeros(values.shape, dtype=np.int64)
        for identity, (rest, area) in self.found.items():
            here = area[rest.block(number)]
            values[here > largest] = identity
            np.maximum(largest, here, out=largest)
        return values


def _only(values: NDArray[Any], ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Some classes, counted from 1 so that 0 can be one of them; 0 elsewhere."""
    return np.where(np.isin(values, ids), values.astype(np.int64) + 1, 0)


def _per_class(
    table: Mapping[int, int], classes: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Look up each of many classes, all of which the table knows."""
    ids, place = np.unique(classes, return_inverse=True)
    return np.array([table[i] for i in ids.tolist()], dtype=np.int64)[place]


def _contacts(
    found: Components, small: NDArray[np.bool_]
) -> Generator[None, None, Counts]:
    """Count the faces that small components share with pixels that stay.

    Returns
    -------
    component, identity, count : ndarray of shape (P,) and dtype int64
        A component may meet a class in several rows.
    """
    seams = Seams(found.blocks)
    rows = []
    for number, box in enumerate(found.blocks.boxes):
        ids = found.block(number)
        # One number tells what a pixel is: a small component, or a class that stays.
        stays = read(found.frame, box).astype(np.int64)
        what = np.where(small[ids], -ids.astype(np.int64), stays)
        pairs = [*_neighbours(what), *seams.meet(number, what)]
        sides = [side for a, b in pairs for side in ((a, b), (b, a))]
        rows.append(_counted([_touching(*both) for both in sides]))
        yield
    component, identity, count = (np.concatenate(c) for c in zip(*rows, strict=True))
    return component, identity, count


def _neighbours(values: NDArray[np.int64]) -> Iterator[Pair]:
    """Values of all pairs of pixels of an array that share a face."""
    for axis, size in enumerate(values.shape):
        before = values.take(range(size - 1), axis=axis)
        yield before, values.take(range(1, size), axis=axis)


def _touching(here: NDArray[np.int64], there: NDArray[np.int64]) -> Pair:
    """Components on this side, for classes on the other; two arrays of shape (P,)."""
    pairs = (here < 0) & (there >= 0)
    return -here[pairs], there[pairs]


def _counted(touching: list[Pair]) -> Counts:
    """How often each component meets each class."""
    component, identity = (np.concatenate(c) for c in zip(*touching, strict=True))
    base = identity.max(initial=0) + 1
    keys, count = np.unique(component * base + identity, return_counts=True)
    return keys // base, keys % base, count


def _most(
    component: NDArray[np.int64], identity: NDArray[np.int64], count: NDArray[np.int64]
) -> Pair:
    """Of each component the class that it touches most, at a tie the smaller one."""
    base = identity.max(initial=0) + 1
    keys, row = np.unique(component * base + identity, return_inverse=True)
    total = np.zeros(len(keys), dtype=np.int64)
    np.add.at(total, row, count)
    component, identity = keys // base, keys % base
    order = np.lexsort((identity, -total, component))
    component, identity = component[order], identity[order]
    best = np.ones(len(order), dtype=bool)
    best[1:] = component[1:] != component[:-1]
    return component[best], identity[best]
