"""Predict a whole image: every plane, tile by tile, in an order that never changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_unetseg.core.device import free_memory
from napari_unetseg.core.network.geometry import network_geometry
from napari_unetseg.core.network.twin import valid_twin
from napari_unetseg.core.predict.run import predict_tiles
from napari_unetseg.core.predict.tiling import Tile, largest_side, plan
from napari_unetseg.core.prepare.normalise import normalisers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from torch import nn

    from napari_unetseg.core.image import Image

Box = tuple[slice, ...]


def tiles_of(
    image: Image,
    network: nn.Module,
    tile: int | Literal["auto", "whole"],
    device: str,
) -> list[Tile]:
    """Plan the tiles of each of an image's planes, for the memory of a device."""
    width = next(network.parameters()).shape[0]
    largest = largest_side(free_memory(device), width)
    geometry = network_geometry(network)
    return plan(image.plane_shape, geometry, tile, largest=largest)


def predict_image(
    image: Image,
    network: nn.Module,
    tiles: list[Tile],
    *,
    device: str = "cpu",
    precision: str = "fp32",
    skip: int = 0,
) -> Iterator[tuple[Box, NDArray[np.float32], NDArray[np.bool_]]]:
    """Predict all planes of an image.

    Parameters
    ----------
    image : Image
        With the network's channels.
    network : nn.Module
        As it was trained.
    tiles : list of Tile
        The plan of each plane.
    device, precision : str
        Where and how the network runs.
    skip : int
        Number of tiles that are finished already.

    Yields
    ------
    box : tuple of slice
        Where the tile belongs, in the image's axes without C.
    scores : ndarray of shape (classes, height, width), float32
        Softmax probabilities.
    finite : ndarray of bool
        Shape of the box; False where a pixel of the image is NaN or infinite in any
        channel.
    """
    twin = valid_twin(network, device)
    statistics = normalisers(image)
    for number, index in enumerate(image.planes()):
        left = tiles[max(0, skip - number * len(tiles)) :]
        plane = image.plane(index)
        at = tuple(slice(i, i + 1) for i in index)
        for tile, scores in predict_tiles(
            twin, plane, left, statistics[index], device=device, precision=precision
        ):
            box = (*at, slice(*tile.y.write), slice(*tile.x.write))
            shape = tuple(s.stop - s.start for s in box)
            pixels = np.asarray(plane[(slice(None), *box[-2:])])
            finite = np.isfinite(pixels).all(axis=0).reshape(shape)
            yield box, scores.reshape(scores.shape[0], *shape), finite
