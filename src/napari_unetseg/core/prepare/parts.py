"""Where the parts of a split lie, so that they can be told, kept and shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from napari_unetseg.core.prepare.guard import guarded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from napari_unetseg.core.frames import Box, Frames, Index

PartName = Literal["train", "validation", "gap"]


@dataclass(frozen=True, slots=True)
class Part:
    """A box of a labels image that has one purpose.

    `dataclasses.asdict` makes it plain values, and ``Part(**values)`` takes them back
    from JSON.

    Attributes
    ----------
    name : {"train", "validation", "gap"}
        What its annotated pixels are for; those of the gap are left out.
    start, stop : tuple of int
        First pixel, and the one after the last, along the labels' `plane_axes`, Y and
        X. Of parts that overlap, the later one counts.
    """

    name: PartName
    start: tuple[int, ...]
    stop: tuple[int, ...]

    def __post_init__(self) -> None:
        """Take lists too, which is what JSON has."""
        object.__setattr__(self, "start", tuple(self.start))
        object.__setattr__(self, "stop", tuple(self.stop))


def part(name: PartName, place: Iterable[slice]) -> Part:
    """Make a part of a box, as from `Frames.place`."""
    box = tuple(place)
    return Part(name, tuple(s.start for s in box), tuple(s.stop for s in box))


def slice_parts(
    names: Mapping[Index, PartName], plane_shape: tuple[int, int]
) -> list[Part]:
    """Parts of an image that is divided slice by slice.

    Parameters
    ----------
    names : mapping of plane index to {"train", "validation", "gap"}
        Planes, as from `Image.planes`, that have a purpose.
    plane_shape : (int, int)
        (Y, X) in pixels.

    Returns
    -------
    list of Part
        One per plane.
    """
    return [
        Part(name, (*index, 0, 0), (*(i + 1 for i in index), *plane_shape))
        for index, name in names.items()
    ]


def block_parts(
    frames: Frames, index: Index, box: Box, reach: Sequence[int]
) -> list[Part]:
    """Parts of a frame of which a block validates.

    Parameters
    ----------
    frames : Frames
        Of the labels.
    index : tuple of int
        Which frame is divided.
    box, reach
        As for `guard.guarded`.

    Returns
    -------
    list of Part
        The whole frame, which trains; upon it the gap, and upon that the block.
    """
    whole = tuple(slice(0, length) for length in frames.shape)
    boxes: tuple[tuple[PartName, Box], ...] = (
        ("train", whole),
        ("gap", guarded(box, reach, frames.shape)),
        ("validation", box),
    )
    return [part(name, frames.place(index, place)) for name, place in boxes]
