"""What a training will see: augmented patches, their labels and weights."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_unetseg.core.config.base import share_of
from napari_unetseg.core.draining import result_of
from napari_unetseg.core.prepare.pixelsize import zoom_to
from napari_unetseg.core.prepare.samples import fit_into, in_memory
from napari_unetseg.core.prepare.sampling import patch_shape
from napari_unetseg.core.presets import sizes
from napari_unetseg.core.train.material import gather

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from napari_unetseg.core.config import TrainConfig
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.modelfile import Model


@dataclass(frozen=True, slots=True, eq=False)
class AugmentedPatch:
    """A patch as a network would learn from it.

    Attributes
    ----------
    image : ndarray of shape (C, [D,] H, W), float32
        Normalised and varied grey values.
    labels : ndarray of shape ([D,] H, W), int64
        Class indices, -1 where not annotated.
    weights : ndarray of shape ([D,] H, W), float32
        How much each pixel counts: 0 where not annotated.
    coordinates : ndarray of shape (rank, [D,] H, W), float32
        ([z,] y, x) in the image, in pixels, at which each pixel looks; to draw the
        deformation as a warped grid.
    """

    image: NDArray[np.float32]
    labels: NDArray[np.int64]
    weights: NDArray[np.float32]
    coordinates: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Patches of one step of a training.

    Attributes
    ----------
    patches : list of AugmentedPatch
        All of one shape.
    zoom : tuple of float
        Pixels of the first image per pixel of a patch, along [Z,] Y and X.
    colour : bool
        Whether the channels are red, green and blue.
    """

    patches: list[AugmentedPatch]
    zoom: tuple[float, ...]
    colour: bool


def preview(
    images: Sequence[Image],
    labels: Sequence[Image],
    config: TrainConfig,
    count: int = 4,
    *,
    regions: Sequence[Image] = (),
) -> list[AugmentedPatch]:
    """Draw the first patches of a training; see `drawn`."""
    return drawn(images, labels, config, count, regions=regions).patches


def drawn(
    images: Sequence[Image],
    labels: Sequence[Image],
    config: TrainConfig,
    count: int = 4,
    *,
    step: int = 0,
    regions: Sequence[Image] = (),
    channels: tuple[str, ...] = (),
    start_from: Model | None = None,
) -> Drawn:
    """Draw patches of a training, of the size that a patch teaches.

    Parameters
    ----------
    images, labels, regions, channels, start_from
        As for `training.train`; nothing is set aside for validation.
    config : TrainConfig
        Augmentation, patch, seed.
    count : int
        Number of patches.
    step : int
        Of which step: those of another one are others.

    Raises
    ------
    InputError
        As a training would.
    """
    from napari_unetseg.core.device import free_memory
    from napari_unetseg.core.train.batches import Batches

    found = gather(
        images,
        labels,
        config,
        regions=regions,
        channels=channels,
        start_from=start_from,
    )
    material = result_of(found)
    pairs = zip(material.samples, material.annotated, strict=True)
    taught = [one for one, flags in pairs if any(flags)]
    # Of what would fill the memory only the patches are read.
    if fit_into(share_of(free_memory("cpu"), config.memory), taught):
        taught = [in_memory(one) for one in taught]
    shape = patch_shape(
        sizes(config, "cpu").patch,
        material.spacing or (1.0,) * config.dimensions,
        [one.model_shape for one in taught],
    )
    batches = Batches(
        taught,
        material.teaching,
        config,
        batch=count,
        input_shape=shape,
        output_shape=shape,
        spacing=material.spacing,
        colour=material.colour,
        device="cpu",
    )
    with closing(batches):
        batch = batches.draw(step)
    known = (batch.targets >= 0).float()
    weights = known if batch.weights is None else batch.weights
    patches = [
        AugmentedPatch(image.numpy(), target.numpy(), weight.numpy(), where)
        for image, target, weight, where in zip(
            batch.images,
            batch.targets,
            weights,
            batches.coordinates(step),
            strict=True,
        )
    ]
    zoom = zoom_to(material.size, material.images[0], config.dimensions)
    return Drawn(patches, zoom or (1.0,) * config.dimensions, material.colour)
