"""What a fresh model says about how it was made."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import torch

from napari_unetseg.core.network.build import hollow
from napari_unetseg.core.network.card import ModelCard, Objects
from napari_unetseg.core.network.geometry import axis_geometries
from napari_unetseg.core.prepare.divide import joined
from napari_unetseg.core.prepare.trace import trace

if TYPE_CHECKING:
    from collections.abc import Collection

    from napari_unetseg.core.config import NetworkConfig, TrainConfig
    from napari_unetseg.core.network.card import Classes
    from napari_unetseg.core.network.modelfile import Model
    from napari_unetseg.core.prepare.divide import Division
    from napari_unetseg.core.prepare.samples import Sample
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
    seen: list[dict[str, Any]] | None,
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
    seen : list of dict or None
        What its pixels were used for, as of `prepare.trace.trace`.
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
    if seen is not None:
        training["seen"] = seen
    best = blank(network, material, classes).model_copy(
        update={"training": training, "validation": _validation(parts, trained)}
    )
    last = {"training": training | {"kept_step": trained.total}, "validation": {}}
    return best, best.model_copy(update=last)


def seen_by(
    material: Material,
    parts: Division,
    spare: Collection[Sample],
    start_from: Model | None,
) -> list[dict[str, Any]] | None:
    """Note what the pixels were used for; see `prepare.trace.trace`.

    Parameters
    ----------
    material, start_from
        What it was trained on, and from which model.
    parts : Division
        How it was divided at the beginning.
    spare : collection of Sample
        Frames of which nothing was painted until the end.
    """
    later = [one for one in parts.spare if one not in spare]
    told = [
        *parts.told(material.planes, material.labels),
        *joined(later, material.labels),
    ]
    before = [] if start_from is None else start_from.card.training.get("seen")
    return trace(material.images, told, before)


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
