"""Validation inside boxes that a person has drawn, behind a guard band.

As with a block of the only frame (`guard`), what lies around a box as far as the
network sees teaches nothing: no pixel that teaches is seen when one of a box is
predicted. The same place in the frames beside it teaches nothing either, if others do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.prepare.boxes import in_text
from napari_unetseg.core.prepare.guard import guarded, slivers
from napari_unetseg.core.prepare.parts import part
from napari_unetseg.core.prepare.samples import seen_as, to_score
from napari_unetseg.core.prepare.split import Split
from napari_unetseg.core.prepare.targets import IGNORE
from napari_unetseg.core.prepare.views import View, Within, common, plain, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.frames import Box, Frames, Index
    from napari_unetseg.core.prepare.boxes import Drawn
    from napari_unetseg.core.prepare.parts import Part, PartName
    from napari_unetseg.core.prepare.samples import Sample

# What is cut out of objects is looked for in memory; in larger frames nothing is.
_TOO_LARGE = 1 << 28
_SLAB = 256
_BESIDE = "; so is the same place in the slices beside them, which look alike"
_ALL_THE_SAME = "; the slices beside them teach all the same, or nothing would"


@dataclass(frozen=True, slots=True)
class DrawnFrame:
    """A frame of which boxes validate.

    Attributes
    ----------
    image : int
        Which of the images it belongs to.
    index : tuple of int
        Which of its frames it is.
    boxes : tuple of tuple of slice
        ([Z,] Y, X), with plain starts and stops.
    beside : tuple of tuple of slice
        Boxes of the frames before and after it, in space or time: they look alike, so
        that the same place does not teach here.
    """

    image: int
    index: Index
    boxes: tuple[Box, ...]
    beside: tuple[Box, ...] = ()

    @property
    def left_out(self) -> tuple[Box, ...]:
        """All boxes that have a band around them."""
        return (*self.boxes, *self.beside)

    def parts(self, frames: Frames, reach: Sequence[int]) -> list[Part]:
        """The whole frame, which trains; upon it the bands, and upon these the boxes.

        Parameters
        ----------
        frames : Frames
            Of the labels.
        reach : sequence of int
            Width of the band along each axis, in pixels.
        """
        bands = [guarded(box, reach, frames.shape) for box in self.left_out]
        named: list[tuple[PartName, Box]] = [("train", whole(frames.shape))]
        named += [("gap", box) for box in bands]
        named += [("validation", box) for box in self.boxes]
        return [part(name, frames.place(self.index, box)) for name, box in named]


def drawn_frames(boxes: Sequence[Drawn], frames: Frames) -> list[DrawnFrame]:
    """Cut boxes to the frames of the first image.

    Parameters
    ----------
    boxes : sequence of dict of axis to (int, int)
        As from `boxes_of`.
    frames : Frames
        The first image, or its labels.

    Raises
    ------
    InputError
        If a box names an axis that the image has not, or lies beside it.
    """
    image = frames.image
    sizes = dict(zip(image.axes, image.shape, strict=True))
    found: dict[Index, list[Box]] = {}
    for box in boxes:
        strange = sorted({*box} - {*sizes})
        if strange:
            raise InputError(
                f"'{image.name}' has the axes {image.axes}, and the validation box "
                f"'{in_text([box])}' names {', '.join(strange)}",
                "Name only axes of the image",
            )
        ends = {axis: (a, min(b, sizes[axis])) for axis, (a, b) in box.items()}
        if any(a >= b for a, b in ends.values()):
            raise InputError(
                f"The validation box '{in_text([box])}' lies beside '{image.name}'",
                "Draw it on the image",
            )
        inside = tuple(slice(*ends.get(axis, (0, sizes[axis]))) for axis in frames.axes)
        spans = [range(*ends.get(a, (0, sizes[a]))) for a in frames.grid_axes]
        for index in product(*spans):
            found.setdefault(index, []).append(inside)
    beside: dict[Index, list[Box]] = {}
    for index, some in found.items():
        for other in _beside(index, frames.grid):
            beside.setdefault(other, []).extend(some)
    return [
        DrawnFrame(0, index, tuple(found.get(index, ())), tuple(beside.get(index, ())))
        for index in sorted({*found, *beside})
    ]


def _beside(index: Index, grid: Sequence[int]) -> Iterator[Index]:
    """Frames before and after one, along each axis that numbers them."""
    for axis, length in enumerate(grid):
        for at in (index[axis] - 1, index[axis] + 1):
            if 0 <= at < length:
                yield (*index[:axis], at, *index[axis + 1 :])


def outside(target: Any, boxes: Iterable[Box], reach: Sequence[int]) -> Any:
    """A target that is known where neither a box nor its band is."""
    for box in boxes:
        target = Within(target, guarded(box, reach, target.shape), outside=True)
    return target


class InBoxes(View):
    """A target that is known in boxes only.

    Parameters
    ----------
    target : array of shape ([Z,] Y, X)
        numpy or lazy.
    boxes : sequence of tuple of slice
        With plain starts and stops; they may overlap.
    objects : bool
        Whether ids are objects: those of which a box holds less than half are not known
        in it.
    """

    def __init__(self, target: Any, boxes: Sequence[Box], *, objects: bool) -> None:
        self._target = target
        self.shape = tuple(target.shape)
        self.dtype = np.dtype(target.dtype)
        self._boxes: list[tuple[Box, NDArray[np.bool_] | None]] = []
        read = None
        if objects and prod(self.shape) <= _TOO_LARGE:
            read = np.asarray(target[whole(self.shape)])
        for box in boxes:
            # By their pixels: ids may be counted anew in each box that is read.
            kept = None if read is None else ~np.isin(read[box], slivers(read, box))
            self._boxes.append((box, kept))

    def __getitem__(self, box: Box) -> NDArray[Any]:
        """What is taught in a box."""
        read = plain(box, self.shape)
        values = np.array(self._target[read])
        known = np.zeros(values.shape, bool)
        for own, kept in self._boxes:
            here, there = common(read, own), common(own, read)
            if here is not None and there is not None:
                known[here] |= True if kept is None else kept[there]
        values[~known] = IGNORE
        return values


class ByBoxes(NamedTuple):
    """What boxes divide.

    Attributes
    ----------
    slices : Split
        Numbers of the slices of either part; some may be of both.
    train, validation, spare : list of Sample
        As of `divide.Division`.
    drawn : list of DrawnFrame
        The annotated frames that boxes lie in, or beside.
    """

    slices: Split
    train: list[Sample]
    validation: list[Sample]
    spare: list[Sample]
    drawn: list[DrawnFrame]


def by_boxes(
    found: Sequence[Sample],
    annotated: Sequence[Sequence[bool]],
    drawn: Sequence[DrawnFrame],
    reach: Sequence[int],
    *,
    objects: bool = False,
) -> ByBoxes:
    """Let what is annotated in drawn boxes validate, and the rest train.

    Parameters
    ----------
    found, annotated
        As for `divide.divide`.
    drawn : sequence of DrawnFrame
        As from `drawn_frames`.
    reach : sequence of int
        How far the network sees along each axis, in pixels of the image.
    objects : bool
        Whether painted ids are objects.

    Raises
    ------
    InputError
        If nothing in the boxes is annotated, or nothing beside them and their bands.
    """
    made = _divided(found, annotated, drawn, reach, objects=objects)
    beside = _BESIDE if any(one.beside for one in drawn) else ""
    if made.validation and not made.train:
        # As with whole slices: too few are left that would have to teach.
        alone = [replace(one, beside=()) for one in drawn]
        made = _divided(found, annotated, alone, reach, objects=objects)
        beside = _ALL_THE_SAME
    band = " x ".join(map(str, reach))
    if not made.validation:
        raise InputError(
            "Nothing in the validation boxes is annotated", "Draw them on what is"
        )
    if not made.train:
        raise InputError(
            "The validation boxes leave nothing annotated to train on: a band of "
            f"{band} pixels around them, as far as the network sees, is left out",
            "Make them smaller, or annotate more",
        )
    note = (
        f"Validation in the drawn boxes. A band of {band} pixels around each is left "
        f"out, which is as far as the network sees{beside}."
    )
    return made._replace(slices=replace(made.slices, note=note))


def _divided(
    found: Sequence[Sample],
    annotated: Sequence[Sequence[bool]],
    drawn: Sequence[DrawnFrame],
    reach: Sequence[int],
    *,
    objects: bool,
) -> ByBoxes:
    """Divide, whatever comes out."""
    at = {(one.image, one.index): one for one in drawn}
    made = ByBoxes(Split((), ()), [], [], [], [])
    numbers: dict[str, list[int]] = {"train": [], "validation": []}
    first = 0
    for one, flags in zip(found, annotated, strict=True):
        planes = [first + z for z, flag in enumerate(flags) if flag]
        first += len(flags)
        frame = at.get((one.image, one.index))
        if frame is None or not planes:
            (made.train if planes else made.spare).append(one)
            numbers["train"] += planes
            continue
        made.drawn.append(frame)
        rest = seen_as(one, outside(one.target, frame.left_out, reach))
        if _any_known(rest):
            made.train.append(rest)
            numbers["train"] += planes
        if not frame.boxes:
            continue
        kept = InBoxes(one.target, frame.boxes, objects=objects)
        inside = seen_as(to_score(one), kept)
        if _any_known(inside):
            made.validation.append(inside)
            numbers["validation"] += planes
    parts = Split(tuple(numbers["train"]), tuple(numbers["validation"]))
    return made._replace(slices=parts)


def _any_known(sample: Sample) -> bool:
    """Whether anything is taught; read in slabs of the first axis."""
    first, *rest = whole(sample.shape)
    slabs = (slice(at, at + _SLAB) for at in range(0, first.stop, _SLAB))
    return any((sample.target[(slab, *rest)] != IGNORE).any() for slab in slabs)
