"""Cards of older formats, brought to the newest one in memory; files stay as they are.

A card says its format. Each step below takes a card of one format to the next: what
could not be said before gets the value that was meant then. What a step does not name,
as how a model was trained, is kept as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Document = dict[str, Any]

FORMAT = 4
"""The newest format: the one that is written."""


def migrated(document: Document) -> Document:
    """Bring a card to the newest format.

    Parameters
    ----------
    document : dict
        A card as it was read, of any format up to `FORMAT`; it is not changed.

    Returns
    -------
    dict
        The card in the newest format. One whose format is no number of an older one is
        given back as it is: whoever checks it, says so.
    """
    version = document.get("format", 1)
    # True is no 1 here.
    if type(version) is not int or not 1 <= version < FORMAT:
        return document
    card = dict(document)
    for step in STEPS[version - 1 :]:
        card = step(card)
    return card | {"format": FORMAT}


def _to_2(card: Document) -> Document:
    """Pool and convolve along some axes only; upsample otherwise; teach deeper levels.

    All networks of before pooled and convolved along every axis.
    """
    network = card.get("network")
    if not isinstance(network, dict):
        return card
    meant = {
        "pools": [],
        "kernels": [],
        "upsampling": "transposed",
        "deep_supervision": False,
    }
    return card | {"network": meant | network}


def _to_3(card: Document) -> Document:
    """Choose a class from a probability on, and number objects.

    All models of before were taught classes, of which the likeliest was chosen.
    """
    return {"thresholds": {}, "objects": None} | card


def _to_4(card: Document) -> Document:
    """Leave out objects that are smaller than those that were painted."""
    objects = card.get("objects")
    if not isinstance(objects, dict):
        return card
    return card | {"objects": {"smallest": 0.0} | objects}


STEPS: tuple[Callable[[Document], Document], ...] = (_to_2, _to_3, _to_4)
"""From format 1 on, each to the next one."""
