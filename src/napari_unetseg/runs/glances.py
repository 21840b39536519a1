"""Asks for what somebody wants to look at: patches, or a quick prediction.

Loads no torch: a `Foreteller`'s process does the work, see `glancing`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import RunError
from napari_unetseg.core.events import Failed, Finished
from napari_unetseg.core.train.patches import Patches
from napari_unetseg.runs.previews import read_preview

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from napari_unetseg.core.train.wishes import Predicted
    from napari_unetseg.runs.foreteller import Foreteller
    from napari_unetseg.runs.questions import SegmentQuestion, TrainQuestion

PATCHES = "patches.npz"


def ask_patches(
    helper: Foreteller, question: TrainQuestion, folder: Path, *, count: int, step: int
) -> Generator[None, None, Patches | None]:
    """Ask for patches, and wait.

    Parameters
    ----------
    helper : Foreteller
        Who is asked.
    question : TrainQuestion
        Its relative paths start at the folder.
    folder : Path
        Where the answer is written, beside what the question needs.
    count, step : int
        How many, and of which step of the training.

    Returns
    -------
    Patches or None
        None if something else was asked meanwhile.

    Raises
    ------
    RunError
        In a sentence, if a training would be refused.
    """
    asked = {"patches": {"count": count, "step": step}}
    if not (yield from _asked(helper, question, folder, asked)):
        return None
    with np.load(folder / PATCHES, allow_pickle=False) as arrays:
        return Patches(
            arrays["images"],
            arrays["labels"],
            arrays["weights"],
            tuple(map(float, arrays["zoom"])),
            bool(arrays["colour"]),
        )


def ask_prediction(
    helper: Foreteller, question: SegmentQuestion, folder: Path
) -> Generator[None, None, Predicted | None]:
    """Ask what a model says of a region and how unsure it is, and wait.

    Parameters
    ----------
    helper : Foreteller
        Who is asked.
    question : SegmentQuestion
        Its region is predicted; its relative paths start at the folder.
    folder : Path
        Where the answer is written.

    Returns
    -------
    Predicted or None
        With its uncertainty; None if something else was asked meanwhile.

    Raises
    ------
    RunError
        In a sentence, if a segmentation would be refused.
    """
    if not (yield from _asked(helper, question, folder, {"predict": True})):
        return None
    return read_preview(folder, 1)


def _asked(
    helper: Foreteller,
    question: TrainQuestion | SegmentQuestion,
    folder: Path,
    what: dict[str, Any],
) -> Generator[None, None, bool]:
    """Ask; whether there is an answer."""
    asked = {"folder": str(folder), "question": question.model_dump(mode="json")}
    answer = yield from helper.request(asked | what)
    for event in answer:
        if isinstance(event, Failed):
            raise RunError(event.message)
    return any(isinstance(event, Finished) for event in answer)
