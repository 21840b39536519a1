"""``unetseg info``: what a model or an image file holds."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from napari_unetseg.cli import options
from napari_unetseg.core.image import SPATIAL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_unetseg.core.network.card import ModelCard

    Facts = list[tuple[str, str]]

# Output that costs are told for, by dimensions.
_TILE = {2: (512, 512), 3: (64, 64, 64)}
_LARGEST_LOOKED_THROUGH = 1 << 28  # bytes


def info(
    file: Annotated[
        Path, typer.Argument(metavar="MODEL_OR_IMAGE", help="A model or an image.")
    ],
) -> None:
    """Tell what a file holds."""
    options.inputs([file])

    from napari_unetseg.core.read.files import READERS

    if file.suffix.lower() in READERS:
        tell(image_facts(file))
        return
    tell(model_facts(file))
    typer.echo()
    tell(network_facts(file))


def tell(facts: Facts) -> None:
    """Print facts as two columns."""
    width = 2 + max(len(name) for name, _ in facts)
    for name, value in facts:
        typer.echo(f"{name + ':':{width}}{value}")


def network_facts(path: Path) -> Facts:
    """What a model's network sees and costs, computed from its layers."""
    import torch

    from napari_unetseg.core.network.build import network_of
    from napari_unetseg.core.network.card import read_card
    from napari_unetseg.core.network.measure import network_geometry
    from napari_unetseg.core.network.table import describe

    config = read_card(path).network
    # A network without weights: a damaged card may claim any number of them.
    with torch.device("meta"):
        network = network_of(config)
    return describe(network_geometry(network, _TILE[config.dimensions]))


def model_facts(path: Path) -> Facts:
    """What a model says about itself, without loading its weights."""
    from napari_unetseg.core.network.card import read_card

    card = read_card(path)
    network = card.network
    facts = [
        ("model", path.name),
        (
            "network",
            f"{network.name}, {network.dimensions}D, {network.base} channels at the "
            f"first level, depth {network.depth}",
        ),
        ("classes", ", ".join(_class_names(card))),
        ("channels", _counted(network.channels, card.channels)),
        ("pixel size", sizes(SPATIAL[-network.dimensions :], card.spacing, card.unit)),
        ("normalisation", card.normalisation),
    ]
    training = card.training
    if "steps" in training:
        kept = training.get("kept_step", training["steps"])
        text = f"{training['steps']} steps, weights of step {kept}"
        facts.append(("training", text))
    if training.get("images"):
        facts.append(("trained on", ", ".join(training["images"])))
    config = training.get("config", {})
    if config:
        text = f"preset {config.get('preset')}, seed {config.get('seed')}"
        facts.append(("settings", text))
    versions = (f"{name} {number}" for name, number in card.versions.items())
    return [
        *facts,
        ("validation", _validation(card)),
        ("made by", ", ".join(versions)),
        ("checksum", f"sha256 {card.sha256}"),
    ]


def image_facts(path: Path) -> Facts:
    """Shape, axes, pixel size and the rest of an image file."""
    from napari_unetseg.core.read import read_image

    image = read_image(path)
    size = math.prod(image.shape) * image.dtype.itemsize
    facts = [
        ("image", image.name),
        ("shape", " x ".join(map(str, image.shape))),
        ("axes", image.axes),
        ("type", str(image.dtype)),
        ("pixel size", sizes(image.spatial_axes, image.spacing, image.unit)),
        ("channels", _counted(image.channel_count, image.channels)),
        ("memory", byte_size(size)),
        ("file", byte_size(_on_disk(path))),
    ]
    if 0 < size <= _LARGEST_LOOKED_THROUGH:
        values = np.asarray(image.array)
        facts.append(("values", f"{values.min()} to {values.max()}"))
    return facts


def _on_disk(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def sizes(axes: str, spacing: Iterable[float], unit: str) -> str:
    """Write a pixel size as in "Z 50 nm, Y 4 nm, X 4 nm"."""
    if unit == "pixel":
        return "not known"
    pairs = zip(axes, spacing, strict=True)
    return ", ".join(f"{axis} {size:g} {unit}" for axis, size in pairs)


def byte_size(count: float) -> str:
    """Write a number of bytes as in "1.5 GB"."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def _class_names(card: ModelCard) -> list[str]:
    names = ((str(i), card.class_names.get(str(i), "")) for i in card.classes)
    return [f"{number} ({name})" if name else number for number, name in names]


def _counted(count: int, names: tuple[str, ...]) -> str:
    return f"{count} ({', '.join(names)})" if names else str(count)


def _validation(card: ModelCard) -> str:
    scores = card.validation
    if not scores:
        return "none"
    iou = ", ".join(
        f"{label} {value:.3f}"
        for label, value in scores.get("iou", {}).items()
        if value is not None
    )
    parts = [
        f"{name} {scores[key]:.4f}"
        for name, key in (("mean IoU", "mean_iou"), ("pixel error", "pixel_error"))
        if scores.get(key) is not None
    ]
    slices = ", ".join(map(str, scores.get("slices", ())))
    return f"{', '.join(parts)}; IoU {iou}; on the slices {slices}, which chose it"
