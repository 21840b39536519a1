"""The questions a person asks, as generators of events that return the answer.

Everything that can be refused is refused before torch is loaded. The command line, the
docks and Python all drain these same generators.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.errors import InputError, ModelError
from napari_unetseg.core.events import Event, Note, Planned, Started, Tile
from napari_unetseg.core.prepare.slices import check_pairs, slices
from napari_unetseg.core.prepare.split import split
from napari_unetseg.core.prepare.targets import annotation
from napari_unetseg.core.units import unit_ratio

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from torch import nn

    from napari_unetseg.core.config import SegmentConfig, TrainConfig
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.modelfile import Model, ModelCard

_SAME_PIXEL_SIZE = 0.1


def train(
    images: Sequence[Image],
    labels: Sequence[Image],
    config: TrainConfig,
    *,
    channels: tuple[str, ...] = (),
    start_from: Model | None = None,
    state: Path | None = None,
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
    state : Path, optional
        Folder for checkpoints. A training that is found there goes on.

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
    found = annotation(list(labels), config.unannotated)
    yield Note(text=found.verdict)
    if start_from is not None:
        images = [fit(image, start_from.card) for image in images]
    cut = slices(images, labels, found)
    parts = split(
        config.validation, [one.annotated for one in cut], [one.image for one in cut]
    )
    if parts.note:
        yield Note(text=parts.note)

    from napari_unetseg.core.device import choose_device, choose_precision
    from napari_unetseg.core.network.modelfile import Model
    from napari_unetseg.core.train.card import describe
    from napari_unetseg.core.train.checkpoint import Checkpoints
    from napari_unetseg.core.train.loop import TrainingData, train_network

    device = choose_device(config.device)
    precision = choose_precision(config.precision, device)
    architecture = NetworkConfig(
        name=config.network,
        channels=images[0].channel_count,
        classes=len(found.ids),
        base=config.base or (16 if device == "cpu" else 32),
        depth=config.depth,
        dropout=config.dropout,
    )
    network, architecture, notes = _start(architecture, config.seed, start_from)
    yield Started(job="train", device=device, precision=precision)
    for note in notes:
        yield Note(text=note)
    data = TrainingData(
        train=[cut[i] for i in parts.train],
        validation=[cut[i] for i in parts.validation],
        ids=found.ids,
    )
    trained = yield from train_network(
        network,
        data,
        config,
        device=device,
        precision=precision,
        checkpoints=Checkpoints(state) if state else None,
        begun=begun,
    )
    return Model(
        card=describe(architecture, config, images, found.ids, parts, trained),
        tensors=trained.weights,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Segmentation:
    """Labels, and scores if they were asked for.

    Attributes
    ----------
    labels : Image
        Painted ids, the image's axes without C.
    scores : Image or None
        Softmax probabilities, float32; C first, then the axes of `labels`.
    """

    labels: Image
    scores: Image | None


def segment(
    image: Image,
    model: Model,
    config: SegmentConfig,
    *,
    labels: Any = None,
    scores: Any = None,
    done: tuple[int, int] = (0, 0),
) -> Generator[Event, None, Segmentation]:
    """Apply a model to every plane of an image.

    Parameters
    ----------
    image : Image
        numpy or lazy.
    model : Model
        As `train` or `load_model` returned it.
    config : SegmentConfig
        How.
    labels, scores : array, optional
        Where to write, as `result_arrays` describes them; made here if not given.
    done : tuple of int
        Number of tiles that are finished already, and of all tiles of the plan they
        were counted in; if today's memory makes another plan, none of them counts.

    Yields
    ------
    Event
        `Note`, `Started`, `Planned`, `Tile`; a tile's event comes after it is written.

    Raises
    ------
    InputError, ModelError, DeviceError
        Before any work, in one sentence.
    """
    image = fit(image, model.card)
    yield from map(_warning, _pixel_size_notes(image, model.card))

    from napari_unetseg.core.device import choose_device
    from napari_unetseg.core.postprocess.classes import to_classes
    from napari_unetseg.core.predict.whole import predict_image, tiles_of

    device = choose_device(config.device)
    precision = "fp32" if config.precision == "auto" else config.precision
    yield Started(job="segment", device=device, precision=precision)
    network = model.network()
    tiles = tiles_of(image, network, config.tile, device)
    total = len(tiles) * math.prod(image.plane_grid)
    yield Planned(total=total, unit="tile")

    if labels is None:
        labels = np.zeros(**result_arrays(image, model.card)["labels"])
    if scores is None and config.scores:
        scores = np.zeros(**result_arrays(image, model.card)["scores"])
    finished = done[0] if done[1] == total else 0
    broken = 0
    for box, probabilities, finite in predict_image(
        image, network, tiles, device=device, precision=precision, skip=finished
    ):
        classes = to_classes(probabilities, model.card.classes)
        labels[box] = np.where(finite, classes, 0)
        if scores is not None:
            scores[(slice(None), *box)] = probabilities
        broken += int((~finite).sum())
        finished += 1
        yield Tile(
            done=finished,
            total=total,
            start=[s.start for s in box],
            stop=[s.stop for s in box],
        )
    if broken:
        yield _warning(f"{broken} pixels are NaN or infinite; they are labelled 0.")
    axes = image.plane_axes + "YX"
    return Segmentation(
        labels=image.like(labels, axes, "labels"),
        scores=None if scores is None else _scores(image, scores, model.card),
    )


def result_arrays(image: Image, card: ModelCard) -> dict[str, dict[str, Any]]:
    """Shape and dtype of what `segment` fills, under "labels" and "scores"."""
    shape = (*image.plane_grid, *image.plane_shape)
    return {
        "labels": {"shape": shape, "dtype": np.min_scalar_type(max(card.classes))},
        "scores": {"shape": (len(card.classes), *shape), "dtype": np.dtype("float32")},
    }


def select_channels(image: Image, names: tuple[str, ...]) -> Image:
    """Take channels by name, or name those of an image that has no names.

    Parameters
    ----------
    image : Image
        With or without channel names.
    names : tuple of str
        Wanted channels, in order; empty for all.

    Raises
    ------
    InputError
        If a name is not there, or the numbers of names and channels differ.
    """
    if not names:
        return image
    if not image.channels:
        if "C" in image.axes or len(names) == 1:
            return replace(image, channels=names)
        raise InputError(
            f"'{image.name}' has one channel, but {len(names)} are named",
            "Name one channel",
        )
    missing = [name for name in names if name not in image.channels]
    if missing:
        raise InputError(
            f"'{image.name}' has no channel '{missing[0]}'",
            f"Its channels are {', '.join(image.channels)}",
        )
    wanted = [image.channels.index(name) for name in names]
    if "C" not in image.axes or wanted == list(range(len(image.channels))):
        return image
    position = image.axes.index("C")
    array = image.array[(slice(None),) * position + (wanted,)]
    return replace(image, array=array, channels=names)


def fit(image: Image, card: ModelCard) -> Image:
    """Take an image's channels as a model expects them, or refuse the image.

    Channels are taken by name where both know names, and as they stand otherwise.

    Raises
    ------
    InputError, ModelError
        If its numbers are not real, or its channels are not those of the model.
    """
    if image.dtype.kind not in "buif":
        raise InputError(
            f"'{image.name}' holds {image.dtype} values", "Use real numbers"
        )
    if image.channels:
        image = select_channels(image, card.channels)
    expected = card.network.channels
    if image.channel_count != expected:
        names = f" ({', '.join(card.channels)})" if card.channels else ""
        raise ModelError(
            f"The model expects {expected} channel{'s' * (expected != 1)}{names}, but "
            f"'{image.name}' has {image.channel_count}",
            "Choose an image with the same channels, or train on this one",
        )
    return image


def _start(
    config: NetworkConfig, seed: int, start_from: Model | None
) -> tuple[nn.Module, NetworkConfig, list[str]]:
    """A fresh network, or a given model's, with a new last layer for other classes."""
    from napari_unetseg.core.network.build import build_network

    if start_from is None:
        return build_network(config, seed), config, []
    old = start_from.card.network
    config = old.model_copy(update={"classes": config.classes})
    network = build_network(config, seed)
    kept = dict(start_from.tensors)
    notes = [f"Starts from a {old.name} of {old.base} channels at the first level."]
    if old.classes != config.classes:
        kept = {k: v for k, v in kept.items() if not k.startswith("head.")}
        notes.append(
            f"The model had {old.classes} classes and these labels have "
            f"{config.classes}: its last layer starts anew."
        )
    network.load_state_dict(kept, strict=False)
    return network, config, notes


def _pixel_size_notes(image: Image, card: ModelCard) -> list[str]:
    """A warning if image and model know different pixel sizes."""
    sizes = image.spacing_of("Y"), image.spacing_of("X")
    factor = unit_ratio(image.unit, card.unit)
    if factor is None:
        return []
    ratios = [a * factor / b for a, b in zip(sizes, card.spacing, strict=True)]
    if all(abs(ratio - 1) < _SAME_PIXEL_SIZE for ratio in ratios):
        return []
    return [
        f"The model was trained at {_sizes(card.spacing, card.unit)}, but "
        f"'{image.name}' has {_sizes(sizes, image.unit)}: expect a poorer result, or "
        "resample the image first."
    ]


def _sizes(spacing: tuple[float, ...], unit: str) -> str:
    return " x ".join(f"{size:g}" for size in spacing) + f" {unit} per pixel"


def _warning(text: str) -> Note:
    return Note(text=text, level="warning")


def _scores(image: Image, array: Any, card: ModelCard) -> Image:
    names = tuple(card.class_names.get(str(i), f"class {i}") for i in card.classes)
    return replace(
        image.like(array, f"C{image.plane_axes}YX", "scores"), channels=names
    )
