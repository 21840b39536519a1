"""The model of a segmentation, or its models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.network.modelfile import load_model

if TYPE_CHECKING:
    from napari_unetseg.core.network.ensemble import Ensemble
    from napari_unetseg.core.network.modelfile import Model
    from napari_unetseg.runs.questions import SegmentQuestion


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
    models = [load_model(folder / path) for path in question.models]
    if len(models) == 1:
        return models[0]
    if question.dask is not None:
        raise InputError(
            "Several models cannot be averaged on a cluster",
            "Leave --dask out, or give one model",
        )
    from napari_unetseg.core.network.ensemble import Ensemble

    return Ensemble.of(models, [Path(path).name for path in question.models])
