"""How a training ended, in as few words as a dock has room for."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.network.card import read_card
from napari_unetseg.core.prepare.split import ranges
from napari_unetseg.runs.listing import model_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def summary(result: Mapping[str, Any], model: Path) -> str:
    """A model's name, and how good it is on which slices, or on what part of one."""
    scores = result.get("validation") or {}
    name = f"Model '{model_name(model)}'"
    if scores.get("mean_iou") is None:
        steps = result["steps"]
        return f"{name}: trained for {steps} steps; no slice was kept to validate on."
    slices = scores["slices"]
    where = f"slice{'s' if len(slices) > 1 else ''} {ranges(slices)}"
    where = f"a block of {where}" if _in_a_block(model) else f"validation {where}"
    return f"{name}: {_score(scores)} on {where}."


def _score(scores: Mapping[str, Any]) -> str:
    """The score that counts: of single objects SEG and F1, of classes the mean IoU."""
    names = {"seg": "SEG", "f1": "F1"}
    found = [
        f"{name} {scores[key]:.3f}"
        for key, name in names.items()
        if scores.get(key) is not None
    ]
    return " and ".join(found) or f"mean IoU {scores['mean_iou']:.3f}"


def _in_a_block(model: Path) -> bool:
    """Whether the slices that validated have taught, too, but elsewhere in them."""
    with suppress(UnetsegError, OSError):
        card = read_card(model)
        return bool(card.training.get("train_slices") == card.validation.get("slices"))
    return False


def details(result: Mapping[str, Any], model: Path) -> str:
    """What else should be known of it, line by line."""
    lines = [f"Model file: {model}"]
    if (result.get("validation") or {}).get("mean_iou") is not None:
        lines.append(
            "The validation slices also chose the weights that were kept, those of "
            f"step {result['kept_step']} of {result['steps']}."
        )
    return "\n".join(lines)
