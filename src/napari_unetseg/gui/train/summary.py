"""How a training ended, in as few words as a dock has room for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_unetseg.core.prepare.split import ranges
from napari_unetseg.runs.listing import model_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def summary(result: Mapping[str, Any], model: Path) -> str:
    """A model's name, and how good it is on which slices."""
    scores = result.get("validation") or {}
    name = f"Model '{model_name(model)}'"
    if scores.get("mean_iou") is None:
        steps = result["steps"]
        return f"{name}: trained for {steps} steps; no slice was kept to validate on."
    slices = scores["slices"]
    where = f"validation slice{'s' if len(slices) > 1 else ''} {ranges(slices)}"
    return f"{name}: mean IoU {scores['mean_iou']:.3f} on {where}."


def details(result: Mapping[str, Any], model: Path) -> str:
    """What else should be known of it, line by line."""
    lines = [f"Model file: {model}"]
    if (result.get("validation") or {}).get("mean_iou") is not None:
        lines.append(
            "The validation slices also chose the weights that were kept, those of "
            f"step {result['kept_step']} of {result['steps']}."
        )
    return "\n".join(lines)
