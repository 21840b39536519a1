"""What can be asked: frozen, checked, and the same in Python, JSON and a run folder."""

from __future__ import annotations

from operator import gt
from typing import Annotated, Literal, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.sizes import STATED, Sizes

NetworkName = Literal["unet-bn", "unet", "unet-res"]
Dimensions = Literal[2, 3]
Upsampling = Literal["transposed", "linear"]
Loss = Literal["cross-entropy", "dice", "cross-entropy+dice", "focal"]
ClassWeights = Literal["equal", "median-frequency"]

NETWORKS: tuple[str, ...] = get_args(NetworkName)
UPSAMPLINGS: tuple[str, ...] = get_args(Upsampling)
LOSSES: tuple[str, ...] = get_args(Loss)
CLASS_WEIGHTS: tuple[str, ...] = get_args(ClassWeights)

Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["auto", "fp32", "bf16"]
Views = Literal["none", "flips", "rotations"]
Uncertainty = Literal["none", "entropy", "disagreement"]
PositiveInt = Annotated[int, Field(gt=0)]
PositiveFloat = Annotated[float, Field(gt=0)]


class Config(BaseModel):
    """Base: frozen, no unknown names, errors in one sentence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def check(cls, **values: object) -> Self:
        """Build the configuration from a user's values.

        Raises
        ------
        InputError
            Naming the first option that does not fit, and why.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            option = ".".join(str(part) for part in first["loc"])
            raise InputError(
                f"{option} = {first['input']!r} does not fit", first["msg"]
            ) from error


def _unfit(why: str) -> PydanticCustomError:
    """Say why a value does not fit, as one sentence without a full stop."""
    return PydanticCustomError("unfit", "{why}", {"why": why})


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
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0

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
            raise _unfit(f"A depth of {depth} has {levels} of them, not {len(given)}")
        if any(len(level) != axes for level in given):
            raise _unfit(f"Each needs {axes} numbers, one per axis")
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
                raise _unfit(
                    "The convolutions of 'unet-res' that halve an axis need the size 3 "
                    f"along it, also at level {level}"
                )
        return given

    @field_validator("deep_supervision")
    @classmethod
    def _check_supervision(cls, given: bool, info: ValidationInfo) -> bool:
        if given and info.data.get("name") == "unet":
            raise _unfit(
                "Its valid convolutions leave the levels of 'unet' too little in "
                "common; choose 'unet-bn' or 'unet-res'"
            )
        if given and info.data.get("depth") == 1:
            raise _unfit("There is only one level to teach; choose a larger depth")
        return given

    def pool(self, level: int) -> tuple[int, ...]:
        """Size along each axis of the pooling below a level, counted from 0."""
        return self.pools[level] if self.pools else (2,) * self.dimensions

    def kernel(self, level: int) -> tuple[int, ...]:
        """Size along each axis of the convolutions at a level, counted from 0."""
        return self.kernels[level] if self.kernels else (3,) * self.dimensions


class AugmentConfig(Config):
    """Random changes of the training patches.

    Attributes
    ----------
    bent : float
        Share of the patches that are bent, turned by any angle and zoomed. The others
        are turned by quarters only, which keeps their pixels as sharp as those of the
        images that will be predicted.
    elastic_sigma : float
        Standard deviation of the control points' displacement, in pixels; in volumes
        in pixels of the finest axis.
    elastic_spacing : float
        Distance of the control points, in the same pixels.
    rotate, flip : bool
        Rotation by any angle (of volumes in the plane of the two finest axes),
        mirroring of all axes.
    scale : float
        Zoom is drawn from 1 / (1 + scale) to 1 + scale.
    contrast, brightness : float
        Standard deviations of the gain's logarithm and of the offset, in units of the
        image's standard deviation.
    noise : float
        Largest standard deviation of added Gaussian noise, in the same units.
    """

    bent: Annotated[float, Field(ge=0, le=1)] = 0.25
    elastic_sigma: Annotated[float, Field(ge=0)] = 10.0
    elastic_spacing: PositiveFloat = 128.0
    rotate: bool = True
    flip: bool = True
    scale: Annotated[float, Field(ge=0)] = 0.1
    contrast: Annotated[float, Field(ge=0)] = 0.2
    brightness: Annotated[float, Field(ge=0)] = 0.2
    noise: Annotated[float, Field(ge=0)] = 0.1


class TrainConfig(Config):
    """How to train.

    `base`, `depth`, `patch` and `batch` are None where the preset states other values
    for a CPU than for a GPU; `sizes` tells them once the device is known.

    Attributes
    ----------
    unannotated : {"auto", "0", "none"}
        "0": label 0 means "not annotated"; "none": every pixel is annotated and 0, if
        it occurs, is background; "auto": decided per frame from what is painted.
    validation : str
        Slices as in "15-19" or "3,7" (counted from 0, ends included), or a fraction of
        the slices as in "0.2".
    minutes, steps : float, int
        How long: exactly one is set. Minutes become a number of steps once the first
        steps have shown the speed.
    dimensions : int
        2: the network sees planes (Y, X); 3: volumes (Z, Y, X).
    network, upsampling, deep_supervision, dropout
        As of `NetworkConfig`.
    base, depth, patch, batch : int, optional
        As of `Sizes`; None: as the preset states for the device.
    loss : {"cross-entropy", "dice", "cross-entropy+dice", "focal"}
        What is minimised.
    class_weights : {"equal", "median-frequency"}
        How much the classes count in it.
    optimiser : {"adamw", "sgd"}
        AdamW, or stochastic gradient descent with momentum 0.99.
    learning_rate, weight_decay : float
        Peak learning rate (cosine to zero) and decoupled weight decay.
    averaging : float
        Largest decay of the moving average of the weights, which is what is validated
        and saved; 0 saves the weights as they are.
    seed : int
        Start of every random number.
    """

    task: Literal["classes", "instances"] = "classes"
    unannotated: Literal["auto", "0", "none"] = "auto"
    validation: str = "0.2"
    minutes: PositiveFloat | None = 5.0
    steps: PositiveInt | None = None
    dimensions: Dimensions = 2
    network: NetworkName = "unet-bn"
    preset: Literal["fast", "default", "paper"] = "default"
    base: PositiveInt | None = None
    depth: Annotated[int, Field(ge=1, le=7)] | None = None
    upsampling: Upsampling = "transposed"
    deep_supervision: bool = False
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    patch: PositiveInt | None = None
    batch: PositiveInt | None = None
    loss: Loss = "cross-entropy"
    class_weights: ClassWeights = "equal"
    optimiser: Literal["adamw", "sgd"] = "adamw"
    learning_rate: PositiveFloat = 5e-3
    weight_decay: Annotated[float, Field(ge=0)] = 1e-2
    averaging: Annotated[float, Field(ge=0, lt=1)] = 0.99
    augment: AugmentConfig = AugmentConfig()
    seed: Annotated[int, Field(ge=0)] = 0
    device: Device = "auto"
    precision: Precision = "auto"

    @model_validator(mode="after")
    def _state_sizes(self) -> Self:
        """Say what is known before the device is."""
        both = zip(*STATED[self.preset, self.dimensions], strict=True)
        for name, (on_cpu, on_gpu) in zip(Sizes._fields, both, strict=True):
            if getattr(self, name) is None and on_cpu == on_gpu:
                object.__setattr__(self, name, on_cpu)
        return self


class Size(Config):
    """An area, or in volumes a volume: in pixels, or in a unit's square or cube."""

    value: PositiveFloat
    unit: str = "pixel"


class SegmentConfig(Config):
    """How to apply a model.

    Attributes
    ----------
    tile : "auto", "whole" or int
        Side of the written part of a tile in pixels, rounded up to what the network can
        do. The result does not depend on it.
    region : dict of axis to (int, int)
        What is segmented, in pixels, stops exclusive; of axes that are not named all.
        The result has the size of the image, and is 0 elsewhere.
    rescale : bool
        Whether an image of another pixel size than the model's is resampled to it, and
        the scores back.
    average : {"none", "flips", "rotations"}
        What the scores are averaged over: the image as it is, mirrored, or also turned
        by quarters.
    uncertainty : {"none", "entropy", "disagreement"}
        What is kept of how sure the scores are; "disagreement" is that of the views
        that are averaged.
    scores : bool
        Whether the softmax probabilities are kept too.
    thresholds : dict of id to float
        Probability from which a class is chosen; those of the model count for classes
        that are not named.
    objects : {"auto", "classes", "instances"}
        Whether each object gets a number of its own; "auto": as the model was taught.
    link : bool
        Whether objects of consecutive slices that overlap get the same number.
    smallest, holes : dict of id to Size
        Objects of a class, or holes in it, that are smaller vanish. In instances the
        id 1 stands for all objects.
    """

    tile: Literal["auto", "whole"] | PositiveInt = "auto"
    region: dict[str, tuple[int, int]] = Field(default_factory=dict)
    rescale: bool = True
    average: Views = "none"
    uncertainty: Uncertainty = "none"
    scores: bool = False
    thresholds: dict[int, Annotated[float, Field(gt=0, lt=1)]] = Field(
        default_factory=dict
    )
    objects: Literal["auto", "classes", "instances"] = "auto"
    link: bool = False
    smallest: dict[int, Size] = Field(default_factory=dict)
    holes: dict[int, Size] = Field(default_factory=dict)
    device: Device = "auto"
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"

    @field_validator("uncertainty")
    @classmethod
    def _check_views(cls, given: str, info: ValidationInfo) -> str:
        if given == "disagreement" and info.data.get("average") == "none":
            raise _unfit(
                "Several views are needed to disagree; average over flips or rotations"
            )
        return given
