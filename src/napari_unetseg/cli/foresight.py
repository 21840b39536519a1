"""``unetseg segment --dry-run``: what it would take."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from napari_unetseg.cli.display import display_for
from napari_unetseg.runs.foreseeing import foresee
from napari_unetseg.runs.preferences import preferred
from napari_unetseg.runs.story import Story

if TYPE_CHECKING:
    from napari_unetseg.runs.questions import SegmentQuestion


def tell_forecast(question: SegmentQuestion, *, as_json: bool) -> None:
    """Tell for each image what its segmentation would take.

    Parameters
    ----------
    question : SegmentQuestion
        Of absolute paths.
    as_json : bool
        Whether the events are printed as JSON.
    """
    story = Story()
    with closing(display_for(as_json=as_json)) as display:
        for event in foresee(preferred(question), Path()):
            story.hear(event)
            display.show(event, story)
