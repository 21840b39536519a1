"""Where patches are read from: samples on the device, or pieces of what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from napari_unetseg.core.predict.mirror import read_mirrored
from napari_unetseg.core.prepare.samples import gaps
from napari_unetseg.core.prepare.targets import IGNORE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from napari_unetseg.core.prepare.samples import Sample
    from napari_unetseg.core.prepare.teaching import Teaching

# What cubic interpolation needs beyond the outermost place that is looked up.
_TAPS = 3


class Piece(NamedTuple):
    """Part of a sample that holds all that a patch looks up.

    Attributes
    ----------
    image : tensor of shape (C, [Z,] Y, X), float32
    target : tensor of shape ([Z,] Y, X), float32
        Class indices or ids, which float32 holds exactly.
    term : tensor of shape ([Z,] Y, X), float32, or None
    """

    image: Tensor
    target: Tensor
    term: Tensor | None = None

    def to(self, device: str) -> Piece:
        """Bring it to a device, unless it is there."""
        term = None if self.term is None else self.term.to(device)
        return Piece(self.image.to(device), self.target.to(device), term)


class Shelf:
    """The samples of a training.

    Parameters
    ----------
    samples : sequence of Sample
        All in memory or none.
    teaching : Teaching
        What they teach.
    device : str
        Where those in memory are laid.

    Attributes
    ----------
    samples : list of Sample
        By their number.
    in_memory : bool
        Whether nothing need be read.
    """

    def __init__(
        self, samples: Sequence[Sample], teaching: Teaching, device: str
    ) -> None:
        self.samples = list(samples)
        self.in_memory = all(one.is_held for one in samples)
        self._teaching, self._device = teaching, device
        self._pieces = [self._laid(one) for one in samples if self.in_memory]

    def piece(
        self, number: int, coordinates: NDArray[np.float32]
    ) -> tuple[Piece, tuple[int, ...]]:
        """What a patch needs of a sample, and where that begins in it.

        Parameters
        ----------
        number : int
            Of the sample.
        coordinates : ndarray of shape (rank, [D,] H, W)
            ([z,] y, x) in the sample that will be looked up.
        """
        if self.in_memory:
            return self._pieces[number], (0,) * len(coordinates)
        flat = coordinates.reshape(len(coordinates), -1)
        low = np.floor(flat.min(axis=1)).astype(int) - _TAPS
        high = np.ceil(flat.max(axis=1)).astype(int) + _TAPS + 1
        box = list(zip(low.tolist(), high.tolist(), strict=True))
        return self._read(self.samples[number], box), tuple(low.tolist())

    def repaint(self, samples: Iterable[Sample]) -> None:
        """Take the targets of some samples anew, and take up those that are new."""
        numbers = {id(one): number for number, one in enumerate(self.samples)}
        for one in samples:
            number = numbers.get(id(one), len(self.samples))
            if number == len(self.samples):
                self.samples.append(one)
                if self.in_memory:
                    self._pieces.append(self._laid(one))
            elif self.in_memory:
                image = self._pieces[number].image
                self._pieces[number] = self._laid(one, image)

    def _laid(self, sample: Sample, image: Tensor | None = None) -> Piece:
        """A sample on the device; of an image that is there only the targets."""
        if image is None:
            image = torch.from_numpy(sample.values)
        term = None if sample.term is None else torch.from_numpy(sample.term)
        target = torch.from_numpy(sample.target.astype(np.float32))
        return Piece(image, target, term).to(self._device)

    def _read(self, sample: Sample, box: Sequence[tuple[int, int]]) -> Piece:
        """Part of a sample that is not in memory; beyond its border it is mirrored."""
        image = read_mirrored(sample.values, box)
        teaching = self._teaching if sample.painted is None else sample.painted.teaching
        margin = teaching.gap_margin
        wide = [(start - margin, stop + margin) for start, stop in box]
        target = _read_target(sample, wide)
        term = gaps(target, teaching)
        part = tuple(slice(margin, n - margin) for n in target.shape)
        return Piece(
            torch.from_numpy(np.ascontiguousarray(image)),
            torch.from_numpy(target[part].astype(np.float32)),
            None
            if term is None
            else torch.from_numpy(_continued(term, box, margin, sample.shape)),
        )


def _continued(
    term: NDArray[np.float32],
    box: Sequence[tuple[int, int]],
    margin: int,
    shape: Sequence[int],
) -> NDArray[np.float32]:
    """A box without its margin; beyond the border the edge goes on, as in memory."""
    places = [
        (np.arange(start, stop).clip(0, size - 1) - start + margin).clip(0, n - 1)
        for (start, stop), size, n in zip(box, shape, term.shape, strict=True)
    ]
    continued: NDArray[np.float32] = term[np.ix_(*places)]
    return continued


def _read_target(sample: Sample, box: Sequence[tuple[int, int]]) -> NDArray[np.int32]:
    """What is taught in a box; beyond the border nothing is."""
    target = np.full([stop - start for start, stop in box], IGNORE, np.int32)
    inside = tuple(
        slice(max(0, start), min(size, stop))
        for (start, stop), size in zip(box, sample.shape, strict=True)
    )
    part = tuple(
        slice(side.start - start, side.stop - start)
        for side, (start, _) in zip(inside, box, strict=True)
    )
    if all(side.start < side.stop for side in inside):
        target[part] = sample.target[inside]
    return target
