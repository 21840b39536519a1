"""What a card may claim: checked once, so that whoever shows a card can believe it.

A card may come from anywhere. Its words end up in a terminal and in labels of docks,
its numbers in sentences and in the shapes of arrays.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt

from napari_unetseg.core.config.base import Share, unfit

if TYPE_CHECKING:
    from napari_unetseg.core.network.card import ModelCard

LARGEST_ID = 2**64 - 1
"""Of a class: what the largest type of labels holds."""

Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]
"""Of a painted class."""

Length = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""Of a pixel."""

_Score = Share | None
# What moves a terminal's cursor, or makes a text run backwards.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_REPLACEMENT = "\ufffd"


class _Claims(BaseModel):
    # What is checked is kept as it is: nothing may be made of it on the way.
    model_config = ConfigDict(strict=True)


class Training(_Claims):
    """What is shown of how a model was trained; more may be said."""

    images: list[str] = Field(default_factory=list)
    labels: list[str] | None = None
    train_slices: list[NonNegativeInt] = Field(default_factory=list)
    steps: NonNegativeInt = 0
    kept_step: NonNegativeInt = 0
    config: dict[str, Any] = Field(default_factory=dict)
    asked: dict[str, Any] = Field(default_factory=dict)


class Validation(_Claims):
    """What is shown of how good a model is; more may be said."""

    slices: list[NonNegativeInt] = Field(default_factory=list)
    iou: dict[str, _Score] = Field(default_factory=dict)
    mean_iou: _Score = None
    pixel_error: _Score = None
    seg: _Score = None
    f1: _Score = None


def plain(value: Any) -> Any:
    """Make a JSON document one that can be shown.

    Parameters
    ----------
    value : Any
        What JSON can hold.

    Returns
    -------
    Any
        The same, with a sign in place of characters that cannot be seen.

    Raises
    ------
    ValueError
        If a number is not finite, or larger than any that is meant.
    """
    if isinstance(value, str):
        return _UNSEEN.sub(_REPLACEMENT, value)
    if isinstance(value, dict):
        return {plain(key): plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number in it is not finite")
    if isinstance(value, int) and abs(value) > LARGEST_ID:
        raise ValueError("a number in it is too large")
    return value


def check_consistent(card: ModelCard) -> None:
    """Refuse a card whose parts contradict one another.

    Raises
    ------
    PydanticCustomError
        Naming the first that do.
    """
    network, ids = card.network, set(card.classes)
    if len(ids) != network.classes or len(card.classes) != len(ids):
        raise unfit(
            f"a network of {network.classes} classes has as many ids, all different"
        )
    for name, values in (("pixel size", card.spacing), ("halo", card.halo)):
        if len(values) != network.dimensions:
            raise unfit(
                f"a network of {network.dimensions}D has a {name} for each axis"
            )
    if card.channels and len(card.channels) != network.channels:
        raise unfit(f"a network of {network.channels} channels has a name for each")
    if not card.thresholds.keys() <= ids:
        raise unfit("there is a threshold for a class that the model has not")
    objects = card.objects
    if objects is not None and objects.kind == "watershed":
        both = {objects.centre, objects.border}
        if len(both) < 2 or not both <= ids:
            raise unfit("objects with borders need a class for both")
