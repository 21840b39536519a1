"""Batches of augmented patches, each a function of the seed and the step alone."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from napari_unetseg.core.augment.deform import coordinate_map, draw_deformation
from napari_unetseg.core.augment.folds import folded
from napari_unetseg.core.augment.intensity import vary_intensity
from napari_unetseg.core.augment.resample import resample
from napari_unetseg.core.predict.ahead import ahead
from napari_unetseg.core.prepare.objects import to_classes
from napari_unetseg.core.prepare.sampling import places
from napari_unetseg.core.prepare.targets import IGNORE
from napari_unetseg.core.prepare.weights import pixel_weights
from napari_unetseg.core.train.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from napari_unetseg.core.config import TrainConfig
    from napari_unetseg.core.prepare.samples import Sample
    from napari_unetseg.core.prepare.teaching import Teaching
    from napari_unetseg.core.train.shelf import Piece


class Batch(NamedTuple):
    """What one step learns from.

    Attributes
    ----------
    images : tensor of shape (B, C, [D,] H, W), float32, channels last
    targets : tensor of shape (B, [D',] H', W'), int64
        Class indices, `IGNORE` where not annotated.
    weights : tensor of shape (B, [D',] H', W'), float32, or None
        How much each pixel counts; None: all the same.
    """

    images: Tensor
    targets: Tensor
    weights: Tensor | None = None


class _Planned(NamedTuple):
    """A patch before it is sampled: what is read, where it looks, and what draws."""

    piece: Piece
    coordinates: NDArray[np.float32]
    rng: np.random.Generator
    bent: bool
    folded: bool


class Batches:
    """Draws training batches.

    No generator is kept between steps, so that a training which is resumed at any step
    sees the very patches it would have seen. Samples in memory lie on the device; of
    others what a patch needs is read ahead, in one thread, in which the next patches
    are planned too while a GPU computes.

    Parameters
    ----------
    samples : sequence of Sample
        The training samples, all planes or all volumes.
    teaching : Teaching
        What they teach.
    config : TrainConfig
        Augmentation and seed.
    batch : int
        Patches per step.
    input_shape, output_shape : tuple of int
        Of the network's input and output, ([Z,] Y, X) in pixels; the target is the
        centre of the patch.
    spacing : sequence of float
        Pixel size of volumes along each axis; empty if they are equal.
    colour : bool
        Whether the channels are red, green and blue.
    device : str
        Where the samples and the batches live.

    Attributes
    ----------
    bent, folded : int
        Patches that were bent so far, and those of them that the bending has folded.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        teaching: Teaching,
        config: TrainConfig,
        *,
        batch: int,
        input_shape: tuple[int, ...],
        output_shape: tuple[int, ...],
        device: str,
        spacing: Sequence[float] = (),
        colour: bool = False,
    ) -> None:
        self._shelf = Shelf(samples, teaching, device)
        self._teaching = teaching
        self._seed, self._augment = config.seed, config.augment
        # A classifier of single pixels is taught as many of each class.
        self._balanced = config.network == "patch"
        self._objects = config.centres == "objects"
        self._batch = batch
        self._shape = input_shape
        self._centre = tuple(
            slice((given - kept) // 2, given - (given - kept) // 2)
            for given, kept in zip(input_shape, output_shape, strict=True)
        )
        self._spacing = spacing
        self._colour = colour
        self._device = device
        self._reading: Generator[list[_Planned], None, None] | None = None
        self._next = -1
        self.bent = self.folded = 0
        self._find_places()

    def draw(self, step: int) -> Batch:
        """The batch of one step."""
        planned = self._plan(step)
        self.bent += sum(one.bent for one in planned)
        self.folded += sum(one.folded for one in planned)
        patches = [self._sampled(one) for one in planned]
        images = torch.stack([image for image, _, _ in patches])
        targets = torch.stack([target for _, target, _ in patches])
        weights = None
        if self._teaching.instances is not None:
            how, coarse = self._teaching.instances, self._teaching.coarse
            targets = to_classes(targets, how, coarse, rank=targets.ndim - 1)
            if how.weights != "none":
                terms = torch.stack([one for _, _, one in patches if one is not None])
                weights = pixel_weights(targets, terms, how)[:, *self._centre]
        last = torch.channels_last if images.ndim == 4 else torch.channels_last_3d
        images = images.contiguous(memory_format=last)
        return Batch(images, targets[:, *self._centre].long(), weights)

    def coordinates(self, step: int) -> list[NDArray[np.float32]]:
        """Where the patches of a step look, each (rank, [D,] H, W) in pixels."""
        return [one.coordinates for one in self._planned(step)]

    def repaint(self, samples: Iterable[Sample]) -> None:
        """Take the targets of some samples anew; unknown ones are learnt from too."""
        self.close()
        self._shelf.repaint(samples)
        self._find_places()

    def close(self) -> None:
        """End the reading ahead."""
        if self._reading is not None:
            self._reading.close()
            self._reading = None

    def _find_places(self) -> None:
        rng = np.random.default_rng((self._seed, 0))
        targets = [one.target for one in self._shelf.samples]
        self._places = places(
            targets,
            self._teaching,
            rng,
            balanced=self._balanced,
            objects=self._objects,
        )

    def _plan(self, step: int) -> list[_Planned]:
        if self._shelf.in_memory and self._device == "cpu":
            return self._planned(step)
        if self._reading is None or step != self._next:
            self.close()
            self._reading = ahead(map(self._planned, count(step)))
        self._next = step + 1
        return next(self._reading)

    def _planned(self, step: int) -> list[_Planned]:
        """Draw where the patches of a step lie and how they are bent; read them."""
        rng = np.random.default_rng((self._seed, 1, step))
        drawn = self._places.draw(self._batch, rng)
        return [
            self._planned_patch(*map(int, place), rng=one)
            for place, one in zip(drawn, rng.spawn(self._batch), strict=True)
        ]

    def _planned_patch(
        self, number: int, *place: int, rng: np.random.Generator
    ) -> _Planned:
        sample = self._shelf.samples[number]
        zoom = sample.zoom or (1.0,) * len(place)
        sides = zip(place, self._centre, sample.shape, zoom, strict=True)
        centre = tuple(
            _inside(position, part.stop - part.start, length, z, len(place))
            for position, part, length, z in sides
        )
        deformation = draw_deformation(
            centre, self._shape, self._augment, rng, self._spacing, zoom=sample.zoom
        )
        coordinates = coordinate_map(deformation, self._shape)
        bent = bool(deformation.displacement.any())
        folds = bent and folded(coordinates)
        piece, start = self._shelf.piece(number, coordinates)
        if any(start):
            column = (-1, *(1,) * len(start))
            coordinates -= np.asarray(start, np.float32).reshape(column)
        return _Planned(piece, coordinates, rng, bent, folds)

    def _sampled(self, one: _Planned) -> tuple[Tensor, Tensor, Tensor | None]:
        coordinates = torch.from_numpy(one.coordinates).to(self._device)
        image, target, term = one.piece.to(self._device)
        sampled = resample(image, target, coordinates, IGNORE, extra=term)
        patch = vary_intensity(
            sampled[0],
            self._augment,
            one.rng,
            spacing=self._spacing,
            colour=self._colour,
        )
        return patch, sampled[1], sampled[2] if len(sampled) == 3 else None


def _inside(position: float, size: int, length: int, zoom: float, rank: int) -> float:
    """Centre of a patch around a pixel, moved so that it does not hang over the border.

    An even patch has its centre between two pixels, or all of it would be blurred.
    """
    position += (size - 1) % 2 / 2
    reach = (size * zoom - 1) / 2
    low, high = reach, length - 1 - reach
    if low <= high:
        return min(max(position, low), high)
    # A volume is often so thin; linear interpolation would always blur it.
    shift = (size - length) % 2 / 2 if rank == 3 and zoom == 1 else 0.0
    return (length - 1) / 2 - shift
