"""Which network a training asks for: its sizes, and its poolings along each axis.

Loads no torch, so that a dock can tell what a training costs before it is started.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.network.anisotropy import plan_axes
from napari_unetseg.core.prepare.sampling import patch_shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.config import TrainConfig
    from napari_unetseg.core.sizes import Sizes

    Shape = tuple[int, ...]


def architecture(
    config: TrainConfig,
    size: Sizes,
    *,
    channels: int,
    classes: int,
    shapes: Sequence[Shape] = (),
    spacing: tuple[float, ...] = (),
) -> NetworkConfig:
    """Say which network is to be trained.

    Parameters
    ----------
    config : TrainConfig
        The training.
    size : Sizes
        Its sizes on the device.
    channels, classes : int
        Of the images and of the labels.
    shapes : sequence of tuple of int
        ([Z,] Y, X) of the samples to learn from; without any, they are large enough.
    spacing : tuple of float
        Pixel size along Z, Y and X, by which volumes are pooled; empty if all alike.

    Raises
    ------
    InputError
        If a choice does not fit, or the network is too deep for the samples.
    """
    # Before its poolings are planned, which would be refused for another reason.
    NetworkConfig.check(name=config.network, dimensions=config.dimensions)
    plan: dict[str, Any] = {}
    if shapes and config.dimensions == 3:
        patch = patch_shape(size.patch, spacing or (1.0,) * 3, shapes)
        pools, kernels = plan_axes(spacing or (1.0,) * 3, patch, size.depth)
        plan = {"pools": pools, "kernels": kernels}
    elif shapes:
        _check_depth(size.depth, max(map(max, shapes)))
    return NetworkConfig.check(
        name=config.network,
        dimensions=config.dimensions,
        channels=channels,
        classes=classes,
        base=size.base,
        depth=size.depth,
        upsampling=config.upsampling,
        deep_supervision=config.deep_supervision,
        dropout=config.dropout,
        **plan,
    )


def _check_depth(depth: int, longest: int) -> None:
    """Refuse a lowest level of which one pixel would see all of a plane."""
    possible = longest.bit_length() - 1
    if possible < depth:
        remedy = f"Choose a depth of at most {possible} (poolings)"
        raise InputError(
            f"A depth of {depth} is too great for images of at most {longest} pixels a "
            "side",
            remedy if possible else "Give a larger image",
        )
