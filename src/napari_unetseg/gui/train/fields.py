"""Settings of a training, as widgets and as a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from napari_unetseg.core.config import (
    CENTRES,
    CLASS_WEIGHTS,
    LOSSES,
    NETWORKS,
    OPTIMISERS,
    SCHEDULES,
    UPSAMPLINGS,
    Dimensions,
)
from napari_unetseg.core.presets import train_config
from napari_unetseg.gui.parts.fields import DEVICE, PRECISION, Field

if TYPE_CHECKING:
    from napari_unetseg.core.config import TrainConfig


# Parts of a configuration that have settings of their own.
GROUPS = ("augment", "instances")


def value_of(config: TrainConfig, name: str) -> Any:
    """Value of a setting by its dotted name."""
    value: Any = config
    for part in name.split("."):
        value = getattr(value, part)
    return value


def config_of(preset: str, values: dict[str, Any]) -> TrainConfig:
    """Configuration from a preset and settings by their dotted names.

    Raises
    ------
    InputError
        Naming the first value that does not fit.
    """
    plain = train_config(preset, dimensions=values.get("dimensions"))
    wishes: dict[str, Any] = {
        group: getattr(plain, group).model_dump() for group in GROUPS
    }
    for name, value in values.items():
        group, _, part = name.rpartition(".")
        (wishes[group] if group else wishes)[part] = value
    return train_config(preset, **wishes)


MINUTES = Field(
    "minutes",
    "Minutes",
    "How long to train, in minutes. The first 20 steps show how many steps that is.",
    step=0.1,
    largest=100_000,
)

TRAINING = (
    Field(
        "dimensions",
        "Dimensions",
        "What the network sees at once: 2, slices, or 3, volumes. Volumes need more "
        "memory and time, and 4 slices besides those that validate.",
        choices=get_args(Dimensions),
    ),
    Field(
        "network",
        "Network",
        "unet-bn: U-Net with padding and batch normalisation, quick to train. unet: as "
        "in the paper of 2015, without padding. unet-res: with residual blocks on the "
        "way down, as nnU-Net's; it sees very far, so that its tiles cost more. Before "
        "and beside the U-Net, for slices: fcn-32s, fcn-16s, fcn-8s, segnet, deconvnet "
        "and patch, which classifies a window around each pixel.",
        choices=NETWORKS,
    ),
    Field(
        "base",
        "Channels",
        "Channels of the network's first level; each level below has twice as many. "
        "The papers' networks have 64, patch 48. Empty: as the preset states for this "
        "computer.",
        unset="auto",
    ),
    Field(
        "depth",
        "Poolings",
        "How often the image is halved on the way down. More see farther around. Only "
        "U-Nets leave the choice. "
        "Empty: as the preset states for this computer.",
        unset="auto",
    ),
    Field(
        "upsampling",
        "Upsampling",
        "The way up: a learnt transposed convolution, linear interpolation, or, of "
        "segnet and deconvnet, unpooling: back to where the maxima were.",
        choices=UPSAMPLINGS,
    ),
    Field(
        "deep_supervision",
        "Deep supervision",
        "Whether the coarser levels on the way up are taught too.",
    ),
    Field(
        "dropout",
        "Dropout",
        "Probability from 0 to 1 that a channel's value is left out at the bottom of "
        "the network while it trains.",
        step=0.01,
        largest=0.99,
    ),
    Field(
        "validation",
        "Validation",
        "What is only scored: a fraction of the slices, as in 0.2, or slices, as in "
        "15-19 or 3,7, counted from 0, or boxes, as in z=3:5,y=0:100;z=9:10. A "
        "fraction of a single slice is a block of it. 0 validates on none.",
    ),
    Field(
        "steps",
        "Steps",
        "How many training steps, in place of the minutes. Empty: from the minutes.",
        unset="from minutes",
    ),
    Field(
        "patch",
        "Patch",
        "Side of what one patch teaches, in pixels of the finest axis. Empty: as the "
        "preset states for this computer.",
        unset="auto",
    ),
    Field("batch", "Batch", "Patches in one training step.", largest=4096),
    Field(
        "centres",
        "Centres",
        "Where patches lie: around any annotated pixel, or each with an object in its "
        "middle, that is with connected pixels of a class other than 0.",
        choices=CENTRES,
    ),
    Field(
        "loss",
        "Loss",
        "What is minimised: cross-entropy of each pixel, soft Dice of each class, "
        "their sum, or focal, which looks at the pixels that are hard.",
        choices=LOSSES,
    ),
    Field(
        "class_weights",
        "Class weights",
        "How much a pixel of each class counts: all the same, or rare classes more "
        "(median frequency).",
        choices=CLASS_WEIGHTS,
    ),
    Field(
        "optimiser",
        "Optimiser",
        "adamw, adam, or sgd: stochastic gradient descent with momentum 0.99, as in "
        "the paper.",
        choices=OPTIMISERS,
    ),
    Field(
        "learning_rate",
        "Learning rate",
        "Largest step of the weights. It rises over 20 steps and then falls as the "
        "schedule says.",
        step=0.00001,
        largest=10,
    ),
    Field(
        "schedule",
        "Schedule",
        "How the learning rate falls: to 0 along a cosine, as the power 0.9 of what is "
        "left (poly), or not at all.",
        choices=SCHEDULES,
    ),
    Field(
        "weight_decay",
        "Weight decay",
        "How strongly weights are pulled to 0, per step and unit of learning rate.",
        step=0.0001,
        largest=10,
    ),
    Field(
        "clip",
        "Clipping",
        "Largest norm of a step's gradient; a larger one is shortened to it. 0 leaves "
        "all as they are.",
        step=0.5,
        largest=1000,
    ),
    Field(
        "averaging",
        "Averaging",
        "Decay from 0 to 1 of the moving average of the weights, which is what is "
        "validated and saved; 0 takes the weights as they are.",
        step=0.001,
        largest=0.999,
    ),
    Field(
        "patience",
        "Patience",
        "After how many validations in a row without a better score the training ends "
        "early. Empty: it goes on to its end.",
        unset="to the end",
    ),
    Field(
        "freeze",
        "Freeze",
        "Whether the way down of the model that is started from keeps its weights, so "
        "that only the way up learns.",
    ),
    Field("seed", "Seed", "Start of all random numbers: the same seed repeats a run."),
    DEVICE,
    PRECISION,
)
