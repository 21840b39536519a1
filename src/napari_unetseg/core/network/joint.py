"""What several models say about themselves when their probabilities are averaged."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.network.card import ModelCard

_REMEDIES = {
    "classes": "Average models that were trained for the same classes",
    "ways to find objects": "Average models of classes, or of objects of one kind",
    "channels": "Average models of as many channels, or such as know their names",
}


def check_together(cards: Sequence[ModelCard], names: Sequence[str]) -> None:
    """Refuse models that cannot be averaged.

    Parameters
    ----------
    cards : sequence of ModelCard
        One or more.
    names : sequence of str
        What to call them.

    Raises
    ------
    InputError
        If they have other classes, do not find objects in the same way, or see so many
        channels without names that no image fits all.
    """
    for number, name in enumerate(names, start=1):
        what = difference(cards[:number])
        if what:
            raise InputError(
                f"'{name}' and '{names[0]}' have other {what}", _REMEDIES[what]
            )


def difference(cards: Sequence[ModelCard]) -> str:
    """What keeps models from being averaged, in a word or two; empty: nothing.

    Each sees an image as if it were alone, if the image fits it. All have to say how
    likely the same classes are.
    """
    if len({frozenset(card.classes) for card in cards}) > 1:
        return "classes"
    if len({_way(card) for card in cards}) > 1:
        return "ways to find objects"
    if len({card.network.channels for card in cards if not card.channels}) > 1:
        return "channels"
    return ""


def joint_channels(cards: Sequence[ModelCard]) -> tuple[str, ...]:
    """Names of all channels that any of the models sees; empty if none knows them."""
    return tuple(dict.fromkeys(name for card in cards for name in card.channels))


def joint_card(cards: Sequence[ModelCard]) -> ModelCard:
    """What models that are averaged say together.

    Parameters
    ----------
    cards : sequence of ModelCard
        Without a `difference`.

    Returns
    -------
    ModelCard
        That of the first of most dimensions, with the classes of the first, the
        channels of all, the checksum over all, and thresholds if they have the same.
    """
    if len(cards) == 1:
        return cards[0]
    lead = max(cards, key=lambda card: card.network.dimensions)
    names = joint_channels(cards)
    count = len(names) or lead.network.channels
    return lead.model_copy(
        update={
            "network": lead.network.model_copy(update={"channels": count}),
            "classes": cards[0].classes,
            "class_names": cards[0].class_names,
            "class_colors": cards[0].class_colors,
            "channels": names,
            "sha256": joint_checksum(cards),
            "thresholds": joint_thresholds(cards),
        }
    )


def joint_checksum(cards: Sequence[ModelCard]) -> str:
    """Checksum of one model, or of several that are used as one, in whatever order."""
    if len(cards) == 1:
        return cards[0].sha256
    digest = hashlib.sha256()
    for sha in sorted(card.sha256 for card in cards):
        digest.update(sha.encode())
    return digest.hexdigest()


def joint_thresholds(cards: Sequence[ModelCard]) -> dict[int, float]:
    """Thresholds of several models that are used as one.

    A threshold belongs to the scores of one model: they count if all have the same.
    """
    first = cards[0].thresholds
    return first if all(card.thresholds == first for card in cards) else {}


def _way(card: ModelCard) -> tuple[str, int | None, int | None] | None:
    """How objects are found in the classes; None where they are none."""
    how = card.objects
    return None if how is None else (how.kind, how.centre, how.border)
