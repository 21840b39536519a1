"""``unetseg info``: what a model, an image or a run holds, and how it was made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_unetseg.cli import options
from napari_unetseg.cli.info_facts import (
    counted,
    image_facts,
    note_facts,
    run_facts,
    sizes,
)
from napari_unetseg.core.image import SPATIAL

if TYPE_CHECKING:
    from napari_unetseg.core.network.card import ModelCard

    Facts = list[tuple[str, str]]

# Output that costs are told for, by dimensions.
_TILE = {2: (512, 512), 3: (64, 64, 64)}
IMAGES = (".tif", ".tiff", ".zarr", ".companion.ome")


def info(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A model, an image or labels, or the folder of a run."
        ),
    ],
) -> None:
    """Tell what a file holds, and how it was made."""
    options.inputs([file])

    from napari_unetseg.core.read.ome_zarr import is_zarr
    from napari_unetseg.core.read.opening import kind_of
    from napari_unetseg.runs.folder import is_run

    if is_run(file):
        tell(run_facts(file))
        _tell_making(_made_run(file))
    elif file.name.lower().endswith(IMAGES) or is_zarr(file) or kind_of(file):
        _tell_image(file)
    else:
        tell(model_facts(file))
        typer.echo()
        tell(network_facts(file))
        _tell_making(_made_model(file))


def tell(facts: Facts) -> None:
    """Print facts as two columns."""
    width = 2 + max(len(name) for name, _ in facts)
    for name, value in facts:
        typer.echo(f"{name + ':':{width}}{value}")


def _tell_image(file: Path) -> None:
    """Tell what images and labels are in a file or folder, and of the notes in it."""
    from napari_unetseg.core.read.opening import open_images
    from napari_unetseg.runs.made import how_file_was_made

    opened = open_images(file)
    tell(image_facts(opened, file))
    notes = opened[0].notes
    if notes:
        typer.echo()
        tell(note_facts(notes))
    _tell_making(how_file_was_made(notes, file.name))


def _made_run(folder: Path) -> str:
    from napari_unetseg.runs.methods import how_made

    return how_made(folder)


def _made_model(file: Path) -> str:
    from napari_unetseg.core.network.card import read_card
    from napari_unetseg.runs.made import how_model_was_made

    return how_model_was_made(read_card(file), file.name)


def _tell_making(text: str) -> None:
    """Print sentences for a paper, and the command that does it again."""
    if text:
        typer.echo(f"\nMethods\n\n{text.rstrip()}")


def network_facts(path: Path) -> Facts:
    """What a model's network sees and costs, computed from its layers."""
    from napari_unetseg.core.network.build import hollow
    from napari_unetseg.core.network.card import read_card
    from napari_unetseg.core.network.measure import network_geometry
    from napari_unetseg.core.network.table import describe

    config = read_card(path).network
    return describe(network_geometry(hollow(config), _TILE[config.dimensions]))


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
        ("channels", counted(network.channels, card.channels)),
        ("pixel size", sizes(SPATIAL[-network.dimensions :], card.spacing, card.unit)),
        ("normalisation", card.normalisation),
        *([("thresholds", _thresholds(card))] if card.thresholds else []),
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


def _thresholds(card: ModelCard) -> str:
    """The probabilities from which on classes are chosen."""
    return ", ".join(
        f"{i} {card.class_names.get(str(i), '')}".strip() + f" from {value:g}"
        for i, value in card.thresholds.items()
    )


def _class_names(card: ModelCard) -> list[str]:
    names = ((str(i), card.class_names.get(str(i), "")) for i in card.classes)
    return [f"{number} ({name})" if name else number for number, name in names]


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
