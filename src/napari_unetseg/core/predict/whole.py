"""Predict a whole image: every frame, tile by tile, in an order that never changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from napari_unetseg.core.device import free_memory
from napari_unetseg.core.errors import DeviceError
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.network.geometry import axis_geometries
from napari_unetseg.core.network.measure import network_geometry
from napari_unetseg.core.network.twin import valid_twin
from napari_unetseg.core.predict.run import predict_tiles
from napari_unetseg.core.predict.tiling import Tile, TileSize, largest_sides, plan
from napari_unetseg.core.prepare.normalise import normalisers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from torch import nn

    from napari_unetseg.core.frames import Box
    from napari_unetseg.core.image import Image


def tiles_for(
    shape: Sequence[int], network: nn.Module, tile: TileSize, free: int
) -> list[Tile]:
    """Plan the tiles of a frame, for a memory.

    Parameters
    ----------
    shape : sequence of int
        ([Z,] Y, X) of the frame, in pixels.
    network : nn.Module
        As it was trained.
    tile : int, "auto" or "whole"
        As in `plan`; only "auto" asks for the memory.
    free : int
        Free bytes, of which half may be used.

    Raises
    ------
    DeviceError
        If not even the smallest tile fits into all of them.
    """
    geometries = axis_geometries(network)
    if tile != "auto":
        return plan(shape, geometries, tile)

    def memory(output: tuple[int, ...]) -> int:
        return network_geometry(network, output).memory_inference

    sides = largest_sides(shape, geometries, memory, free)
    tiles = plan(shape, geometries, largest=sides)
    read = (stop - start for start, stop in tiles[0].read)
    halos = (axis.before + axis.after for axis in geometries)
    needed = memory(tuple(n - halo for n, halo in zip(read, halos, strict=True)))
    if needed > free:
        raise DeviceError(
            f"The smallest tile of this network needs {needed / 2**30:.1f} GB, and "
            f"{free / 2**30:.1f} GB of memory are free",
            "Close other programs, or use a network of fewer poolings or channels",
        )
    return tiles


def tiles_of(
    image: Image, network: nn.Module, tile: TileSize, device: str
) -> list[Tile]:
    """Plan the tiles of each of an image's frames, for the memory of a device."""
    shape = Frames(image, dimensions(network)).shape
    return tiles_for(shape, network, tile, _available(device))


def _available(device: str) -> int:
    """Free bytes, and those that torch holds ready for its next tensors."""
    held = 0
    if device == "cuda":
        held = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
    return free_memory(device) + held


def dimensions(network: nn.Module) -> int:
    """Number of axes that a network sees at once: 2 for planes, 3 for volumes."""
    return len(axis_geometries(network))


def predict_image(
    image: Image,
    network: nn.Module,
    tiles: list[Tile],
    *,
    device: str = "cpu",
    precision: str = "fp32",
    skip: int = 0,
) -> Iterator[tuple[Box, NDArray[np.float32], NDArray[np.bool_]]]:
    """Predict all frames of an image: its planes, or its volumes.

    Parameters
    ----------
    image : Image
        With the network's channels.
    network : nn.Module
        As it was trained.
    tiles : list of Tile
        The plan of each frame.
    device, precision : str
        Where and how the network runs.
    skip : int
        Number of tiles that are finished already.

    Yields
    ------
    box : tuple of slice
        Where the tile belongs, along the image's `plane_axes`, Y and X.
    scores : ndarray of shape (classes, *box), float32
        Softmax probabilities.
    finite : ndarray of bool
        Shape of the box; False where a pixel of the image is NaN or infinite in any
        channel.
    """
    twin = valid_twin(network, device)
    frames = Frames(image, dimensions(network))
    statistics = normalisers(image, frames.dimensions)
    for number, index in enumerate(frames):
        left = tiles[max(0, skip - number * len(tiles)) :]
        frame = frames[index]
        for tile, scores in predict_tiles(
            twin, frame, left, statistics[index], device=device, precision=precision
        ):
            box = frames.place(index, tile.write)
            shape = tuple(s.stop - s.start for s in box)
            pixels = np.asarray(frame[(slice(None), *tile.write)])
            finite = np.isfinite(pixels).all(axis=0).reshape(shape)
            yield box, scores.reshape(scores.shape[0], *shape), finite
