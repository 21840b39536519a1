"""What was found for a task: scores of its parts and views, put together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.predict.rescale import interpolate, source_span
from napari_unetseg.core.predict.run import check_finite
from napari_unetseg.core.predict.uncertainty import Average

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_unetseg.core.predict.run import Pending
    from napari_unetseg.core.predict.tiling import Bounds, Tile
    from napari_unetseg.core.predict.views import View
    from napari_unetseg.core.predict.work import Task


@dataclass(frozen=True, slots=True)
class Patch:
    """One look of the network at a part of a task's box.

    Attributes
    ----------
    task : Task
        What it belongs to.
    box : Bounds
        The part, in pixels of the image.
    view : View
        How it is looked at.
    tile : Tile
        What is read, kept and written, in pixels of the model and of the view.
    """

    task: Task
    box: Bounds
    view: View
    tile: Tile


@dataclass(slots=True, eq=False)
class Found:
    """A task that was computed, perhaps still on its way from the device.

    Attributes
    ----------
    task : Task
        Which one.
    grid, shape : tuple of int
        ([Z,] Y, X) of its frame in pixels of the model, and of the image.
    looks : int
        Number of views.
    finite : ndarray of bool or None
        Where the image holds numbers within the task's box; None for everywhere.
    missing : int
        Parts that are not computed yet.
    parts : list of (Patch, Pending, int)
        What is, and which of the pending scores it is.
    """

    task: Task
    grid: tuple[int, ...]
    shape: tuple[int, ...]
    looks: int
    finite: NDArray[np.bool_] | None
    missing: int
    parts: list[tuple[Patch, Pending, int]] = field(default_factory=list)

    def scores(self) -> tuple[NDArray[np.float32], Average | None]:
        """Put the probabilities of the task's box together.

        Returns
        -------
        scores : ndarray of shape (classes, *box), float32
            The mean over all views.
        average : Average or None
            What is known of the views if there are several.

        Raises
        ------
        UnetsegError
            If the network gave something that is not a number.
        """
        views = self.views()
        first = next(views)
        if self.looks == 1:
            return first, None
        average = Average(self.looks)
        average.add(first)
        for scores in views:
            average.add(scores)
        return average.mean(), average

    def views(self) -> Iterator[NDArray[np.float32]]:
        """The probabilities of the task's box in each view, in the views' order."""
        by_view: dict[View, list[tuple[Patch, Pending, int]]] = {}
        for part in self.parts:
            by_view.setdefault(part[0].view, []).append(part)
        for parts in by_view.values():
            yield self._whole(parts)

    def _whole(self, parts: list[tuple[Patch, Pending, int]]) -> NDArray[np.float32]:
        """One view of the whole box, which may have been computed in parts."""
        if len(parts) == 1:
            return self._part(*parts[0])
        origin = [start for start, _ in self.task.box]
        size = [stop - start for start, stop in self.task.box]
        found: NDArray[np.float32] | None = None
        for patch, pending, number in parts:
            scores = self._part(patch, pending, number)
            if found is None:
                found = np.empty((len(scores), *size), np.float32)
            place = (
                slice(a - first, b - first)
                for (a, b), first in zip(patch.box, origin, strict=True)
            )
            found[(slice(None), *place)] = scores
        assert found is not None
        return found

    def _part(self, patch: Patch, pending: Pending, number: int) -> NDArray[np.float32]:
        scores = pending.wait()[number]
        check_finite(scores, patch.box)
        scores = patch.view.undo(scores)
        if self.grid == self.shape:
            return scores
        starts = [start for start, _ in needed(patch.box, self.grid, self.shape)]
        return interpolate(scores, starts, self.grid, patch.box, self.shape)


def needed(box: Bounds, grid: tuple[int, ...], shape: tuple[int, ...]) -> Bounds:
    """The pixels of the model that a box of the image is made of."""
    return tuple(
        source_span(first, stop, n_model, n_image)
        for (first, stop), n_model, n_image in zip(box, grid, shape, strict=True)
    )
