"""What a fresh model says about how it was made."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import torch

from napari_unetseg.core.frames import Frames
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.core.network.geometry import axis_geometries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.config import NetworkConfig, TrainConfig
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.card import Classes
    from napari_unetseg.core.prepare.split import Split
    from napari_unetseg.core.train.loop import Trained


def describe(
    network: NetworkConfig,
    config: TrainConfig,
    images: Sequence[Image],
    classes: Classes,
    parts: Split,
    trained: Trained,
) -> ModelCard:
    """Write a model's card: names and numbers only, no paths.

    Parameters
    ----------
    network : NetworkConfig
        The architecture.
    config : TrainConfig
        How it was trained.
    images : sequence of Image
        What it was trained on; the first one's pixel size and channels are kept.
    classes : Classes
        Ids, names and colours.
    parts : Split
        Slices of training and validation.
    trained : Trained
        The outcome.
    """
    first = images[0]
    return ModelCard(
        network=network,
        classes=classes.ids,
        class_names=classes.names,
        class_colors=classes.colors,
        channels=first.channels,
        spacing=Frames(first, network.dimensions).spacing,
        unit=first.unit,
        halo=tuple(axis.before for axis in axis_geometries(network_of(network))),
        training={
            "images": [image.name for image in images],
            "train_slices": list(parts.train),
            "steps": trained.total,
            "kept_step": trained.step,
            "config": config.model_dump(mode="json"),
        },
        validation=_validation(parts, trained),
        versions={
            "napari-unetseg": version("napari-unetseg"),
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
    )


def _validation(parts: Split, trained: Trained) -> dict[str, Any]:
    score = trained.score
    if score is None:
        return {}
    return {
        "slices": list(parts.validation),
        "iou": {str(label): value for label, value in score.iou.items()},
        "mean_iou": score.mean_iou,
        "pixel_error": score.pixel_error,
        "chosen_by": "these slices also chose the step that was kept",
    }
