"""A network's architecture."""

from __future__ import annotations

from operator import gt
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from napari_unetseg.core.config.base import (
    BelowOne,
    Config,
    Dimensions,
    PositiveInt,
    unfit,
)

NetworkName = Literal["unet-bn", "unet", "unet-res"]
Upsampling = Literal["transposed", "linear"]


class NetworkConfig(Config):
    """A network's architecture: all that is needed to build it again.

    Attributes
    ----------
    name : str
        "unet" (valid convolutions; Ronneberger 2015, in 3D Cicek 2016), "unet-bn"
        (padded, batch norm) or "unet-res" (its encoder made of residual blocks).
    dimensions : int
        2: the network sees planes (Y, X); 3: volumes (Z, Y, X).
    channels, classes : int
        Number of input channels and of output classes.
    base : int
        Channels of the first level; each level below doubles them.
    depth : int
        Number of poolings.
    pools : tuple of tuple of int
        For each pooling its size along each axis, 1 or 2; empty if 2 everywhere.
    kernels : tuple of tuple of int
        For each level, from the top, the convolutions' size along each axis, 1 or 3;
        empty if 3 everywhere.
    upsampling : {"transposed", "linear"}
        Transposed convolution, or bilinear (in 3D trilinear) and a 1 x 1 convolution.
    deep_supervision : bool
        Whether the levels on the way up have heads too, which only teach; of padded
        networks only.
    dropout : float
        Probability of dropout at the end of the contracting path.
    """

    name: NetworkName = "unet-bn"
    dimensions: Dimensions = 2
    channels: PositiveInt = 1
    classes: Annotated[int, Field(ge=2)] = 2
    base: PositiveInt = 64
    depth: Annotated[int, Field(ge=1, le=7)] = 4
    pools: tuple[tuple[Literal[1, 2], ...], ...] = ()
    kernels: tuple[tuple[Literal[1, 3], ...], ...] = ()
    upsampling: Upsampling = "transposed"
    deep_supervision: bool = False
    dropout: BelowOne = 0.0

    @field_validator("pools", "kernels")
    @classmethod
    def _check_levels(
        cls, given: tuple[tuple[int, ...], ...], info: ValidationInfo
    ) -> tuple[tuple[int, ...], ...]:
        depth, axes = info.data.get("depth"), info.data.get("dimensions")
        if not given or depth is None or axes is None:
            return given
        levels = depth + (info.field_name == "kernels")
        if len(given) != levels:
            raise unfit(f"A depth of {depth} has {levels} of them, not {len(given)}")
        if any(len(level) != axes for level in given):
            raise unfit(f"Each needs {axes} numbers, one per axis")
        return given

    @field_validator("kernels")
    @classmethod
    def _check_strides(
        cls, given: tuple[tuple[int, ...], ...], info: ValidationInfo
    ) -> tuple[tuple[int, ...], ...]:
        if info.data.get("name") != "unet-res" or "pools" not in info.data:
            return given
        pools = info.data["pools"] or [(2,) * len(level) for level in given]
        # Other lengths than these are refused above.
        for level, (pool, kernel) in enumerate(zip(pools, given[1:], strict=False), 1):
            if any(map(gt, pool, kernel)):
                raise unfit(
                    "The convolutions of 'unet-res' that halve an axis need the size 3 "
                    f"along it, also at level {level}"
                )
        return given

    @field_validator("deep_supervision")
    @classmethod
    def _check_supervision(cls, given: bool, info: ValidationInfo) -> bool:
        if given and info.data.get("name") == "unet":
            raise unfit(
                "Its valid convolutions leave the levels of 'unet' too little in "
                "common; choose 'unet-bn' or 'unet-res'"
            )
        if given and info.data.get("depth") == 1:
            raise unfit("There is only one level to teach; choose a larger depth")
        return given

    def pool(self, level: int) -> tuple[int, ...]:
        """Size along each axis of the pooling below a level, counted from 0."""
        return self.pools[level] if self.pools else (2,) * self.dimensions

    def kernel(self, level: int) -> tuple[int, ...]:
        """Size along each axis of the convolutions at a level, counted from 0."""
        return self.kernels[level] if self.kernels else (3,) * self.dimensions
