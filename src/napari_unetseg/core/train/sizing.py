"""How large patches and batches are: as wished, and as the memory allows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from napari_unetseg.core.errors import DeviceError, InputError
from napari_unetseg.core.network.cost import training_memory
from napari_unetseg.core.network.geometry import axis_geometries, padded
from napari_unetseg.core.network.window import NORMS
from napari_unetseg.core.prepare.sampling import patch_shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

    from napari_unetseg.core.config import NetworkConfig, TrainConfig
    from napari_unetseg.core.network.geometry import AxisGeometry
    from napari_unetseg.core.sizes import Sizes

    Shape = tuple[int, ...]

# The rest is for the program, the validation and others.
_MOST_OF_MEMORY = 0.8
_SMALLEST_PATCH = 16
_FEWEST_VALUES = 2


class Extent(NamedTuple):
    """Sides of what the network is given and of what it teaches, ([Z,] Y, X)."""

    given: Shape
    taught: Shape


def extent(
    network: nn.Module, patch: int, spacing: Sequence[float], shapes: Sequence[Shape]
) -> Extent:
    """Patches that teach what is wished, or all of a small image.

    Parameters
    ----------
    network : nn.Module
        As it is trained.
    patch : int
        Wished side, as for `patch_shape`.
    spacing : sequence of float
        Pixel size of volumes along each axis; empty if they are equal.
    shapes : sequence of tuple of int
        Of the samples, in pixels of the model.
    """
    fixed = getattr(network, "lesson", None)
    if fixed is not None:  # It is taught windows of one size.
        return Extent(*((side,) * 2 for side in fixed))
    axes = axis_geometries(network)
    wished = patch_shape(patch, spacing or (1.0,) * len(axes), shapes)
    if padded(network):
        taught = tuple(
            -(-side // axis.stride) * axis.stride
            for side, axis in zip(wished, axes, strict=True)
        )
        return Extent(taught, taught)
    taught = tuple(a.output_size(n) for n, a in zip(wished, axes, strict=True))
    given = tuple(a.input_size(n) for n, a in zip(taught, axes, strict=True))
    return Extent(given, taught)


def reach_of(network: nn.Module, zoom: Sequence[float] = ()) -> tuple[int, ...]:
    """How far the result at a pixel sees beyond it, along each axis.

    Parameters
    ----------
    network : nn.Module
        As it is trained.
    zoom : sequence of float
        Pixels of an image per pixel of the model, in which the result then is. Both
        ways between the two, a pixel is joined with its neighbours on the coarser grid.
    """
    axes = axis_geometries(network)
    factors = zoom or (1.0,) * len(axes)
    return tuple(
        math.ceil(factor * _farthest(axis) + 2 * max(1.0, factor) * (factor != 1))
        for axis, factor in zip(axes, factors, strict=True)
    )


def _farthest(axis: AxisGeometry) -> int:
    """How far the pixel sees that sees farthest: they lie differently to the poolings.

    `before` and `after` are less: they count from the ends of what is predicted.
    """
    return max(side for sides in axis.reach for side in sides)


def fitting(
    size: Sizes,
    network: NetworkConfig,
    config: TrainConfig,
    *,
    precision: str,
    free: int,
    spacing: Sequence[float] = (),
    shapes: Sequence[Shape] = (),
) -> tuple[Sizes, str]:
    """Sizes whose training step fits into memory, by the network's geometry.

    Parameters
    ----------
    size : Sizes
        As wished.
    network : NetworkConfig
        The architecture.
    config : TrainConfig
        Its optimiser counts.
    precision : str
        In which the network computes.
    free : int
        Bytes that are free on the device.
    spacing, shapes
        As for `extent`.

    Returns
    -------
    Sizes
        With a smaller batch, and then with a smaller patch, if need be.
    str
        What to tell of that; empty if all is as wished.

    Raises
    ------
    DeviceError
        If even one small patch does not fit.
    """

    def needed(one: Sizes) -> int:
        isotropic = spacing or (1.0,) * network.dimensions
        sides = (
            patch_shape(one.patch, isotropic, shapes)
            if shapes
            else (one.patch,) * network.dimensions
        )
        return training_memory(
            network,
            sides,
            one.batch,
            optimiser=config.optimiser,
            precision=precision,
        )

    wished, memory = size, needed(size)
    while needed(size) > _MOST_OF_MEMORY * free:
        why = f"needs {_gib(needed(size))}, {_gib(free)} are free"
        size = smaller(size, why, 2**network.depth)
    if size == wished:
        return size, ""
    return size, (
        f"A step with {_told(wished)} would need {_gib(memory)}, and {_gib(free)} are "
        f"free: it is trained with {_told(size)}."
    )


def check_extent(network: nn.Module, sides: Extent, batch: int) -> None:
    """Refuse patches of which batch normalisation sees a single value per channel.

    Raises
    ------
    InputError
        Naming the patch.
    """
    if not padded(network) or not any(map(_is_norm, network.modules())):
        return
    axes = axis_geometries(network)
    lowest = [n // axis.stride for n, axis in zip(sides.given, axes, strict=True)]
    if hasattr(network, "lesson"):
        lowest = [1]  # All of its window goes through one vector.
    if batch * math.prod(lowest) < _FEWEST_VALUES:
        raise InputError(
            f"Of a patch of {' x '.join(map(str, sides.given))} pixels one value per "
            "channel is left at the lowest level, too little to normalise",
            "Take a larger batch, fewer poolings, or larger images",
        )


def _is_norm(layer: nn.Module) -> bool:
    return isinstance(layer, NORMS)


def smaller(size: Sizes, why: str, stride: int = 1) -> Sizes:
    """Half the batch, or half the patch's side where there is but one patch.

    Parameters
    ----------
    size : Sizes
        That was too large.
    why : str
        What was too much, to follow the words "a training step".
    stride : int
        Of the network: a patch is twice as long at least, so that more than a single
        value is left of it at the lowest level.

    Raises
    ------
    DeviceError
        If there is nothing left to halve; says why it was asked for.
    """
    if size.batch > 1:
        return size._replace(batch=size.batch // 2)
    if size.patch // 2 >= max(_SMALLEST_PATCH, 2 * stride):
        return size._replace(patch=size.patch // 2)
    raise DeviceError(
        f"A training step with one patch of {size.patch} pixels {why}",
        "Choose a network with fewer channels or poolings, or another device",
    )


def shrunk(size: Sizes, after: Sizes, step: int) -> str:
    """Sentence about a step for which the memory was too small."""
    return (
        f"The memory was too small for step {step + 1} with {_told(size)}: it goes on "
        f"with {_told(after)}."
    )


def _told(size: Sizes) -> str:
    patches = "a patch" if size.batch == 1 else f"{size.batch} patches"
    return f"{patches} of {size.patch} pixels"


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"
