"""Change what a model says of itself; its weights stay as they are, and unread.

This takes neither torch nor safetensors, so that a dock can do it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.network.card import KEY, ModelCard, read_card
from napari_unetseg.core.network.header import replace_metadata

if TYPE_CHECKING:
    from collections.abc import Mapping


def set_thresholds(
    path: str | Path, thresholds: Mapping[int, float | None]
) -> ModelCard:
    """Write into a model from which probability on it is to choose its classes.

    Parameters
    ----------
    path : str or Path
        A model file; it is replaced in one piece or not at all.
    thresholds : mapping of int to float or None
        A threshold between 0 and 1 for some of its classes; None takes back the one
        that a class has. Other classes keep theirs.

    Returns
    -------
    ModelCard
        What the model says now.

    Raises
    ------
    InputError
        If there is no such class, or a threshold is not between 0 and 1.
    ModelError, WriteError
        If the file is no model, or cannot be written.

    Notes
    -----
    The checksum of the model is that of its weights, and stays the same.
    """
    path = Path(path)
    card = read_card(path)
    for identity, threshold in thresholds.items():
        if identity not in card.classes:
            known = ", ".join(map(str, card.classes))
            raise InputError(
                f"The model has no class {identity} to give a threshold",
                f"Its classes are {known}",
            )
        if threshold is not None and not 0 < threshold < 1:
            raise InputError(
                f"The threshold {threshold:g} of class {identity} is not between 0 and "
                "1",
                "Give a probability, as 0.7",
            )
    wanted = {**card.thresholds, **thresholds}
    kept = {i: t for i, t in sorted(wanted.items()) if t is not None}
    changed = card.model_copy(update={"thresholds": kept})
    replace_metadata(path, {KEY: changed.model_dump_json()})
    return changed
