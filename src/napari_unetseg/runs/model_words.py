"""What the list of models tells of one: the same on the command line and in a dock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_unetseg.core.image import SPATIAL
from napari_unetseg.core.units import PIXEL

if TYPE_CHECKING:
    from napari_unetseg.runs.library import Entry


def summary(entry: Entry) -> dict[str, Any]:
    """What a list of models tells of one, as plain values."""
    card = entry.card
    if card is None:
        return {"name": entry.name, "date": entry.date, "fault": entry.fault}
    network = card.network
    return {
        "name": entry.name,
        "date": entry.date,
        "network": f"{network.name} {network.dimensions}D",
        "classes": [card.class_names.get(str(i), str(i)) for i in card.classes],
        "pixel_size": None if card.unit == PIXEL else list(card.spacing),
        "unit": card.unit,
        "mean_iou": card.validation.get("mean_iou"),
        "trained_on": card.training.get("images", []),
        "thumbnail": entry.thumbnail is not None,
    }


def in_words(entry: Entry) -> str:
    """What a list of models tells of one, in a line; why not, of a damaged one."""
    told = summary(entry)
    if "fault" in told:
        return entry.fault
    parts = [told["network"], ", ".join(told["classes"])]
    if told["pixel_size"]:
        axes = SPATIAL[-len(told["pixel_size"]) :]
        pairs = zip(axes, told["pixel_size"], strict=True)
        parts.append(
            ", ".join(f"{axis} {size:g} {told['unit']}" for axis, size in pairs)
        )
    if told["mean_iou"] is not None:
        parts.append(f"mean IoU {told['mean_iou']:.3f}")
    if entry.card is not None and entry.card.thresholds:
        from_on = (f"{i} from {t:g}" for i, t in entry.card.thresholds.items())
        parts.append(f"thresholds {', '.join(from_on)}")
    if told["trained_on"]:
        parts.append(f"trained on {', '.join(told['trained_on'])}")
    return "; ".join(parts)
