"""Options that say what painted labels teach, and how the network learns it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_unetseg.cli import options
from napari_unetseg.core.config import (
    APARTS,
    OPTIMISERS,
    PIXEL_WEIGHTS,
    SCHEDULES,
    AugmentConfig,
    InstancesConfig,
    TrainConfig,
)
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.presets import PRESETS, train_config

TASKS = ("classes", "instances")
UNANNOTATED = ("auto", "0", "none")

TRAINING = "Training"
OBJECTS = "Single objects (--task instances)"

Task = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(TASKS),
        help="What labels mean: classes of pixels, or single objects, each with an id "
        "of its own.",
        rich_help_panel=options.DATA,
    ),
]
Unannotated = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(UNANNOTATED),
        help="What is not annotated: label 0, nothing (0 is background), or what the "
        "file of labels notes, or else what is painted tells.",
        rich_help_panel=options.DATA,
    ),
]
Pairs = Annotated[
    Path | None,
    typer.Option(
        "--pairs",
        metavar="FOLDER",
        help="Folder of images and labels: with the same names in the folders images "
        "and labels (or masks), or as NAME.tif and NAME-labels.tif.",
        rich_help_panel=options.DATA,
    ),
]
Annotated_ = Annotated[
    list[Path] | None,
    typer.Option(
        "--annotated",
        metavar="MASK ...",
        help="Masks, or shapes that napari has saved as CSV, one per labels file: "
        "inside, what is not painted is background; outside, it is not annotated.",
        rich_help_panel=options.DATA,
    ),
]
Apart = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(APARTS),
        help="How touching objects are kept apart: by a class of borders, or by a gap "
        "of one pixel.",
        rich_help_panel=OBJECTS,
    ),
]
Border = Annotated[
    float | None,
    typer.Option(
        metavar="PIXELS", help="Width of the borders (2).", rich_help_panel=OBJECTS
    ),
]
ObjectWeights = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(PIXEL_WEIGHTS),
        help="How much more the pixels between objects count: not more, as in the "
        "U-Net paper, or as in its Fiji plugin.",
        rich_help_panel=OBJECTS,
    ),
]
Ring = Annotated[
    float | None,
    typer.Option(
        metavar="PIXELS",
        help="How far around a painted object it is background where 0 means "
        "'not annotated' (5).",
        rich_help_panel=OBJECTS,
    ),
]
Optimiser = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(OPTIMISERS), help="Optimiser.", rich_help_panel=TRAINING
    ),
]
LearningRate = Annotated[
    float | None,
    typer.Option(
        metavar="RATE", help="Largest learning rate.", rich_help_panel=TRAINING
    ),
]
Schedule = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(SCHEDULES),
        help="How the learning rate falls.",
        rich_help_panel=TRAINING,
    ),
]
WeightDecay = Annotated[
    float | None,
    typer.Option(metavar="RATE", help="Weight decay (0.01).", rich_help_panel=TRAINING),
]
Clip = Annotated[
    float | None,
    typer.Option(
        metavar="NORM",
        help="Largest norm of a step's gradient (12); 0: any.",
        rich_help_panel=TRAINING,
    ),
]
Averaging = Annotated[
    float | None,
    typer.Option(
        metavar="DECAY",
        help="Decay of the moving average of the weights that is scored and saved "
        "(0.99); 0: the weights as they are.",
        rich_help_panel=TRAINING,
    ),
]
Augment = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=VALUE ...",
        help=f"How patches vary at random: {', '.join(AugmentConfig.model_fields)}.",
        rich_help_panel=TRAINING,
    ),
]
Patience = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="End early after N validations in a row without a better score.",
        rich_help_panel=TRAINING,
    ),
]
Freeze = Annotated[
    bool | None,
    typer.Option(
        "--freeze",
        help="Keep the weights of the contracting path of the model given by --from.",
        rich_help_panel=TRAINING,
    ),
]


def check_objects(config: TrainConfig, *said: object) -> None:
    """Refuse options of single objects where classes are taught.

    Raises
    ------
    InputError
        If one was given.
    """
    if config.task == "classes" and any(one is not None for one in said):
        raise InputError(
            "--apart, --border, --object-weights and --ring are about single objects, "
            "and classes are taught",
            "Give --task instances too, or leave them out",
        )


def instances(
    apart: str | None,
    border: float | None,
    object_weights: str | None,
    ring: float | None,
) -> InstancesConfig | None:
    """How single objects are taught, as far as it was said.

    Raises
    ------
    InputError
        Naming the first value that does not fit.
    """
    wishes = {
        "apart": options.one_of("--apart", apart, APARTS),
        "border": border,
        "weights": options.one_of("--object-weights", object_weights, PIXEL_WEIGHTS),
        "ring": ring,
    }
    given = {name: value for name, value in wishes.items() if value is not None}
    return InstancesConfig.check(**given) if given else None


def augmentation(
    words: list[str] | None, preset: str | None, dimensions: int | None
) -> AugmentConfig | None:
    """How patches are varied: as the preset does, but for what was said.

    Raises
    ------
    InputError
        Naming the first word that does not fit.
    """
    if not words:
        return None
    preset = options.one_of("preset", preset, PRESETS) or "default"
    values = train_config(preset, dimensions=dimensions).augment.model_dump()
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name not in values:
            raise InputError(
                f"'{word}' is no change of the patches",
                f"Write NAME=VALUE with one of: {', '.join(values)}",
            )
        values[name] = value
    return AugmentConfig.check(**values)
