"""Decide how an image is predicted: tiles for a memory, views, statistics."""

from __future__ import annotations

from functools import cache
from math import ceil
from typing import TYPE_CHECKING

import torch

from napari_unetseg.core.device import free_memory
from napari_unetseg.core.errors import DeviceError
from napari_unetseg.core.network.geometry import axis_geometries
from napari_unetseg.core.network.measure import network_geometry
from napari_unetseg.core.predict.plan import Plan, grids_of, region_of
from napari_unetseg.core.predict.rescale import source_span
from napari_unetseg.core.predict.tiling import (
    Tile,
    TileSize,
    auto_sides,
    cuts,
    plan,
    span,
    tile_of,
    tile_sides,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import nn

    from napari_unetseg.core.config import SegmentConfig
    from napari_unetseg.core.frames import Frames
    from napari_unetseg.core.network.geometry import AxisGeometry
    from napari_unetseg.core.network.measure import NetworkGeometry
    from napari_unetseg.core.network.member import Member


# Multiply-adds of a tile of a plane, which must be computed before a person hears of it
# or can stop: on two cores of a server these take about 20 seconds. The tiles of a
# volume are small anyhow, and larger halos would cost more than the waiting.
_WORK = 2e12


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
        As in `tiling.plan`; only "auto" asks for the memory.
    free : int
        Free bytes, of which half may be used.

    Raises
    ------
    DeviceError
        If not even the smallest tile fits into all of them.
    """
    geometries = axis_geometries(network)
    largest = None if tile != "auto" else _auto(shape, network, geometries, free)
    return plan(shape, geometries, tile, largest=largest)


def make_plan(
    frames: Frames,
    members: Sequence[Member],
    config: SegmentConfig,
    *,
    device: str,
    precision: str,
    free: int | None = None,
) -> Plan:
    """Plan an image's prediction, but for its statistics.

    Parameters
    ----------
    frames : Frames
        The image, with all channels that the networks see, numpy or lazy; it is not
        read.
    members : sequence of Member
        The networks; all are given tiles of the size that suits the largest.
    config : SegmentConfig
        How.
    device, precision : str
        Where and how the networks will run.
    free : int, optional
        Free bytes of the device, of which half may be used; by default asked now.

    Raises
    ------
    InputError
        If the region does not lie within the image.
    DeviceError
        If not even the smallest tile fits into the memory.
    """
    region = region_of(config, frames.image)
    grid, *besides = grids_of(frames, members, config)
    memory = available(device) if free is None else free
    each = [
        _sides(frames, member.network, one, region, config.tile, memory)
        for member, one in zip(members, (grid, *besides), strict=True)
    ]
    return Plan(
        grid=grid,
        sides=tuple(map(min, zip(*each, strict=True))),
        region=region,
        views=config.average,
        device=device,
        precision=precision,
        besides=tuple(besides),
    )


def _sides(
    frames: Frames,
    network: nn.Module,
    grid: tuple[int, ...],
    region: Mapping[str, tuple[int, int]],
    tile: TileSize,
    memory: int,
) -> tuple[int, ...]:
    """Sides of a network's tiles along each axis, in pixels of the image."""
    ends = [
        region.get(axis, (0, size))
        for axis, size in zip(frames.axes, frames.shape, strict=True)
    ]
    lengths = [stop - start for start, stop in ends]
    sizes = list(zip(lengths, grid, frames.shape, strict=True))
    on_grid = [-(-length * n // size) for length, n, size in sizes]
    geometries = axis_geometries(network)
    largest = None
    if tile == "auto":
        largest = _auto(on_grid, network, geometries, memory)
    sides = tile_sides(on_grid, geometries, tile, largest=largest)
    return tuple(map(_on_image, sides, sizes))


def tile_memory(plan: Plan, shape: Sequence[int], network: nn.Module) -> int:
    """Bytes of activations that the largest tile of a plan takes, in float32."""
    axes = zip(axis_geometries(network), plan.sides, shape, plan.grid, strict=True)
    outputs = []
    for axis, side, size, n in axes:
        parts = (source_span(*ends, n, size) for ends in cuts(0, size, side))
        reads = (span(*part, axis).read for part in parts)
        halo = axis.before + axis.after
        outputs.append(max(stop - start for start, stop in reads) - halo)
    return network_geometry(network, outputs).memory_inference


def available(device: str) -> int:
    """Free bytes, and those that torch holds ready for its next tensors."""
    held = 0
    if device.startswith("cuda"):
        held = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
    return free_memory(device) + held


def _on_image(side: int, sizes: tuple[int, int, int]) -> int:
    """Side on the image's grid of a tile, so that the tiles are of about one size.

    The sizes are those of what is predicted, and of a frame in pixels of the model and
    of the image.
    """
    length, n, size = sizes
    if n == size:
        return side
    count = ceil(length / max(1, side * size // n))
    return ceil(length / count)


def _auto(
    shape: Sequence[int],
    network: nn.Module,
    geometries: Sequence[AxisGeometry],
    free: int,
) -> tuple[int, ...]:
    """Sides of tiles that fit into a memory; in planes they are also computed soon."""
    is_plane = len(shape) == 2

    @cache
    def measured(output: tuple[int, ...]) -> NetworkGeometry:
        return network_geometry(network, output)

    def work(output: tuple[int, ...]) -> int:
        return measured(output).multiply_adds

    def fits(output: tuple[int, ...]) -> bool:
        found = measured(output)
        is_soon = not is_plane or found.multiply_adds <= _WORK
        return is_soon and found.memory_inference <= free // 2

    sides = auto_sides(shape, geometries, fits, work if is_plane else None)
    smallest = [min(pair) for pair in zip(sides, shape, strict=True)]
    needed = _needed(smallest, network, geometries)
    if needed > free:
        raise DeviceError(
            f"The smallest tile of this network needs {needed / 2**30:.1f} GB, and "
            f"{free / 2**30:.1f} GB of memory are free",
            "Close other programs, or use a network of fewer poolings or channels",
        )
    return sides


def _needed(
    sides: Sequence[int], network: nn.Module, geometries: Sequence[AxisGeometry]
) -> int:
    """Bytes that a tile of some sides takes."""
    reads = tile_of(tuple((0, side) for side in sides), geometries).read
    halos = (axis.before + axis.after for axis in geometries)
    output = tuple(b - a - halo for (a, b), halo in zip(reads, halos, strict=True))
    return network_geometry(network, output).memory_inference
