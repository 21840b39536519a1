"""What a training is asked: layers and settings, checked, as a plan for a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.prepare.pairs import check_shapes
from napari_unetseg.core.prepare.split import is_fraction, neighbours, split
from napari_unetseg.gui.parts import sources
from napari_unetseg.gui.parts.sources import Input
from napari_unetseg.gui.run.launch import Plan
from napari_unetseg.gui.train.region import region_of
from napari_unetseg.runs import listing
from napari_unetseg.runs.cost import training_cost
from napari_unetseg.runs.questions import TrainQuestion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari.layers import Labels, Layer

    from napari_unetseg.core.config import TrainConfig
    from napari_unetseg.core.image import Image
    from napari_unetseg.gui.train.look import Seen
    from napari_unetseg.gui.train.region import Region
    from napari_unetseg.runs.cost import Cost
    from napari_unetseg.runs.machine import Machine


# How wide the band is depends on the network, which needs torch.
ONE_BLOCK = (
    "A block of the only annotated {frame} validates, if there is room for a band "
    "around it that the network does not see."
)


@dataclass(frozen=True, eq=False)
class Asked:
    """A training that can be asked for.

    Attributes
    ----------
    image : Input
        What is learnt from.
    layer : Labels
        What is painted.
    labels : Image
        The same, referred to and not yet copied.
    ids : tuple of int
        The classes.
    config : TrainConfig
        How.
    region : Labels or Shapes or None
        What marks where everything counts.
    notes : str
        What 0 means, and what is validated on.
    """

    image: Input
    layer: Labels
    labels: Image
    ids: tuple[int, ...]
    config: TrainConfig
    region: Region | None
    notes: str


def ask(
    images: Sequence[Layer],
    layer: Labels,
    seen: Seen | None,
    config: TrainConfig,
    region: Region | None = None,
) -> Asked:
    """Check what can be checked without reading a pixel.

    Parameters
    ----------
    images : sequence of Layer
        At least one; several are channels of one image.
    layer : Labels
        What is painted.
    seen : Seen or None
        What a look at the labels has shown; None while it is not done.
    config : TrainConfig
        How.
    region : Labels or Shapes, optional
        What marks where everything counts; the look has seen to it that it fits.

    Raises
    ------
    InputError
        In a sentence, if something does not fit.
    """
    image = sources.input_of(images)
    labels = sources.labels_of(layer)
    check_shapes(image.image, labels)
    if seen is None:
        raise InputError("The labels are still being looked at", "Wait a moment")
    if seen.problem:
        raise InputError(seen.sentence)
    ids = seen.ids
    if config.task == "instances":
        ids = tuple(range(config.instances.class_count))
    validated = _validated(config, seen.annotated, image.image)
    notes = " ".join(filter(None, (seen.sentence, validated)))
    return Asked(image, layer, labels, ids, config, region, notes)


def cost_of(asked: Asked, machine: Machine | None) -> Cost:
    """What a training costs on a computer, as far as that is known."""
    image = asked.image.image
    frames = Frames(image, asked.config.dimensions)
    return training_cost(
        asked.config,
        channels=image.channel_count,
        classes=len(asked.ids),
        machine=machine,
        shapes=[frames.shape],
        spacing=frames.spacing,
    )


def _validated(config: TrainConfig, annotated: Sequence[bool], image: Image) -> str:
    """Say what validates, as far as that is known without torch."""
    indices = [*Frames(image, config.dimensions)]  # Refuses a plane for volumes.
    count = len(indices)
    volumes = config.dimensions == 3
    slices = [*annotated]
    if volumes:
        slices = _by_volume(slices, image)
    thickness = len(slices) // count
    frames = [any(slices[i : i + thickness]) for i in range(0, len(slices), thickness)]
    if is_fraction(config.validation) and sum(frames) == 1:
        return ONE_BLOCK.format(frame="volume" if volumes else "slice")
    number = [slice_ // thickness if volumes else 0 for slice_ in range(len(slices))]
    beside = neighbours([(0, index) for index in indices])
    wish = config.validation
    return split(wish, slices, number, volumes=volumes, beside=beside).note


def _by_volume(slices: list[bool], image: Image) -> list[bool]:
    """Put what is known of an image's planes into the order of its volumes."""
    planes = np.asarray(slices).reshape(image.plane_grid)
    stacked = np.moveaxis(planes, image.plane_axes.index("Z"), -1)
    return [bool(is_annotated) for is_annotated in stacked.ravel()]


def plan(asked: Asked, name: str, *, start_from: str = "", stays: bool = False) -> Plan:
    """Plan a run on the layers as they are now.

    Parameters
    ----------
    asked : Asked
        As `ask` returned it.
    name : str
        Name of the model; the file of an existing one is not used.
    start_from : str
        Path of the model to start from; empty for a new network.
    stays : bool
        Whether the training goes on when napari is closed.
    """
    model = listing.new_model(name)
    names: dict[str, str] = {}
    colors: dict[str, str] = {}
    if asked.config.task == "classes":
        names = sources.class_names(asked.layer)
        colors = sources.class_colors(asked.layer, asked.ids)
    inputs = {"image": asked.image, "labels": Input(sources.frozen(asked.labels))}
    if asked.region is not None:
        inputs["region"] = Input(region_of(asked.region, asked.layer, frozen=True))

    def question(paths: Mapping[str, str]) -> TrainQuestion:
        return TrainQuestion(
            images=(paths["image"],),
            labels=(paths["labels"],),
            regions=(paths["region"],) if asked.region is not None else (),
            model=str(model),
            start_from=start_from or None,
            class_names=names,
            class_colors=colors,
            config=asked.config,
        )

    return Plan(
        folder=listing.new_folder("train", name),
        inputs=inputs,
        ask=question,
        stays=stays,
    )
