"""After the tiles: tidy classes, and objects with numbers, block by block."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.events import Block, Event
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.predict.asked import ANY_OBJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.frames import Box, Index
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.postprocess.blocks import Blockwise
    from napari_unetseg.core.predict.asked import Finish
    from napari_unetseg.core.predict.inside import Inside
    from napari_unetseg.core.predict.store import ArraySpec, Store
    from napari_unetseg.core.predict.tiling import Bounds

    Made = Generator[None, None, Blockwise]

# Sides of the blocks that are gone through: large enough that their seams cost little.
_SIDES = {2: (2048, 2048), 3: (64, 512, 512)}


def finish(
    labels: Image,
    dimensions: int,
    asked: Finish,
    spec: ArraySpec,
    store: Store,
    inside: Inside | None = None,
) -> Generator[Event, None, Image]:
    """Tidy classes, or find objects, in labels that need not fit into memory.

    Parameters
    ----------
    labels : Image
        Classes, complete; they are not changed.
    dimensions : int
        Of the model: objects lie in planes, or in volumes.
    asked : Finish
        What is done.
    spec : ArraySpec
        Of the labels.
    store : Store
        Where the result, and what lies in between, is kept.
    inside : Inside, optional
        Outside of it no hole is filled.

    Yields
    ------
    Block
        After each block of each walk through the labels.

    Returns
    -------
    Image
        Named "labels", "tidy" or "objects", as its array is in the store.
    """
    count = _Count()
    tidies = not asked.objects and asked.smallest
    if tidies or asked.holes:
        tidied = _tidied(labels, dimensions, asked, spec, store, count, inside)
        labels = yield from tidied
    if asked.objects:
        labels = yield from _numbered(labels, dimensions, asked, spec, store, count)
    return labels


def _tidied(
    labels: Image,
    dimensions: int,
    asked: Finish,
    spec: ArraySpec,
    store: Store,
    count: _Count,
    inside: Inside | None,
) -> Generator[Event, None, Image]:
    from napari_unetseg.core.postprocess.tidy import tidy

    smallest = {} if asked.objects else asked.smallest
    target = labels.like(store.array("tidy", spec, anew=True), labels.axes, "tidy")
    frames, into = Frames(labels, dimensions), Frames(target, dimensions)
    for index in frames:
        frame = LabelFrame(frames, index)
        blocks = _blocks(frames.shape)
        walk = tidy(frame, blocks, smallest=smallest, holes=asked.holes)
        made = yield from count.through(walk)
        mask = None if inside is None else partial(inside.read, index)
        yield from count.over(_fill(LabelFrame(into, index), made, mask))
    return target


def _numbered(
    labels: Image,
    dimensions: int,
    asked: Finish,
    spec: ArraySpec,
    store: Store,
    count: _Count,
) -> Generator[Event, None, Image]:
    from napari_unetseg.core.postprocess.objects import smallest_dtype

    assert asked.objects is not None
    frames = Frames(labels, dimensions)
    found: dict[Index, Any] = {}
    for index in frames:
        walk = _objects(LabelFrame(frames, index), asked, frames.shape)
        found[index] = yield from count.through(walk)
    most = smallest_dtype(max(map(len, found.values()), default=0))
    name = "slices" if asked.link else "objects"
    array = store.array(name, {**spec, "dtype": most}, anew=True)
    target = labels.like(array, labels.axes, name)
    into = Frames(target, dimensions)
    for index, made in found.items():
        yield from count.over(_fill(LabelFrame(into, index), made))
    if not asked.link:
        return target
    return (yield from _linked(target, spec, store, count))


def _objects(frame: LabelFrame, asked: Finish, shape: tuple[int, ...]) -> Made:
    from napari_unetseg.core.postprocess.objects import (
        component_objects,
        watershed_objects,
    )

    how, smallest = asked.objects, asked.smallest.get(ANY_OBJECT, 0)
    if how is not None and how.centre is not None and how.border is not None:
        return watershed_objects(
            frame,
            _blocks(shape),
            centre=how.centre,
            border=how.border,
            smallest=smallest,
        )
    return component_objects(frame, _blocks(shape), smallest=smallest)


def _linked(
    slices: Image, spec: ArraySpec, store: Store, count: _Count
) -> Generator[Event, None, Image]:
    """Link objects slice by slice, twice: at first to learn how many there are."""
    from napari_unetseg.core.postprocess.linking import link_slices
    from napari_unetseg.core.postprocess.objects import smallest_dtype

    frames = Frames(slices, 3)
    most = 0
    for index in frames:
        number = yield from count.through(link_slices(LabelFrame(frames, index)))
        most = max(most, number)
    dtype = smallest_dtype(most)
    array = store.array("objects", {**spec, "dtype": dtype}, anew=True)
    target = slices.like(array, slices.axes, "objects")
    into = Frames(target, 3)
    for index in frames:
        place = LabelFrame(into, index)
        for z, plane in enumerate(link_slices(LabelFrame(frames, index))):
            place[(slice(z, z + 1), slice(None), slice(None))] = plane[None]
            yield count.next()
    return target


class LabelFrame:
    """One frame of labels, which is read and written by boxes.

    Parameters
    ----------
    frames : Frames
        Of labels, whose array is numpy or zarr.
    index : tuple of int
        Which one.
    """

    def __init__(self, frames: Frames, index: Index) -> None:
        self._frames = frames
        self._index = index
        self.shape = frames.shape
        self.ndim = len(frames.shape)
        self.dtype = frames.image.dtype

    def __getitem__(self, box: Box) -> NDArray[Any]:
        """Read a box ([Z,] Y, X)."""
        read = self._frames.read(self._index, (slice(None), *box))
        values: NDArray[Any] = np.asarray(read)[0]
        return values

    def __setitem__(self, box: Box, values: NDArray[Any]) -> None:
        """Write a box ([Z,] Y, X)."""
        place = self._frames.place(self._index, box)
        spans = (
            range(*part.indices(n))
            for part, n in zip(place, self._frames.image.shape, strict=True)
        )
        shape = tuple(len(span) for span in spans)
        self._frames.image.array[place] = values.reshape(shape)


class _Count:
    """Counts the blocks that were gone through."""

    def __init__(self) -> None:
        self._done = 0

    def next(self) -> Block:
        self._done += 1
        return Block(done=self._done, total=0)

    def over(self, walk: Iterator[Any]) -> Iterator[Event]:
        for _ in walk:
            yield self.next()

    def through(self, walk: Generator[Any, None, Any]) -> Generator[Event, None, Any]:
        """The same, and return what the walk returns."""
        while True:
            try:
                next(walk)
            except StopIteration as end:
                return end.value
            yield self.next()


def _fill(
    target: LabelFrame,
    made: Blockwise,
    mask: Callable[[Bounds], NDArray[np.bool_]] | None = None,
) -> Iterator[None]:
    for box, values in made.walk():
        if mask is None:
            target[box] = values
        else:
            ends = tuple((part.start, part.stop) for part in box)
            target[box] = np.where(mask(ends), values, np.zeros((), values.dtype))
        yield


def _blocks(shape: Sequence[int]) -> list[Box]:
    from napari_unetseg.core.postprocess.blocks import cut

    return cut(shape, _SIDES[len(shape)])
