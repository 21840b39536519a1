"""Batches of augmented patches, each a function of the seed and the step alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from napari_unetseg.core.augment.deform import coordinate_map, draw_deformation
from napari_unetseg.core.augment.intensity import vary_intensity
from napari_unetseg.core.augment.resample import resample
from napari_unetseg.core.prepare.sampling import places
from napari_unetseg.core.prepare.targets import IGNORE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.config import TrainConfig
    from napari_unetseg.core.prepare.samples import Sample


class Batches:
    """Draws training batches from samples that live on the device.

    No generator is kept between steps, so that a training which is resumed at any step
    sees the very patches it would have seen.

    Parameters
    ----------
    samples : sequence of Sample
        The training samples, all planes or all volumes.
    classes : int
        Number of classes.
    config : TrainConfig
        Augmentation and seed.
    batch : int
        Patches per step.
    input_shape, output_shape : tuple of int
        Of the network's input and output, ([Z,] Y, X) in pixels; the target is the
        centre of the patch.
    spacing : sequence of float
        Pixel size of volumes along each axis; empty if they are equal.
    device : str
        Where the samples and the batches live.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        classes: int,
        config: TrainConfig,
        *,
        batch: int,
        input_shape: tuple[int, ...],
        output_shape: tuple[int, ...],
        device: str,
        spacing: Sequence[float] = (),
    ) -> None:
        self._images = [torch.from_numpy(s.values).to(device) for s in samples]
        self._targets = [torch.from_numpy(s.target).float().to(device) for s in samples]
        rng = np.random.default_rng((config.seed, 0))
        self._places = places([s.target for s in samples], classes, rng)
        self._seed, self._augment = config.seed, config.augment
        self._batch = batch
        self._shape = input_shape
        self._centre = tuple(
            slice((given - kept) // 2, given - (given - kept) // 2)
            for given, kept in zip(input_shape, output_shape, strict=True)
        )
        self._spacing = spacing
        self._device = device

    def draw(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The batch of one step.

        Returns
        -------
        images : tensor of shape (B, C, [D,] H, W), float32, channels last
        targets : tensor of shape (B, [D',] H', W'), int64
        """
        rng = np.random.default_rng((self._seed, 1, step))
        drawn = self._places.draw(self._batch, rng)
        patches = [self._patch(*map(int, place), rng=rng) for place in drawn]
        images = torch.stack([image for image, _ in patches])
        targets = torch.stack([target for _, target in patches])
        last = torch.channels_last if images.ndim == 4 else torch.channels_last_3d
        return images.contiguous(memory_format=last), targets[:, *self._centre]

    def _patch(
        self, number: int, *place: int, rng: np.random.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        image, target = self._images[number], self._targets[number]
        centre = tuple(
            _inside(position, part.stop - part.start, length, len(place))
            for position, part, length in zip(
                place, self._centre, target.shape, strict=True
            )
        )
        deformation = draw_deformation(
            centre, self._shape, self._augment, rng, self._spacing
        )
        coordinates = torch.from_numpy(coordinate_map(deformation, self._shape))
        patch, classes = resample(image, target, coordinates.to(self._device), IGNORE)
        return vary_intensity(patch, self._augment, rng), classes


def _inside(position: float, size: int, length: int, rank: int) -> float:
    """Centre of a patch around a pixel, moved so that it does not hang over the border.

    An even patch has its centre between two pixels, or all of it would be blurred.
    """
    position += (size - 1) % 2 / 2
    low, high = (size - 1) / 2, length - 1 - (size - 1) / 2
    if low <= high:
        return min(max(position, low), high)
    # A volume is often so thin; linear interpolation would always blur it.
    shift = (size - length) % 2 / 2 if rank == 3 else 0.0
    return (length - 1) / 2 - shift
