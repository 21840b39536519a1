"""What a training is asked: layers and settings, checked, as a plan for a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.prepare.samples import check_shapes
from napari_unetseg.core.prepare.split import split
from napari_unetseg.gui.parts import sources
from napari_unetseg.gui.parts.sources import Input
from napari_unetseg.gui.run.launch import Plan
from napari_unetseg.runs import listing
from napari_unetseg.runs.questions import TrainQuestion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari.layers import Labels, Layer

    from napari_unetseg.core.config import TrainConfig
    from napari_unetseg.core.image import Image
    from napari_unetseg.gui.train.look import Seen


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
    notes : str
        What 0 means, and what is validated on.
    """

    image: Input
    layer: Labels
    labels: Image
    ids: tuple[int, ...]
    config: TrainConfig
    notes: str


def ask(
    images: Sequence[Layer], layer: Labels, seen: Seen | None, config: TrainConfig
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
    volumes = config.dimensions == 3
    frames = Frames(image.image, config.dimensions)
    slices = [*seen.annotated]
    if volumes:
        slices = _by_volume(slices, image.image)
    thickness = len(slices) // len(frames) if volumes else len(slices)
    number = [slice_ // thickness for slice_ in range(len(slices))]
    parts = split(config.validation, slices, number, volumes=volumes)
    notes = " ".join(filter(None, (seen.sentence, parts.note)))
    return Asked(image, layer, labels, seen.ids, config, notes)


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
    names = sources.class_names(asked.layer)
    colors = sources.class_colors(asked.layer, asked.ids)

    def question(paths: Mapping[str, str]) -> TrainQuestion:
        return TrainQuestion(
            images=(paths["image"],),
            labels=(paths["labels"],),
            model=str(model),
            start_from=start_from or None,
            class_names=names,
            class_colors=colors,
            config=asked.config,
        )

    return Plan(
        folder=listing.new_folder("train", name),
        inputs={"image": asked.image, "labels": Input(sources.frozen(asked.labels))},
        ask=question,
        stays=stays,
    )
