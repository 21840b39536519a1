"""What can be asked: frozen, checked, and the same in Python, JSON and a run folder."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from napari_unetseg.core.errors import InputError

NETWORKS = ("unet-bn", "unet", "unet-res")

NetworkName = Literal["unet-bn", "unet", "unet-res"]
Dimensions = Literal[2, 3]
Upsampling = Literal["transposed", "linear"]

Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["auto", "fp32", "bf16"]
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
        Whether the levels on the way up have heads too, which only teach.
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

    @model_validator(mode="after")
    def _check_levels(self) -> Self:
        for name, given, levels in (
            ("pools", self.pools, self.depth),
            ("kernels", self.kernels, self.depth + 1),
        ):
            if given and len(given) != levels:
                raise ValueError(f"{name} has {len(given)} levels instead of {levels}")
            if any(len(level) != self.dimensions for level in given):
                raise ValueError(f"{name} needs {self.dimensions} numbers per level")
        return self

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
        Standard deviation of the control points' displacement, in pixels.
    elastic_spacing : float
        Distance of the control points, in pixels.
    rotate, flip : bool
        Rotation by any angle, mirroring of X and Y.
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
    base : int, optional
        Channels of the network's first level; 16 on a CPU and 32 on a GPU if not set.
    patch : int
        Side of what one patch teaches (the network's output), in pixels.
    batch : int
        Patches per step.
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
    depth: PositiveInt = 4
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    patch: PositiveInt = 256
    batch: PositiveInt = 4
    optimiser: Literal["adamw", "sgd"] = "adamw"
    learning_rate: PositiveFloat = 5e-3
    weight_decay: Annotated[float, Field(ge=0)] = 1e-2
    averaging: Annotated[float, Field(ge=0, lt=1)] = 0.99
    augment: AugmentConfig = AugmentConfig()
    seed: Annotated[int, Field(ge=0)] = 0
    device: Device = "auto"
    precision: Precision = "auto"


def default_base(device: str) -> int:
    """Channels of the first level where none are asked for.

    Parameters
    ----------
    device : str
        As `core.device.choose_device` returned it.
    """
    return 16 if device == "cpu" else 32


PRESETS: dict[str, dict[str, object]] = {
    "default": {},
    "fast": {"base": 8, "depth": 3},
    # Ronneberger 2015; its learning rate is not published.
    "paper": {
        "network": "unet",
        "base": 64,
        "dropout": 0.5,
        "patch": 388,
        "batch": 1,
        "optimiser": "sgd",
        "learning_rate": 1e-3,
        "weight_decay": 0.0,
        "averaging": 0.0,
        "augment": AugmentConfig(bent=1.0, elastic_spacing=194.0, scale=0.0, noise=0.0),
    },
}

# Without batch norm the weights do not bear the default learning rate.
_NETWORK_WISHES: dict[object, dict[str, object]] = {"unet": {"learning_rate": 1e-3}}


def train_config(preset: str = "default", **wishes: object) -> TrainConfig:
    """A preset, with some of its values replaced.

    Parameters
    ----------
    preset : {"fast", "default", "paper"}
        "fast": a quarter of the channels' work, for a first look; "paper": the network
        and training of Ronneberger 2015.
    **wishes
        Fields of `TrainConfig`; None keeps the preset's value. `steps` replaces the
        minutes.

    Raises
    ------
    InputError
        Naming the first value that does not fit.
    """
    if preset not in PRESETS:
        raise InputError(
            f"There is no preset '{preset}'", f"Choose one of: {', '.join(PRESETS)}"
        )
    given = {name: value for name, value in wishes.items() if value is not None}
    if "steps" in given:
        given.setdefault("minutes", None)
    values = PRESETS[preset] | {"preset": preset}
    values |= _NETWORK_WISHES.get(given.get("network"), {}) | given
    return TrainConfig.check(**values)


class SegmentConfig(Config):
    """How to apply a model.

    Attributes
    ----------
    tile : "auto", "whole" or int
        Side of the kept output in pixels, rounded up to what the network can do. The
        result does not depend on it.
    scores : bool
        Whether the softmax probabilities are kept too.
    """

    tile: Literal["auto", "whole"] | PositiveInt = "auto"
    scores: bool = False
    device: Device = "auto"
    precision: Precision = "auto"
