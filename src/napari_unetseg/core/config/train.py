"""How a network is trained."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from napari_unetseg.core.config.augment import AugmentConfig
from napari_unetseg.core.config.base import (
    BelowOne,
    Config,
    Device,
    Dimensions,
    NonNegative,
    Percent,
    PositiveFloat,
    PositiveInt,
    unfit,
)
from napari_unetseg.core.config.instances import InstancesConfig
from napari_unetseg.core.config.network import (
    POOLINGS,
    WAYS_UP,
    NetworkName,
    Upsampling,
)
from napari_unetseg.core.sizes import STATED, Sizes

Loss = Literal["cross-entropy", "dice", "cross-entropy+dice", "focal"]
ClassWeights = Literal["equal", "median-frequency"]
Optimiser = Literal["adamw", "adam", "sgd"]
Schedule = Literal["cosine", "poly", "constant"]
Precision = Literal["auto", "fp32", "bf16"]
Centres = Literal["pixels", "objects"]


class TrainConfig(Config):
    """How to train.

    `base`, `depth`, `patch` and `batch` are None where the preset states other values
    for a CPU than for a GPU; `sizes` tells them once the device is known.

    Attributes
    ----------
    task : {"classes", "instances"}
        What painted ids mean: classes of pixels, or single objects.
    instances : InstancesConfig
        How single objects are taught.
    unannotated : {"auto", "0", "none"}
        "0": label 0 means "not annotated"; "none": every pixel is annotated and 0, if
        it occurs, is background; "auto": what is noted in the file of the labels, or
        else decided per frame from what is painted.
    validation : str
        Slices as in "15-19" or "3,7" (counted from 0, ends included), a fraction of
        the slices as in "0.2", or boxes of the first image as in
        "z=3:5,y=0:100;z=9:10" (stops excluded).
    minutes, steps : float, int
        How long: exactly one is set. Minutes become a number of steps once the first
        steps have shown the speed.
    dimensions : int
        2: the network sees planes (Y, X); 3: volumes (Z, Y, X).
    network, upsampling, deep_supervision, dropout
        As of `NetworkConfig`.
    base, depth, patch, batch : int, optional
        As of `Sizes`; None: as the preset states for the device.
    centres : {"pixels", "objects"}
        Where patches lie: around any annotated pixel, or with an object in the middle,
        that is connected pixels of a class other than 0, as in the first of the two
        trainings of Noh 2015.
    loss : {"cross-entropy", "dice", "cross-entropy+dice", "focal"}
        What is minimised.
    class_weights : {"equal", "median-frequency"}
        How much the classes count in it.
    optimiser : {"adamw", "adam", "sgd"}
        AdamW, Adam, or stochastic gradient descent with momentum 0.99.
    learning_rate, weight_decay : float
        Peak learning rate and weight decay, which AdamW decouples.
    schedule : {"cosine", "poly", "constant"}
        How the learning rate falls after the warm-up: as a cosine to zero, as the power
        0.9 of what is left, or not at all.
    clip : float
        Largest norm of a step's gradient, to which a larger one is shortened; 0: any.
    averaging : float
        Largest decay of the moving average of the weights, which is what is validated
        and saved; 0 saves the weights as they are.
    patience : int, optional
        Validations in a row without a better score after which the training ends
        early; None: it goes on to its last step.
    freeze : bool
        Whether the contracting path of a model that the training starts from keeps its
        weights.
    seed : int
        Start of every random number.
    memory : int, optional
        Percent of the free memory of the device that may be used; by default all. If a
        step does not fit, its patch and batch become smaller.
    """

    task: Literal["classes", "instances"] = "classes"
    instances: InstancesConfig = InstancesConfig()
    unannotated: Literal["auto", "0", "none"] = "auto"
    validation: str = "0.2"
    minutes: PositiveFloat | None = 5.0
    steps: Annotated[PositiveInt | None, Field(validate_default=True)] = None
    dimensions: Dimensions = 2
    network: NetworkName = "unet-bn"
    preset: Literal["fast", "default", "paper"] = "default"
    base: PositiveInt | None = None
    depth: Annotated[int, Field(ge=1, le=7)] | None = None
    upsampling: Upsampling = "transposed"
    deep_supervision: bool = False
    dropout: BelowOne = 0.0
    patch: PositiveInt | None = None
    batch: PositiveInt | None = None
    centres: Centres = "pixels"
    loss: Loss = "cross-entropy"
    class_weights: ClassWeights = "equal"
    optimiser: Optimiser = "adamw"
    learning_rate: PositiveFloat = 5e-3
    weight_decay: NonNegative = 1e-2
    schedule: Schedule = "cosine"
    clip: NonNegative = 12.0
    averaging: BelowOne = 0.99
    patience: PositiveInt | None = None
    freeze: bool = False
    augment: AugmentConfig = AugmentConfig()
    seed: Annotated[int, Field(ge=0)] = 0
    device: Device = "auto"
    memory: Percent | None = None
    precision: Precision = "auto"

    @field_validator("steps")
    @classmethod
    def _check_end(cls, given: int | None, info: ValidationInfo) -> int | None:
        if given is None and info.data.get("minutes", 0) is None:
            raise unfit("Without minutes a training needs a number of steps")
        return given

    @model_validator(mode="after")
    def _state_sizes(self) -> Self:
        """Say what is known before the device is."""
        if self.network in POOLINGS:
            if self.depth is None:
                object.__setattr__(self, "depth", POOLINGS[self.network])
            if "upsampling" not in self.model_fields_set:
                object.__setattr__(self, "upsampling", WAYS_UP[self.network][0])
        both = zip(*STATED[self.preset, self.dimensions], strict=True)
        for name, (on_cpu, on_gpu) in zip(Sizes._fields, both, strict=True):
            if getattr(self, name) is None and on_cpu == on_gpu:
                object.__setattr__(self, name, on_cpu)
        return self
