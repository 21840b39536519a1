"""What can be told wrong about a training's settings before anything is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.cli import options
from napari_unetseg.core.config import TrainConfig
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.presets import PRESETS, train_config

if TYPE_CHECKING:
    from pathlib import Path


def training_config(preset: str | None, **wishes: object) -> TrainConfig:
    """Build the configuration; None keeps the preset's value.

    Raises
    ------
    InputError
        Naming the first value that does not fit.
    """
    if wishes.get("minutes") is not None and wishes.get("steps") is not None:
        raise InputError(
            "--minutes and --steps both say how long to train", "Give one of the two"
        )
    preset = options.one_of("preset", preset, PRESETS)
    return train_config(preset or "default", **wishes)


def check_pairs(
    images: list[Path], labels: list[Path], regions: list[Path] | None = None
) -> None:
    """Refuse images without labels, or the other way round; and regions likewise."""
    if regions and len(regions) != len(labels):
        raise InputError(
            f"--annotated names {len(regions)} files, but there are {len(labels)} "
            "labels",
            "Give one for each labels file",
        )
    if len(images) != len(labels):
        raise InputError(
            f"There are {len(images)} images but {len(labels)} labels",
            "Give one labels file for each image",
        )
