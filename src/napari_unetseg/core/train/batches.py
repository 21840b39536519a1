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
    from napari_unetseg.core.prepare.slices import Slice


class Batches:
    """Draws training batches from slices that live on the device.

    No generator is kept between steps, so that a training which is resumed at any step
    sees the very patches it would have seen.

    Parameters
    ----------
    slices : sequence of Slice
        The training slices.
    classes : int
        Number of classes.
    config : TrainConfig
        Patch, batch, augmentation and seed.
    input_size, output_size : int
        Side of the network's input and of its output, in pixels; the target is the
        centre of the patch.
    device : str
        Where the slices and the batches live.
    """

    def __init__(
        self,
        slices: Sequence[Slice],
        classes: int,
        config: TrainConfig,
        *,
        input_size: int,
        output_size: int,
        device: str,
    ) -> None:
        self._images = [torch.from_numpy(s.values).to(device) for s in slices]
        self._targets = [torch.from_numpy(s.target).float().to(device) for s in slices]
        rng = np.random.default_rng((config.seed, 0))
        self._places = places([s.target for s in slices], classes, rng)
        self._config = config
        self._size = input_size
        self._border = (input_size - output_size) // 2
        self._device = device

    def draw(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The batch of one step.

        Returns
        -------
        images : tensor of shape (B, C, H, W), float32, channels last
        targets : tensor of shape (B, H', W'), int64
        """
        rng = np.random.default_rng((self._config.seed, 1, step))
        drawn = self._places.draw(self._config.batch, rng)
        patches = [self._patch(*map(int, place), rng=rng) for place in drawn]
        images = torch.stack([image for image, _ in patches])
        targets = torch.stack([target for _, target in patches])
        border = slice(self._border, self._size - self._border)
        return (
            images.contiguous(memory_format=torch.channels_last),
            targets[:, border, border],
        )

    def _patch(
        self, number: int, y: int, x: int, *, rng: np.random.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        image, target = self._images[number], self._targets[number]
        height, width = target.shape
        visible = self._size - 2 * self._border
        centre = (_inside(y, visible, height), _inside(x, visible, width))
        settings = self._config.augment
        deformation = draw_deformation(centre, self._size, settings, rng)
        coordinates = torch.from_numpy(coordinate_map(deformation, self._size))
        patch, classes = resample(image, target, coordinates.to(self._device), IGNORE)
        return vary_intensity(patch, settings, rng), classes


def _inside(position: float, size: int, length: int) -> float:
    """Centre of a patch around a pixel, moved so that it does not hang over the border.

    An even patch has its centre between two pixels, or all of it would be blurred.
    """
    position += (size - 1) % 2 / 2
    low, high = (size - 1) / 2, length - 1 - (size - 1) / 2
    return min(max(position, low), high) if low <= high else (length - 1) / 2
