"""How an image is predicted: all that is decided before, as plain values.

A plan is made once and kept with the run. Whoever goes on with it, here or on a
cluster, cuts the same tiles and takes the same statistics, and so gets the same bytes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.predict.fit import model_grid
from napari_unetseg.core.predict.tiling import cuts
from napari_unetseg.core.predict.work import Work
from napari_unetseg.core.prepare.normalise import Normaliser, normalisers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from napari_unetseg.core.config import SegmentConfig
    from napari_unetseg.core.frames import Frames, Index
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.member import Member
    from napari_unetseg.core.predict.views import ViewKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How an image is predicted.

    Attributes
    ----------
    grid : tuple of int
        ([Z,] Y, X) of a frame in pixels of the model; the image's own unless it is
        resampled.
    sides : tuple of int
        Written part of a tile along each axis of a frame, in pixels of the image.
    region : dict of axis to (start, stop)
        What is predicted, in pixels; of the axes that are not named all.
    views : {"none", "flips", "rotations"}
        What is averaged over.
    statistics : dict of frame number to (means, deviations)
        Per channel; frames that are not named have those of the last one before them.
    device, precision : str
        Where the tiles were planned for, and what they are computed with.
    parts : tuple of int, optional
        Longest side along each axis of what is computed at once, if the memory turned
        out to be too small for a tile.
    chosen : tuple of int, optional
        Numbers of the tiles that are computed, among those of the region; all if there
        is no mask.
    besides : tuple of tuple of int
        As `grid`, of the other models that are averaged with the first.
    """

    grid: tuple[int, ...]
    sides: tuple[int, ...]
    region: dict[str, tuple[int, int]] = field(default_factory=dict)
    views: ViewKind = "none"
    statistics: dict[int, tuple[list[float], list[float]]] = field(default_factory=dict)
    device: str = "cpu"
    precision: str = "fp32"
    parts: tuple[int, ...] | None = None
    chosen: tuple[int, ...] | None = None
    besides: tuple[tuple[int, ...], ...] = ()

    @property
    def grids(self) -> tuple[tuple[int, ...], ...]:
        """The grid of each model."""
        return (self.grid, *self.besides)

    def of_each(self) -> Iterator[Self]:
        """The plan as it is for each model alone."""
        for grid in self.grids:
            yield replace(self, grid=grid, besides=())

    def to_values(self) -> dict[str, Any]:
        """As values that JSON can hold; floats survive it exactly."""
        return asdict(self)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Inverse of `to_values`."""
        return cls(
            **{
                **values,
                "grid": tuple(values["grid"]),
                "sides": tuple(values["sides"]),
                "parts": tuple(values["parts"]) if values["parts"] else None,
                # Plans of earlier versions do not know it.
                "chosen": tuple(values["chosen"]) if values.get("chosen") else None,
                "besides": tuple(map(tuple, values.get("besides", ()))),
                "region": {k: (a, b) for k, (a, b) in values["region"].items()},
                "statistics": {
                    int(k): (mean, std)
                    for k, (mean, std) in values["statistics"].items()
                },
            }
        )

    def work(self, frames: Frames) -> Work:
        """The tasks of an image, numbered."""
        ends = (
            self.region.get(axis, (0, size))
            for axis, size in zip(frames.axes, frames.shape, strict=True)
        )
        axes = [cuts(*part, side) for part, side in zip(ends, self.sides, strict=True)]
        work = Work.of(frames, list(product(*axes)), self.region)
        return work if self.chosen is None else replace(work, chosen=self.chosen)

    def normalisers(self, frames: Frames) -> dict[Index, Normaliser]:
        """The statistics by the frame's index."""
        found: dict[Index, Normaliser] = {}
        last = None
        for number, index in enumerate(frames):
            if number in self.statistics:
                mean, std = self.statistics[number]
                last = Normaliser(np.array(mean), np.array(std))
            if last is not None:
                found[index] = last
        return found

    def measured(self, frames: Frames) -> Self:
        """The same plan with the statistics of an image, which are read now."""
        table: dict[int, tuple[list[float], list[float]]] = {}
        last: Normaliser | None = None
        found = normalisers(frames.image, frames.dimensions)
        for number, index in enumerate(frames):
            one = found[index]
            if one is not last:
                table[number] = (one.mean.tolist(), one.std.tolist())
                last = one
        return replace(self, statistics=table)


def region_of(config: SegmentConfig, image: Image) -> dict[str, tuple[int, int]]:
    """The region that is asked for, cut to the image.

    Raises
    ------
    InputError
        If it names an axis that the image has not, or lies outside.
    """
    found = {}
    for axis, (start, stop) in config.region.items():
        if axis not in image.axes or axis == "C":
            raise InputError(
                f"The region names the axis {axis}, but '{image.name}' has the axes "
                f"{image.axes}",
                "Name axes of the image other than C",
            )
        size = image.shape[image.axes.index(axis)]
        if not 0 <= start < min(stop, size):
            raise InputError(
                f"The region {axis} {start}:{stop} lies outside '{image.name}', whose "
                f"{axis} goes from 0 to {size}",
                "Give start and stop within the image",
            )
        found[axis] = (start, min(stop, size))
    return found


def grids_of(
    frames: Frames, members: Sequence[Member], config: SegmentConfig
) -> list[tuple[int, ...]]:
    """([Z,] Y, X) of a frame in pixels of each model.

    Along Z, of which a model of planes knows nothing, it is the image's own.
    """
    if not config.rescale:
        return [frames.shape] * len(members)
    own = [model_grid(frames.image, member.card) for member in members]
    return [(*frames.shape[: frames.dimensions - len(grid)], *grid) for grid in own]
