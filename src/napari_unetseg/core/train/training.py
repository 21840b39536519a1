"""A training from images and labels to a model: checked, prepared, taught."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.config.base import share_of
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.events import Divided, Event, Note, Started
from napari_unetseg.core.network.card import Classes
from napari_unetseg.core.network.pretrained import check_vgg16, load_vgg16
from napari_unetseg.core.prepare.divide import divide
from napari_unetseg.core.prepare.samples import bytes_in_memory, fit_into, in_memory
from napari_unetseg.core.presets import sizes
from napari_unetseg.core.train.architecture import architecture
from napari_unetseg.core.train.doubts import constant_channels, many_folds
from napari_unetseg.core.train.material import gather

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from pathlib import Path

    from napari_unetseg.core.config import NetworkConfig, TrainConfig
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.modelfile import Model
    from napari_unetseg.core.prepare.divide import Division
    from napari_unetseg.core.sizes import Sizes
    from napari_unetseg.core.train.checkpoint import Checkpoints
    from napari_unetseg.core.train.data import TrainingData
    from napari_unetseg.core.train.material import Material
    from napari_unetseg.core.train.wishes import Wishes


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """What a training has made.

    Attributes
    ----------
    model : Model
        Of the step that did best on the validation samples; the last one without any.
    last : Model
        Of the last step.
    """

    model: Model
    last: Model


def train(
    images: Sequence[Image],
    labels: Sequence[Image],
    config: TrainConfig,
    *,
    regions: Sequence[Image] = (),
    channels: tuple[str, ...] = (),
    start_from: Model | None = None,
    vgg16: str | Path | None = None,
    class_names: Mapping[Any, str] | None = None,
    class_colors: Mapping[Any, str] | None = None,
    state: Path | None = None,
    wishes: Wishes | None = None,
) -> Generator[Event, None, Training]:
    """Train a network on pairs of images and labels.

    What can be refused is refused before torch is loaded, but for a network that does
    not fit the images, which depends on the device.

    Parameters
    ----------
    images, labels : sequence of Image
        Pairs; labels have the image's shape without its channels.
    config : TrainConfig
        How.
    regions : sequence of Image, optional
        Masks of the labels' shapes, one per pair. Inside, what is not painted is
        background; outside, it is not annotated.
    channels : tuple of str
        Names of the channels to learn from, or names for channels that have none.
    start_from : Model, optional
        Its weights are where the training starts; its network is taken over.
    vgg16 : str or Path, optional
        File of the weights of VGG16 that the way down of a fresh network starts from.
    class_names, class_colors : mapping of id to str, optional
        Names, and colours as "#rrggbb", by painted id (a number or text) if it occurs.
    state : Path, optional
        Folder for checkpoints. A training that is found there goes on.
    wishes : Wishes, optional
        Asked before each step. A training that ends early has the best weights so far,
        and can go on from its checkpoint; if no step was done, the model has learnt
        nothing, as its card's ``training["steps"]`` tells.

    Yields
    ------
    Event
        `Note`, `Started`, `Divided`, and what `train_network` tells.

    Returns
    -------
    Training
        The model of the best step, and that of the last.

    Raises
    ------
    InputError, ModelError, DeviceError
        Before any work, in one sentence.
    """
    begun = time.monotonic()
    if config.freeze and start_from is None:
        raise InputError(
            "A fresh network has no contracting path that could keep its weights",
            "Give a model to start from, or let all of the network learn",
        )
    if vgg16 is not None:
        check_vgg16(vgg16, config.network, also=start_from)
    material = yield from gather(
        images,
        labels,
        config,
        regions=regions,
        channels=channels,
        start_from=start_from,
    )
    classes = _classes(material, class_names, class_colors)

    from napari_unetseg.core.device import choose_device, choose_precision, free_memory
    from napari_unetseg.core.network.modelfile import Model
    from napari_unetseg.core.train.card import blank, describe, seen_by
    from napari_unetseg.core.train.checkpoint import Checkpoints
    from napari_unetseg.core.train.data import TrainingData
    from napari_unetseg.core.train.live import Live
    from napari_unetseg.core.train.loop import train_network
    from napari_unetseg.core.train.sizing import check_extent, extent, fitting
    from napari_unetseg.core.train.start import starting_network

    device = choose_device(config.device)
    precision = choose_precision(config.precision, device)
    wished = sizes(config, device)
    parts = _divided(material, config, wished, start_from)
    plan = _architecture(config, wished, material, parts.shapes, start_from)
    network, built, notes = starting_network(
        plan,
        config.seed,
        start_from,
        same_classes=_same_classes(material, start_from),
        freeze=config.freeze,
    )
    notes += [load_vgg16(network, vgg16)] if vgg16 is not None else []
    data = TrainingData(
        train=parts.train,
        validation=parts.validation,
        teaching=material.teaching,
        spacing=material.spacing,
        colour=material.colour,
        spare=[*parts.spare],
        labels=material.labels,
    )
    kept = Checkpoints(state) if state else Checkpoints()
    free = {one: share_of(free_memory(one), config.memory) for one in ("cpu", device)}
    held = _held(data, kept, min(free.values()))
    fitted, less = fitting(
        wished,
        built,
        config,
        precision=precision,
        free=free[device] - held,
        spacing=data.spacing,
        shapes=data.shapes,
    )
    config = _settled(config, fitted, built)
    for text in filter(None, (parts.slices.note, *notes)):
        yield Note(text=text)
    sides = extent(network, fitted.patch, data.spacing, data.shapes)
    check_extent(network, sides, fitted.batch)
    yield Started(job="train", device=device, precision=precision)
    yield Divided(parts=parts.told(material.planes, material.labels))
    for text in filter(None, (less, many_folds(sides.given, data.spacing, config))):
        yield Note(text=text, level="warning")
    yield from _load(data, material.images, held)
    trained = yield from train_network(
        network,
        data,
        config,
        device=device,
        precision=precision,
        size=fitted,
        checkpoints=kept,
        begun=begun,
        wishes=wishes,
        live=Live(material, blank(built, material, classes), device),
    )
    seen = seen_by(material, parts, data.spare, start_from)
    best, last = describe(built, config, material, classes, parts.slices, trained, seen)
    return Training(
        Model(card=best, tensors=trained.weights),
        Model(card=last, tensors=trained.last),
    )


def _divided(
    material: Material, config: TrainConfig, size: Sizes, start_from: Model | None
) -> Division:
    """Samples that teach and samples that are scored."""

    def reach() -> tuple[int, ...]:
        """How far the network sees at most, whatever frames decide on its depth."""
        from napari_unetseg.core.network.build import hollow
        from napari_unetseg.core.train.sizing import reach_of

        both = zip(material.samples, material.annotated, strict=True)
        every = [sample for sample, flags in both if any(flags)]
        shapes = {one.model_shape for one in every}
        plans = [_architecture(config, size, material, [s], None) for s in shapes]
        if start_from is not None:
            plans = [start_from.card.network]
        found = [reach_of(hollow(plan), every[0].zoom) for plan in plans]
        return tuple(map(max, *found)) if len(found) > 1 else found[0]

    teaching = material.teaching
    classes = None if teaching.instances else len(teaching.ids)
    pairs = material.samples, material.annotated
    return divide(*pairs, config.validation, reach, classes, material.labels[0])


def _same_classes(material: Material, start_from: Model | None) -> bool:
    """Whether a model was taught the classes, or the kind of objects, of now."""
    if start_from is None:
        return True
    card, teaching = start_from.card, material.teaching
    alike = (card.objects is None) == (teaching.instances is None)
    return card.classes == teaching.ids and alike


def _architecture(
    config: TrainConfig,
    size: Sizes,
    material: Material,
    shapes: Sequence[tuple[int, ...]],
    start_from: Model | None,
) -> NetworkConfig:
    return architecture(
        config,
        size,
        channels=material.images[0].channel_count,
        classes=len(material.teaching.ids),
        # A model to start from has its own depth.
        shapes=shapes if start_from is None else (),
        spacing=material.size.spacing,
    )


def _held(data: TrainingData, kept: Checkpoints, free: int) -> int:
    """Bytes of the samples if they are to be in memory, as they were before; else 0."""
    every = [*data.train, *data.validation]
    held = fit_into(free, every) if (was := kept.fact("held")) is None else bool(was)
    return bytes_in_memory(every) * held


def _load(
    data: TrainingData, images: Sequence[Image], held: int
) -> Generator[Event, None, None]:
    """Bring the samples into memory, unless they would fill it."""
    if not held:
        text = "The images would fill the memory: they are read patch by patch."
        yield Note(text=text)
        return
    data.train[:] = [in_memory(one) for one in data.train]
    data.validation[:] = [in_memory(one) for one in data.validation]
    for text in constant_channels(images, [*data.train, *data.validation]):
        yield Note(text=text, level="warning")


def _settled(config: TrainConfig, size: Sizes, network: NetworkConfig) -> TrainConfig:
    """Say in the configuration what was left to the device or to a model."""
    names = ("base", "depth", "upsampling", "deep_supervision", "dropout")
    own = {name: getattr(network, name) for name in names} | {"network": network.name}
    return config.model_copy(update=size._asdict() | own)


def _classes(
    material: Material,
    names: Mapping[Any, str] | None,
    colors: Mapping[Any, str] | None,
) -> Classes:
    instances = material.teaching.instances
    if instances is None:
        return Classes.described(material.teaching.ids, names, colors)
    return Classes.described(material.teaching.ids, instances.class_names, None)
