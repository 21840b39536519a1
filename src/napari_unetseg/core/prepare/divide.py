"""Samples that teach and samples that are only scored."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.prepare.boxes import boxes_of
from napari_unetseg.core.prepare.drawn import by_boxes, drawn_frames
from napari_unetseg.core.prepare.guard import choose_block, guarded, slivers
from napari_unetseg.core.prepare.parts import block_parts, part, slice_parts
from napari_unetseg.core.prepare.samples import planes_of, seen_as, to_score
from napari_unetseg.core.prepare.split import (
    Split,
    blocks,
    is_fraction,
    neighbours,
    split,
)
from napari_unetseg.core.prepare.views import Cut, Within, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from napari_unetseg.core.frames import Box, Frames, Index
    from napari_unetseg.core.prepare.drawn import DrawnFrame
    from napari_unetseg.core.prepare.parts import Part, PartName
    from napari_unetseg.core.prepare.samples import Sample

_TOO_LARGE = 1 << 28

_NO_BLOCK = (
    "Only one {frame} is annotated, too little to validate: no score is reported. "
    "Annotate a second {frame} to get one."
)
_NO_LOOK = (
    "Only one {frame} is annotated, too large to look for a part that validates: no "
    "score is reported. Annotate a second {frame} to get one."
)


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """What teaches, what is only scored, and what is neither.

    Attributes
    ----------
    slices : Split
        Numbers of the slices of either part.
    train, validation : list of Sample
        Planes as they were given, blocks of neighbouring planes, or the same frame
        twice, of which another part is known each time.
    spare : list of Sample
        Frames without annotation, which may be painted while the training goes on.
    block : tuple of slice, optional
        The part of a single frame that validates.
    reach : sequence of int
        Width of the band around it of which nothing teaches, along each axis.
    drawn : sequence of DrawnFrame
        Frames of which drawn boxes validate, each with such a band.
    """

    slices: Split
    train: list[Sample]
    validation: list[Sample]
    spare: list[Sample] = field(default_factory=list)
    block: Box | None = None
    reach: Sequence[int] = ()
    drawn: Sequence[DrawnFrame] = ()

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """([Z,] Y, X) of the training samples, in pixels of the model."""
        return [one.model_shape for one in self.train]

    def told(
        self, planes: Sequence[tuple[int, Index]], labels: Sequence[Frames]
    ) -> list[dict[str, Any]]:
        """Where the parts lie, as plain values: `Part`, and the image of each.

        Parameters
        ----------
        planes : sequence of (int, tuple of int)
            Image and plane index of every slice.
        labels : sequence of Frames
            The labels, by number of the image.
        """
        if self.block is not None:
            [one] = self.train
            frames = labels[one.image]
            found = block_parts(frames, one.index, self.block, self.reach)
            return [_told(one.image, box) for box in found]
        cut = {
            (one.image, plane)
            for one in self.drawn
            for plane in planes_of(labels[one.image], one.index)
        }
        names: dict[int, dict[Index, PartName]] = {}
        for name, numbers in self._numbers().items():
            for number in numbers:
                image, index = planes[number]
                if (image, index) not in cut:
                    names.setdefault(image, {})[index] = name
        return [
            _told(image, box)
            for image, found in sorted(names.items())
            for box in slice_parts(found, labels[image].image.plane_shape)
        ] + [
            _told(one.image, box)
            for one in self.drawn
            for box in one.parts(labels[one.image], self.reach)
        ]

    def _numbers(self) -> dict[PartName, tuple[int, ...]]:
        parts = self.slices
        return {
            "train": parts.train,
            "validation": parts.validation,
            "gap": parts.gap,
        }


def joined(samples: Iterable[Sample], labels: Sequence[Frames]) -> list[dict[str, Any]]:
    """Parts, as of `Division.told`, of frames that were painted while they were learnt.

    Parameters
    ----------
    samples : iterable of Sample
        Whole frames.
    labels : sequence of Frames
        The labels, by number of the image.
    """
    return [
        _told(one.image, part("train", labels[one.image].place(one.index, box)))
        for one in samples
        for box in [[slice(0, n) for n in labels[one.image].shape]]
    ]


def _told(image: int, box: Part) -> dict[str, Any]:
    start, stop = list(box.start), list(box.stop)
    return {"image": image, "name": box.name, "start": start, "stop": stop}


@dataclass(frozen=True, slots=True, eq=False)
class _Only:
    """The only frame that is annotated, among others."""

    found: Sequence[Sample]
    annotated: Sequence[Sequence[bool]]
    number: int
    spare: list[Sample]

    @property
    def sample(self) -> Sample:
        return self.found[self.number]

    @property
    def planes(self) -> tuple[int, ...]:
        """Its annotated slices, counted through all frames."""
        first = sum(map(len, self.annotated[: self.number]))
        flags = enumerate(self.annotated[self.number])
        return tuple(first + z for z, flag in flags if flag)


def divide(
    found: Sequence[Sample],
    annotated: Sequence[Sequence[bool]],
    wish: str,
    reach: Callable[[], Sequence[int]] = lambda: (),
    classes: int | None = None,
    frames: Frames | None = None,
) -> Division:
    """Divide samples into those that train and those that validate.

    Parameters
    ----------
    found : sequence of Sample
        As `samples` returned them.
    annotated : sequence of sequence of bool
        For each plane of each sample whether any of it is annotated.
    wish : str
        As for `split`; slices are counted through all samples. If it is a fraction and
        only one frame is annotated, a block of that frame validates, with a guard band
        around it. Boxes, as of `drawn.boxes_of`, have such a band each.
    reach : callable
        Tells how far the network sees along each axis, in pixels of the image; asked
        only where a guard band is needed.
    classes : int, optional
        Number of classes; None: objects are taught.
    frames : Frames, optional
        The labels of the first image, in which boxes are drawn; needed for these alone.

    Raises
    ------
    InputError
        As `split`, and of boxes as `drawn.by_boxes`.
    """
    boxes = boxes_of(wish)
    if boxes is not None:
        assert frames is not None
        width, drawn = reach(), drawn_frames(boxes, frames)
        made = by_boxes(found, annotated, drawn, width, objects=classes is None)
        return Division(**made._asdict(), reach=width)
    volumes = len(found[0].shape) == 3
    usable = [number for number, flags in enumerate(annotated) if any(flags)]
    spare = [one for i, one in enumerate(found) if i not in set(usable)]
    fraction = is_fraction(wish)
    if fraction and len(usable) == 1:
        one = _Only(found, annotated, usable[0], spare)
        return _in_one_frame(one, fraction, reach(), classes)
    beside = neighbours([(one.image, one.index) for one in found])
    if not volumes:
        flags = [any(planes) for planes in annotated]
        images = [one.image for one in found]
        parts = split(wish, flags, images, beside=beside)
        train = [found[i] for i in parts.train]
        scored = [to_score(found[i]) for i in parts.validation]
        return Division(parts, train, scored, spare)
    volume_of = [i for i, planes in enumerate(annotated) for _ in planes]
    every_plane = [flag for planes in annotated for flag in planes]
    parts = split(wish, every_plane, volume_of, volumes=True, beside=beside)
    scored = [to_score(one) for one in found]
    train, validation = (
        [_block(frames, volume_of, block) for block in part]
        for frames, part in zip((found, scored), blocks(parts, volume_of), strict=True)
    )
    return Division(parts, train, validation, spare)


def _in_one_frame(
    only: _Only, fraction: float, reach: Sequence[int], classes: int | None
) -> Division:
    """Let a block of the only annotated frame validate, if there is room for it."""
    one, spare = only.sample, only.spare
    planes = only.planes
    target = block = None
    if prod(one.shape) <= _TOO_LARGE:
        target = np.asarray(one.target)
        block = choose_block(target, fraction, reach, classes)
    if target is None or block is None:
        name = "volume" if len(one.shape) == 3 else "slice"
        note = (_NO_LOOK if target is None else _NO_BLOCK).format(frame=name)
        return Division(Split(planes, (), note), [one], [], spare)
    guard = guarded(block, reach, one.shape)
    places = zip("zyx"[-len(block) :], block, strict=True)
    told = ", ".join(f"{axis} {side.start}-{side.stop - 1}" for axis, side in places)
    note = (
        f"Validation on the block {told}. A band of {' x '.join(map(str, reach))} "
        "pixels around it is left out, which is as far as the network sees."
    )
    # By their pixels: ids may be counted anew in each box that is read.
    cut = None if classes else np.isin(target[block], slivers(target, block))
    return Division(
        Split(planes, planes, note),
        [seen_as(one, Within(one.target, guard, outside=True))],
        [seen_as(to_score(one), Within(one.target, block, without=cut))],
        spare,
        block,
        reach,
    )


def _block(found: Sequence[Sample], volume_of: list[int], block: range) -> Sample:
    """Cut neighbouring planes out of the volume that they belong to."""
    number = volume_of[block.start]
    one = found[number]
    start = block.start - volume_of.index(number)
    planes = slice(start, start + len(block))
    if planes == whole(one.shape)[0]:
        return one
    target = Cut(one.target, planes)
    return replace(one, values=Cut(one.values, planes), target=target, source=target)
