"""What benchmarks of speed segment: images of any size, untrained networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.core.samples import sample_data

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_unetseg.core.network.modelfile import Model

CLASSES = (1, 2, 3)
BLOCK = 512


def em_image(side: int) -> NDArray[np.uint8]:
    """A plane that looks like electron microscopy, (side, side)."""
    image = np.empty((side, side), np.uint8)
    for box, values in em_blocks(side):
        image[box] = values
    return image


def em_blocks(side: int) -> Iterator[tuple[tuple[slice, slice], NDArray[np.uint8]]]:
    """The same plane, block by block: sections of the sample, each mirrored."""
    sections = np.asarray(sample_data("em")[0].array)
    for top in range(0, side, BLOCK):
        for left in range(0, side, BLOCK):
            number = (7 * top + 3 * left) // BLOCK % len(sections)
            section = sections[number]
            block = np.pad(section, (0, BLOCK - len(section)), mode="reflect")
            height, width = min(BLOCK, side - top), min(BLOCK, side - left)
            box = slice(top, top + height), slice(left, left + width)
            yield box, block[:height, :width]


def write_em_zarr(path: Path, side: int) -> None:
    """Write the plane as a zarr array, which is never in memory as a whole."""
    import zarr

    array = zarr.create_array(
        path,
        shape=(side, side),
        dtype=np.uint8,
        chunks=(BLOCK, BLOCK),
        dimension_names=["y", "x"],
    )
    for box, values in em_blocks(side):
        array[box] = values


def random_model(base: int, depth: int, seed: int = 0) -> Model:
    """A network whose weights are random and whose batch norms know such images.

    With other statistics its scores would be so large that probabilities, which are
    compared here, would all be 0 or 1.
    """
    import torch

    from napari_unetseg.core.network.build import network_of
    from napari_unetseg.core.network.geometry import axis_geometries
    from napari_unetseg.core.network.modelfile import Model

    config = NetworkConfig(name="unet-bn", base=base, depth=depth, classes=len(CLASSES))
    network = network_of(config, seed)
    torch.manual_seed(seed)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
            module.weight.data.uniform_(0.5, 2)
            module.bias.data.normal_()
    grey = em_image(BLOCK).astype(np.float32)
    normal = torch.from_numpy((grey - grey.mean()) / grey.std())
    with torch.no_grad():
        network.train()(normal[None, None])
    geometries = axis_geometries(network)
    card = ModelCard(
        network=config,
        classes=CLASSES,
        halo=tuple(max(axis.before, axis.after) for axis in geometries),
        spacing=(8.0, 8.0),
        unit="nm",
    )
    return Model(card=card, tensors=dict(network.state_dict()))
