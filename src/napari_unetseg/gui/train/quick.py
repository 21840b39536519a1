"""A quick prediction of one frame by a model, beside the window and outside a run."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.errors import InputError
from napari_unetseg.gui.parts import sources
from napari_unetseg.gui.run.launch import hand_over
from napari_unetseg.gui.run.plan import Plan
from napari_unetseg.runs.glances import ask_prediction
from napari_unetseg.runs.questions import SegmentQuestion

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from napari_unetseg.core.image import Image as Array
    from napari_unetseg.core.train.wishes import Predicted
    from napari_unetseg.runs.foreteller import Foreteller

    Region = dict[str, tuple[int, int]]


def frame_of(image: Array, index: Mapping[str, int]) -> Array:
    """What a network sees at once of an image, with one pixel along the other axes."""
    place = tuple(
        slice(index[axis], index[axis] + 1) if axis in index else slice(None)
        for axis in image.axes
    )
    return replace(image, array=image.array[place])


def predicted(
    helper: Foreteller, frame: Array, model: Path, region: Region
) -> Generator[tuple[int, int] | None, None, Predicted | None]:
    """Have a frame predicted by a model; to be run beside the window.

    Parameters
    ----------
    helper : Foreteller
        Who predicts.
    frame : Image
        A plane or a volume.
    model : Path
        The model's file.
    region : dict of axis to (int, int)
        What of it; empty for all.

    Raises
    ------
    InputError
        If it is too large to be copied.
    UnetsegError
        If the model does not fit it.
    """
    given = sources.Input(frame)
    if given.bytes >= sources.MOST_COPIED:
        raise InputError(
            f"A volume of '{frame.name}' takes {given.bytes / 2**30:.1f} GiB, which is "
            "too large for a quick prediction",
            "Segment it, or look while a training learns",
        )

    def ask(paths: Mapping[str, str]) -> SegmentQuestion:
        return SegmentQuestion(
            image=paths["image"],
            model=str(model),
            out="labels.zarr",
            config=SegmentConfig(region=region),
        )

    with tempfile.TemporaryDirectory(prefix="unetseg-") as name:
        folder = Path(name)
        yield 0, 2
        question = hand_over(Plan(folder, {"image": given}, ask))
        assert isinstance(question, SegmentQuestion)
        yield 1, 2
        return (yield from ask_prediction(helper, question, folder))
