"""The questions a person asks, as generators of events that return the answer.

What can be refused is refused before torch is loaded, but for a network that does not
fit the images, which depends on the device. The command line, the docks and Python all
drain these same generators.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.events import Event, Note, Started
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.network.card import Classes
from napari_unetseg.core.predict.fit import fit, pixel_size_notes
from napari_unetseg.core.predict.segmentation import Segmentation, foresee, segment
from napari_unetseg.core.prepare.channels import select_channels
from napari_unetseg.core.prepare.samples import (
    check_pairs,
    divide,
    samples,
    spacing_notes,
)
from napari_unetseg.core.prepare.targets import annotation
from napari_unetseg.core.presets import sizes
from napari_unetseg.core.train.architecture import architecture

__all__ = ["Segmentation", "foresee", "segment", "train"]

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from pathlib import Path

    from napari_unetseg.core.config import NetworkConfig, TrainConfig
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.modelfile import Model
    from napari_unetseg.core.sizes import Sizes


def train(
    images: Sequence[Image],
    labels: Sequence[Image],
    config: TrainConfig,
    *,
    channels: tuple[str, ...] = (),
    start_from: Model | None = None,
    class_names: Mapping[Any, str] | None = None,
    class_colors: Mapping[Any, str] | None = None,
    state: Path | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Generator[Event, None, Model]:
    """Train a network on pairs of images and labels.

    Parameters
    ----------
    images, labels : sequence of Image
        Pairs; labels have the image's shape without its channels.
    config : TrainConfig
        How.
    channels : tuple of str
        Names of the channels to learn from, or names for channels that have none.
    start_from : Model, optional
        Its weights are where the training starts; its network is taken over.
    class_names, class_colors : mapping of id to str, optional
        Names, and colours as "#rrggbb", by painted id (a number or text). Those of
        classes that do not occur are left out.
    state : Path, optional
        Folder for checkpoints. A training that is found there goes on.
    stop : callable
        Asked before each step whether to end early: with the best weights so far, and
        with a checkpoint from which the training can still go on. If no step was done
        the model has learnt nothing, as its card's ``training["steps"]`` tells.

    Yields
    ------
    Event
        `Note`, `Started`, `Planned`, `Step`, `Validated`, `Saved`.

    Raises
    ------
    InputError, ModelError, DeviceError
        Before any work, in one sentence.
    """
    begun = time.monotonic()
    if config.task == "instances":
        raise InputError(
            "Training on instances is not part of this version",
            "Give all objects of a class the same id and use --task classes",
        )
    images = [select_channels(image, channels) for image in images]
    check_pairs(images, labels)
    for image in images:
        Frames(image, config.dimensions)  # Refuses a plane for volumes.
    found = annotation(list(labels), config.unannotated)
    yield Note(text=found.verdict)
    classes = Classes.described(found.ids, class_names, class_colors)
    if start_from is not None:
        _check_dimensions(config, start_from)
        images = [fit(image, start_from.card) for image in images]
        for image in images:
            yield from map(
                _warning, pixel_size_notes(image, start_from.card, rescale=False)
            )
    elif config.dimensions == 3:
        yield from map(_warning, spacing_notes(images))
    cut = samples(images, labels, found, config.dimensions)
    parts, taught, validation = divide(cut, config.validation)
    if parts.note:
        yield Note(text=parts.note)

    from napari_unetseg.core.device import choose_device, choose_precision
    from napari_unetseg.core.network.modelfile import Model
    from napari_unetseg.core.train.card import describe
    from napari_unetseg.core.train.checkpoint import Checkpoints
    from napari_unetseg.core.train.loop import TrainingData, train_network
    from napari_unetseg.core.train.start import starting_network

    device = choose_device(config.device)
    precision = choose_precision(config.precision, device)
    size = sizes(config, device)
    spacing = Frames(images[0], config.dimensions).spacing
    asked = architecture(
        config,
        size,
        channels=images[0].channel_count,
        classes=len(found.ids),
        # A model to start from has its own depth.
        shapes=[one.target.shape for one in taught] if start_from is None else (),
        spacing=spacing,
    )
    network, built, notes = starting_network(asked, config.seed, start_from)
    config = _settled(config, size, built)
    yield Started(job="train", device=device, precision=precision)
    for note in notes:
        yield Note(text=note)
    data = TrainingData(
        train=taught,
        validation=validation,
        ids=found.ids,
        spacing=spacing if config.dimensions == 3 else (),
    )
    trained = yield from train_network(
        network,
        data,
        config,
        device=device,
        precision=precision,
        checkpoints=Checkpoints(state) if state else None,
        begun=begun,
        stop=stop,
    )
    return Model(
        card=describe(built, config, images, classes, parts, trained),
        tensors=trained.weights,
    )


def _check_dimensions(config: TrainConfig, start_from: Model) -> None:
    given = start_from.card.network.dimensions
    if config.dimensions != given:
        raise InputError(
            f"The model to start from has {given} dimensions, but {config.dimensions} "
            "are asked for",
            f"Train with {given} dimensions, or start from another model",
        )


def _settled(config: TrainConfig, size: Sizes, network: NetworkConfig) -> TrainConfig:
    """Say in the configuration what was left to the device or to a model."""
    names = ("base", "depth", "upsampling", "deep_supervision", "dropout")
    own = {name: getattr(network, name) for name in names} | {"network": network.name}
    return config.model_copy(update=size._asdict() | own)


def _warning(text: str) -> Note:
    return Note(text=text, level="warning")
