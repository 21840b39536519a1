"""Tasks in, scores out: the heart of a prediction, for one process and one device.

Tiles are read in one thread, computed in another, and put together by whoever asks for
their scores, so that reading, computing and writing go on at the same time.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import DeviceError
from napari_unetseg.core.predict.ahead import ahead
from napari_unetseg.core.predict.found import Found, Patch, needed
from napari_unetseg.core.predict.run import free_cache, is_out_of_memory
from napari_unetseg.core.predict.tiling import cuts, tile_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    import numpy as np
    import torch
    from numpy.typing import NDArray

    from napari_unetseg.core.network.geometry import AxisGeometry
    from napari_unetseg.core.predict.run import Runner
    from napari_unetseg.core.predict.shown import Shown
    from napari_unetseg.core.predict.tiling import Bounds
    from napari_unetseg.core.predict.views import View
    from napari_unetseg.core.predict.work import Task


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """Patches of one shape, and what the network is shown of them."""

    owners: list[Found]
    patches: list[Patch]
    staged: torch.Tensor


class Predictor:
    """Predicts tasks of one image.

    Parameters
    ----------
    shown : Shown
        The image as the network is shown it.
    runner : Runner
        The network.
    geometries : sequence of AxisGeometry
        The network's, along each axis.
    views : sequence of View
        What is averaged over.
    shape, grid : tuple of int
        ([Z,] Y, X) of a frame in pixels of the image, and of the model.
    batch : int
        Largest number of tiles that are computed at once.
    parts : tuple of int, optional
        Longest side along each axis of what is computed at once, where a tile is known
        to be too large for the memory.

    Attributes
    ----------
    parts : tuple of int or None
        The same; it shrinks whenever the memory turns out to be too small.
    """

    def __init__(
        self,
        shown: Shown,
        runner: Runner,
        geometries: Sequence[AxisGeometry],
        views: Sequence[View],
        *,
        shape: tuple[int, ...],
        grid: tuple[int, ...],
        batch: int = 1,
        parts: tuple[int, ...] | None = None,
    ) -> None:
        self._shown = shown
        self._runner = runner
        self._geometries = geometries
        self._views = views
        self._shape = shape
        self._grid = grid
        self._batch = batch
        self.parts = parts

    def predict(self, tasks: Iterable[Task]) -> Generator[Found, None, None]:
        """Predict tasks, in their order.

        Yields
        ------
        Found
            As soon as all of a task is computed, or on its way from the device.

        Raises
        ------
        DeviceError
            If not even the smallest part of a tile fits into the memory.
        """
        with closing(ahead(self._batches(tasks))) as batches:
            for batch in batches:
                yield from self._computed(batch)

    def _batches(self, tasks: Iterable[Task]) -> Iterator[_Batch]:
        """Read tasks, those of one shape together."""
        owners: list[Found] = []
        patches: list[Patch] = []
        waiting: list[NDArray[np.float32]] = []
        for task in tasks:
            parts = list(self._patches(task, task.box))
            finite = self._shown.finite(task.index, task.box)
            found = Found(
                task, self._grid, self._shape, len(self._views), finite, len(parts)
            )
            for patch in parts:
                values = self._read(patch)
                is_other = bool(waiting) and waiting[0].shape != values.shape
                if is_other or len(waiting) >= self._batch:
                    yield _Batch(owners, patches, self._runner.stage(waiting))
                    owners, patches, waiting = [], [], []
                owners.append(found)
                patches.append(patch)
                waiting.append(values)
            if self._batch == 1:
                # Nobody waits for others: a tile is told as soon as it is there.
                yield _Batch(owners, patches, self._runner.stage(waiting))
                owners, patches, waiting = [], [], []
        if waiting:
            yield _Batch(owners, patches, self._runner.stage(waiting))

    def _patches(self, task: Task, box: Bounds) -> Iterator[Patch]:
        """Cut a box into the parts that are computed at once, in every view."""
        for part in self._cut(box):
            wanted = needed(part, self._grid, self._shape)
            for view in self._views:
                tile = tile_of(view.box(wanted, self._grid), self._geometries)
                yield Patch(task, part, view, tile)

    def _cut(self, box: Bounds) -> list[Bounds]:
        if self.parts is None:
            return [box]
        axes = (cuts(*ends, side) for ends, side in zip(box, self.parts, strict=True))
        return list(product(*axes))

    def _read(self, patch: Patch) -> NDArray[np.float32]:
        box = patch.view.unbox(patch.tile.read, self._grid)
        return patch.view.apply(self._shown.values(patch.task.index, box))

    def _computed(self, batch: _Batch) -> Iterator[Found]:
        """Compute a batch; in ever smaller pieces where the memory is too small."""
        fits = True
        try:
            pending = self._runner.launch(
                batch.staged, [patch.tile.keep for patch in batch.patches]
            )
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            fits = False
        if not fits:
            # Not within the except block, which would hold on to what has failed.
            free_cache()
            for piece in self._smaller(batch):
                yield from self._computed(piece)
            return
        pairs = zip(batch.owners, batch.patches, strict=True)
        for number, (owner, patch) in enumerate(pairs):
            owner.parts.append((patch, pending, number))
            owner.missing -= 1
            if not owner.missing:
                yield owner

    def _smaller(self, batch: _Batch) -> Iterator[_Batch]:
        """Part a batch, or halve the only tile in it along its longest axis."""
        if len(batch.patches) > 1:
            self._batch = 1
            for owner, patch in zip(batch.owners, batch.patches, strict=True):
                yield self._alone(owner, patch)
            return
        [owner], [patch] = batch.owners, batch.patches
        boxes = self._cut(patch.box)
        if len(boxes) == 1:  # Otherwise it was read before others were halved.
            self.parts = self._halved(patch.box)
            boxes = self._cut(patch.box)
        owner.missing += len(boxes) - 1
        for box in boxes:
            wanted = patch.view.box(needed(box, self._grid, self._shape), self._grid)
            tile = tile_of(wanted, self._geometries)
            yield self._alone(owner, Patch(patch.task, box, patch.view, tile))

    def _alone(self, owner: Found, patch: Patch) -> _Batch:
        return _Batch([owner], [patch], self._runner.stage([self._read(patch)]))

    def _halved(self, box: Bounds) -> tuple[int, ...]:
        sides = [stop - start for start, stop in box]
        if self.parts is not None:
            sides = [min(pair) for pair in zip(sides, self.parts, strict=True)]
        axes = zip(self._geometries, self._shape, self._grid, strict=True)
        # In pixels of the image, as the sides.
        strides = [max(1, axis.stride * size // n) for axis, size, n in axes]
        longest = max(range(len(sides)), key=lambda axis: sides[axis] / strides[axis])
        stride = strides[longest]
        half = -(-sides[longest] // 2 // stride) * stride
        if half >= sides[longest]:
            size = " x ".join(map(str, sides))
            raise DeviceError(
                f"There is not enough memory for a tile of {size} pixels, the smallest",
                "Close other programs, or use a network of fewer poolings or channels",
            )
        # What is already small enough along an axis may be larger elsewhere.
        before = self.parts or tuple(max(s, *self._shape) for s in sides)
        return tuple(
            half if axis == longest else most for axis, most in enumerate(before)
        )
