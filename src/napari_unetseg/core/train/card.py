"""What a fresh model says about how it was made."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import torch

from napari_unetseg.core.network.build import hollow
from napari_unetseg.core.network.card import ModelCard, Objects
from napari_unetseg.core.network.geometry import axis_geometries

if TYPE_CHECKING:
    from napari_unetseg.core.config import NetworkConfig, TrainConfig
    from napari_unetseg.core.network.card import Classes
    from napari_unetseg.core.prepare.split import Split
    from napari_unetseg.core.prepare.teaching import Teaching
    from napari_unetseg.core.train.loop import Trained
    from napari_unetseg.core.train.material import Material


def describe(
    network: NetworkConfig,
    config: TrainConfig,
    material: Material,
    classes: Classes,
    parts: Split,
    trained: Trained,
) -> tuple[ModelCard, ModelCard]:
    """Write the cards of a training's best and last model: names and numbers, no paths.

    Parameters
    ----------
    network : NetworkConfig
        The architecture.
    config : TrainConfig
        How it was trained.
    material : Material
        What it was trained on.
    classes : Classes
        Ids, names and colours.
    parts : Split
        Slices of training and validation.
    trained : Trained
        The outcome.
    """
    training = {
        "images": [image.name for image in material.images],
        "labels": [frames.image.name for frames in material.labels],
        "train_slices": list(parts.train),
        "steps": trained.total,
        "kept_step": trained.step,
        "config": config.model_dump(mode="json")
        | {"batch": trained.size.batch, "patch": trained.size.patch},
    }
    best = blank(network, material, classes).model_copy(
        update={"training": training, "validation": _validation(parts, trained)}
    )
    last = {"training": training | {"kept_step": trained.total}, "validation": {}}
    return best, best.model_copy(update=last)


def blank(network: NetworkConfig, material: Material, classes: Classes) -> ModelCard:
    """Write what is known of a model before it has learnt anything.

    Parameters
    ----------
    network, material, classes
        As for `describe`.
    """
    return ModelCard(
        network=network,
        classes=classes.ids,
        class_names=classes.names,
        class_colors=classes.colors,
        channels=material.images[0].channels,
        spacing=material.size.spacing,
        unit=material.size.unit,
        halo=tuple(axis.before for axis in axis_geometries(hollow(network))),
        objects=_objects(material.teaching),
        versions={
            "napari-unetseg": version("napari-unetseg"),
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
    )


def _objects(teaching: Teaching) -> Objects | None:
    if teaching.instances is None:
        return None
    smallest = teaching.smallest
    if teaching.instances.apart == "border":
        return Objects(kind="watershed", centre=1, border=2, smallest=smallest)
    return Objects(smallest=smallest)


def _validation(parts: Split, trained: Trained) -> dict[str, Any]:
    score = trained.score
    if score is None:
        return {}
    return {
        "slices": list(parts.validation),
        **score.summary(),
        "chosen_by": "these slices also chose the step that was kept",
    }
