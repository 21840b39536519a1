"""A network's architecture."""

from __future__ import annotations

from operator import gt
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from napari_unetseg.core.config.base import (
    BelowOne,
    Config,
    Dimensions,
    PositiveInt,
    unfit,
)

NetworkName = Literal[
    "unet-bn",
    "unet",
    "unet-res",
    "fcn-32s",
    "fcn-16s",
    "fcn-8s",
    "segnet",
    "deconvnet",
    "patch",
]
Upsampling = Literal["transposed", "linear", "unpooling"]

# What the networks before and beside the U-Net always have: so many poolings of planes,
# and these ways up, of which the first is the paper's.
POOLINGS: dict[str, int] = {
    "fcn-32s": 5,
    "fcn-16s": 5,
    "fcn-8s": 5,
    "segnet": 5,
    "deconvnet": 5,
    "patch": 4,
}
WAYS_UP: dict[str, tuple[Upsampling, ...]] = {
    "segnet": ("unpooling", "transposed", "linear"),
    "deconvnet": ("unpooling", "transposed", "linear"),
    **dict.fromkeys(("fcn-32s", "fcn-16s", "fcn-8s", "patch"), ("transposed",)),
    **dict.fromkeys(("unet-bn", "unet", "unet-res"), ("transposed", "linear")),
}


class NetworkConfig(Config):
    """A network's architecture: all that is needed to build it again.

    Attributes
    ----------
    name : str
        "unet" (valid convolutions; Ronneberger 2015, in 3D Cicek 2016), "unet-bn"
        (padded, batch norm) or "unet-res" (its encoder made of residual blocks); of
        planes only: "fcn-32s", "fcn-16s", "fcn-8s" (Long 2015), "segnet"
        (Badrinarayanan 2017), "deconvnet" (Noh 2015) and "patch" (Ciresan 2012).
    dimensions : int
        2: the network sees planes (Y, X); 3: volumes (Z, Y, X).
    channels, classes : int
        Number of input channels and of output classes.
    base : int
        Channels of the first level; each level below doubles them. "patch" has as many
        at all levels, and the networks on VGG16 no more than 8 times as many.
    depth : int
        Number of poolings; of the networks that are not U-Nets always the paper's.
    pools : tuple of tuple of int
        For each pooling its size along each axis, 1 or 2; empty if 2 everywhere.
    kernels : tuple of tuple of int
        For each level, from the top, the convolutions' size along each axis, 1 or 3;
        empty if 3 everywhere.
    upsampling : {"transposed", "linear", "unpooling"}
        Transposed convolution; bilinear (in 3D trilinear) and a convolution; or back to
        where the maxima were. `WAYS_UP` tells which networks have which.
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

    @model_validator(mode="before")
    @classmethod
    def _take_the_papers(cls, given: Any) -> Any:
        """Fill in what a network of history always has."""
        name = given.get("name") if isinstance(given, dict) else None
        if not isinstance(name, str) or name not in POOLINGS:
            return given
        return {"depth": POOLINGS[name], "upsampling": WAYS_UP[name][0]} | given

    @field_validator("dimensions")
    @classmethod
    def _check_dimensions(cls, given: int, info: ValidationInfo) -> int:
        name = info.data.get("name")
        if given == 3 and name in POOLINGS:
            raise unfit(
                f"'{name}' was made for planes; choose a U-Net for volumes, or 2"
            )
        return given

    @field_validator("depth")
    @classmethod
    def _check_depth(cls, given: int, info: ValidationInfo) -> int:
        name = info.data.get("name")
        if POOLINGS.get(str(name), given) != given:
            raise unfit(f"'{name}' always has {POOLINGS[str(name)]} poolings")
        return given

    @field_validator("upsampling")
    @classmethod
    def _check_upsampling(cls, given: Upsampling, info: ValidationInfo) -> Upsampling:
        name = info.data.get("name")
        possible = WAYS_UP.get(str(name), (given,))
        if given not in possible:
            raise unfit(f"'{name}' can do: {', '.join(possible)}")
        return given

    @field_validator("pools", "kernels")
    @classmethod
    def _check_paper(
        cls, given: tuple[tuple[int, ...], ...], info: ValidationInfo
    ) -> tuple[tuple[int, ...], ...]:
        if given and info.data.get("name") in POOLINGS:
            raise unfit("Only U-Nets can be pooled otherwise; leave it empty")
        return given

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
        if given and info.data.get("name") in POOLINGS:
            raise unfit("Only U-Nets have levels that can be taught")
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
