"""What a segmentation says."""

from __future__ import annotations

from dataclasses import dataclass, field

from napari_unetseg.core.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(Event):
    """The next of several images begins.

    Attributes
    ----------
    name : str
        Its file's.
    number, total : int
        Which one it is, from 1, and of how many.
    """

    name: str
    number: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast(Event):
    """What a segmentation will take, told before it begins.

    Attributes
    ----------
    tile, halo : list of int
        ([Z,] Y, X) of a tile's written part, and how far the network sees beyond it on
        either side, in pixels.
    tiles : int
        Number of tiles.
    memory, free : int
        Bytes that a tile takes on the device, and bytes that are free there; -1 if no
        tile is left.
    seconds : float
        Expected duration, from the speed of one small tile; 0 when unknown.
    size, disk : int
        Bytes of the part that is segmented, before compression (a TIFF holds the whole
        image all the same), and bytes that are free where it is written; -1 if it is
        kept in memory.
    resampled : list of int
        ([Z,] Y, X) of a frame at the model's pixel size, or at that of the first of
        several that know another one; empty if it has that already.
    """

    tile: list[int]
    halo: list[int]
    tiles: int
    memory: int
    free: int
    seconds: float
    size: int
    disk: int = -1
    resampled: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile(Event):
    """A tile of the result is finished.

    Attributes
    ----------
    done, total : int
        Finished tiles and all tiles.
    start, stop : list of int
        The tile's box in the output array, in the output's axis order, pixels.
    number : int
        Which tile of the plan it is, from 0; those in view can come first.
    checksum : int
        CRC-32 of what was written, by which a damaged one is found.
    """

    done: int
    total: int
    start: list[int] = field(default_factory=list)
    stop: list[int] = field(default_factory=list)
    number: int = -1
    checksum: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(Event):
    """A block of the result was gone through after all tiles were there.

    Attributes
    ----------
    done, total : int
        Blocks, counted over all that is done to the result.
    """

    done: int
    total: int
