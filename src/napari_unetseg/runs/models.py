"""The model of a segmentation, or its models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_unetseg.core.network.card import read_card
from napari_unetseg.core.network.joint import check_together
from napari_unetseg.core.network.modelfile import load_model

if TYPE_CHECKING:
    from napari_unetseg.core.network.card import ModelCard
    from napari_unetseg.core.network.ensemble import Ensemble
    from napari_unetseg.core.network.modelfile import Model
    from napari_unetseg.runs.questions import SegmentQuestion


def cards_of(question: SegmentQuestion, folder: Path) -> list[ModelCard]:
    """Read what the models of a question say, without their weights.

    Parameters and errors are those of `load`.
    """
    cards = [read_card(folder / path) for path in question.models]
    check_together(cards, _names(question))
    return cards


def load(question: SegmentQuestion, folder: Path) -> Model | Ensemble:
    """Read the model of a question, or put its models together.

    Parameters
    ----------
    question : SegmentQuestion
        Its relative paths start at the folder.
    folder : Path
        The run folder.

    Raises
    ------
    ModelError
        If a file is missing, damaged or no model.
    InputError
        If the models do not fit together.
    """
    from napari_unetseg.core.network.ensemble import Ensemble

    models = [load_model(folder / path) for path in question.models]
    return models[0] if len(models) == 1 else Ensemble.of(models, _names(question))


def _names(question: SegmentQuestion) -> list[str]:
    return [Path(path).name for path in question.models]
