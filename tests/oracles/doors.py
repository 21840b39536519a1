"""All that is ever done with a model file of whatever origin, and what it must say."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from unicodedata import category

from napari_unetseg.cli.info import model_facts, network_facts
from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.export.describing import documentation
from napari_unetseg.core.export.importing import model_of_package, model_of_weights
from napari_unetseg.core.network.card import parsed_card
from napari_unetseg.core.network.modelfile import load_model
from napari_unetseg.gui.segment.model import describe, score_of
from napari_unetseg.runs.library import Entry, entry
from napari_unetseg.runs.made import how_model_was_made
from napari_unetseg.runs.model_words import in_words, summary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_unetseg.core.network.card import ModelCard

NETWORK = {"base": 2, "depth": 1}
_LONGEST = 1000


@contextmanager
def refusals(name: str) -> Iterator[None]:
    """Allow errors of ours, and no others: each a sentence that can be shown."""
    try:
        yield
    except UnetsegError as error:
        said = str(error)
        assert seen(said), said
        assert len(said) < _LONGEST, said
        assert name in said or "Network" in said or "network" in said, said


def seen(text: str) -> bool:
    """Whether a text is one line that moves no cursor."""
    return not {category(letter) for letter in text} & {"Cc", "Zl", "Zp"}


def knock(path: Path) -> None:
    """Do with a file whatever is done with models; it works, or is refused well."""
    about = entry(path)
    assert about is not None
    assert seen(in_words(about))
    score_of(path)
    with refusals(path.name):
        model = load_model(path)
        show(model.card, path)
        model.network()
    if about.card is not None:
        show(about.card, path)
        with refusals(path.name):
            model_facts(path)
            network_facts(path)
    with refusals(path.name):
        model = model_of_package(path)
        show(model.card, path)
        model.network()
    with refusals(path.name):
        model_of_weights(path, NETWORK).network()


def show(card: ModelCard, path: Path) -> None:
    """Say of a card all that is said of cards, in characters that can be seen."""
    about = Entry(path=path, card=card, fault="", date="", thumbnail=None)
    assert seen(in_words(about))
    assert seen(describe(card))
    assert 0 <= (summary(about)["mean_iou"] or 0) <= 1
    documentation(card)
    how_model_was_made(card, path.name)
    # Whoever saves it writes what is read again.
    assert parsed_card(card.model_dump_json(), path.name) == card
