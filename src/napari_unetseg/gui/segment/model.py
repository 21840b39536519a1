"""What the Segment dock reads of a chosen model, and says about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.errors import ModelError, UnetsegError
from napari_unetseg.core.network.card import ModelCard, read_card
from napari_unetseg.runs import listing

if TYPE_CHECKING:
    from pathlib import Path

# Classes that are named in the sentence about a model.
MOST_NAMED = 8


def card_of(path: Path) -> ModelCard:
    """What a model file says about itself.

    Raises
    ------
    ModelError
        If it has gone, or is no model.
    """
    if not path.exists():
        raise gone(path)
    return read_card(path)


def gone(path: Path) -> ModelError:
    """The error that a chosen model is not there any more."""
    return ModelError(
        f"The model '{listing.model_name(path)}' has gone",
        "Choose another one, or train one with Train U-Net",
    )


def describe(card: ModelCard) -> str:
    """What a model tells apart, and on what it was trained."""
    names = [card.class_names.get(str(i)) or f"label {i}" for i in card.classes]
    further = len(names) - MOST_NAMED
    if further > 0:
        names[MOST_NAMED:] = [f"and {further} more"]
    parts = [f"Tells apart: {', '.join(names)}."]
    if card.unit != "pixel":
        size = " x ".join(f"{length:g}" for length in card.spacing)
        parts.append(f"Trained at {size} {card.unit} per pixel.")
    score = card.validation.get("mean_iou")
    if score is not None:
        parts.append(f"Mean IoU {score:.3f} in validation.")
    return " ".join(parts)


def score_of(path: Path) -> str:
    """How well a model did in validation, for a list of models; "" if unknown."""
    try:
        score = read_card(path).validation.get("mean_iou")
    except (UnetsegError, OSError):
        return ""  # Whoever chooses it is told what is wrong.
    return "" if score is None else f"IoU {score:.3f}"
