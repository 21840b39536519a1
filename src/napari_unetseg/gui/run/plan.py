"""A run to be started: what is asked, about what in the viewer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from napari_unetseg.gui.parts.sources import Input
    from napari_unetseg.runs.questions import Question

INPUTS = "inputs"
LAYER = "layer.json"


@dataclass(frozen=True, eq=False)
class Plan:
    """A run to be started.

    Attributes
    ----------
    folder : Path
        The run folder; made by `launch`.
    inputs : mapping of str to Input
        By a name for the part they play, as in "image".
    ask : callable
        Makes the question from the inputs' paths, by the same names.
    stays : bool
        Whether the run goes on when napari is closed.
    layer : dict, optional
        Where a resulting layer belongs, as plain values; kept in the run folder. Under
        "item", of one of several images, the fields of an `events.Item`.
    files : mapping of str to str
        Text that the question needs, by the name of its file in the run folder.
    copied : Plan, optional
        What is asked instead, in the same folder, if an input that is in a file must be
        copied all the same.
    """

    folder: Path
    inputs: Mapping[str, Input]
    ask: Callable[[Mapping[str, str]], Question]
    stays: bool = False
    layer: dict[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    copied: Plan | None = None

    @property
    def about(self) -> str:
        """What it is about, for a person: the image, or the run where there is none."""
        image = self.inputs.get("image")
        return self.folder.name if image is None else image.image.name
