"""From what a run has made to layers on the pixels it was made from."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.errors import RunError, UnetsegError
from napari_unetseg.core.network.card import read_card
from napari_unetseg.core.network.joint import joint_checksum
from napari_unetseg.core.prepare.trace import part_of
from napari_unetseg.core.read import read_image
from napari_unetseg.core.read.annotations import NAMESPACE, notes_in
from napari_unetseg.gui.run.plan import LAYER
from napari_unetseg.gui.segment.pixels import pixels_of
from napari_unetseg.runs.folder import programs, read_date, read_question
from napari_unetseg.runs.made import provenance
from napari_unetseg.runs.questions import SegmentQuestion
from napari_unetseg.runs.store import begun_with

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from napari_unetseg.core.network.card import ModelCard

RUN = "run"
_KEYS = {"source", "image", "placement", "order", "box", "cut"}


@dataclass(frozen=True, eq=False)
class Made:
    """One output of a run, and all that its layer needs.

    Attributes
    ----------
    kind : {"labels", "scores", "uncertainty"}
        Which output.
    array : array, or list of arrays
        With the axes of the source layer, but for its channels: numpy, or, of what
        does not fit into memory, dask; a list are the levels of a pyramid.
    attributes : dict
        For `viewer.add_labels` or `viewer.add_image`, but the colours.
    colors : dict of int to str
        Colour of each class, "#rrggbb"; of scores, that of their class, under 1; empty
        where the model knows none, and of single objects.
    """

    kind: str
    array: Any
    attributes: dict[str, Any]
    colors: dict[int | None, str] = field(default_factory=dict)


def result_of(folder: Path) -> Generator[None, None, list[Made]]:
    """Read what a segmentation has made; a generator, to be run beside the window.

    Returns
    -------
    list of Made
        The labels come first, for which all others are made.

    Raises
    ------
    UnetsegError
        If the files of the run are gone or damaged.
    """
    yield
    question = question_of(folder)
    about = about_of(folder)
    named = _Named(folder, question, about)
    found = [
        Made(
            "labels",
            pixels_of(folder / question.out, about),
            named.labels(),
            {} if named.are_objects else named.colors,
        )
    ]
    named.learnt_from(found[0])
    yield
    if question.scores is not None:
        for number, (name, color) in enumerate(named.classes()):
            scores = pixels_of(folder / question.scores, about, channel=number)
            attributes = named.image(f"score of {name}")
            found.append(Made("scores", scores, attributes, color))
            yield
    if question.uncertainty is not None:
        unsure = pixels_of(folder / question.uncertainty, about)
        found.append(Made("uncertainty", unsure, named.image("uncertainty")))
    return found


def growing_attributes(folder: Path) -> tuple[dict[str, Any], dict[int | None, str]]:
    """Attributes and colours of the labels of a run that is not at its end.

    Raises
    ------
    UnetsegError
        If the files of the run are gone or damaged.
    """
    named = _Named(folder, question_of(folder), about_of(folder))
    return named.labels(), named.colors


def question_of(folder: Path) -> SegmentQuestion:
    """What a segmentation was asked."""
    question = read_question(folder)
    assert isinstance(question, SegmentQuestion)
    return question


def about_of(folder: Path) -> dict[str, Any]:
    """Where what a run makes belongs, as `question.plan` has written it down.

    Raises
    ------
    RunError
        If the run was not started by the dock, or its note is gone.
    """
    try:
        values = dict(json.loads((folder / LAYER).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        values = {}
    if not values.keys() >= _KEYS:
        raise RunError(
            f"{folder} does not say which layer it was made from",
            "Segment the layer again",
        )
    return values


class _Named:
    """What the layers of a run are called, and what they tell of their making."""

    def __init__(
        self, folder: Path, question: SegmentQuestion, about: Mapping[str, Any]
    ) -> None:
        self._about, self._folder, self._question = about, folder, question
        self._card: ModelCard | None = None
        self._scores = folder / (question.scores or "")
        self._how = {
            "made by": f"napari-unetseg {programs()['napari-unetseg']}",
            "image": about["image"],
            "model": (folder / question.model).name,
        }
        with suppress(UnetsegError):
            cards = [read_card(folder / path) for path in question.models]
            card, begun = cards[0], begun_with(folder)
            # Another file may stand there by now: of that nothing is told.
            if begun in {"", joint_checksum(cards)}:
                self._card = card
                self._how |= _about(card)
                # As text, as files have it: a saved layer tells it too.
                date = read_date(folder)
                self._how |= provenance(about["image"], cards, question, date)
            else:
                self._how["model sha256"] = begun
        self._how |= {RUN: folder.name}
        taught = self._card is not None and self._card.objects is not None
        objects = question.config.objects
        self.are_objects = objects == "instances" or (objects == "auto" and taught)

    @property
    def colors(self) -> dict[int | None, str]:
        colors = {} if self._card is None else self._card.class_colors
        return {int(i): color for i, color in colors.items()}

    def learnt_from(self, labels: Made) -> None:
        """Note which pixels the model has learnt from, as the file of labels does."""
        path = self._folder / self._question.out
        with suppress(ValueError, LookupError, TypeError, UnetsegError):
            found = json.loads(notes_in(path)["seen"])
            axes = read_image(path).plane_axes
            part = part_of(found, axes, self._about["order"], self._about["box"])
            labels.attributes["metadata"][NAMESPACE]["seen"] = json.dumps(part)

    def labels(self) -> dict[str, Any]:
        """Attributes of the labels."""
        found = self._attributes("segmented")
        names = {} if self._card is None else self._card.class_names
        if names and not self.are_objects:
            index = [int(i) for i in names]
            found["features"] = {"index": index, "class": [*names.values()]}
        return found

    def image(self, what: str) -> dict[str, Any]:
        """Attributes of scores or uncertainties, which are from 0 to 1."""
        found = {**self._attributes(what), "contrast_limits": (0.0, 1.0)}
        # No dock offers it as an image to be learnt from, or segmented.
        found["metadata"][NAMESPACE]["shows"] = what
        return found

    def classes(self) -> list[tuple[str, dict[int | None, str]]]:
        """Name and, under 1, the colour of each class, in the order of the scores."""
        if self._card is None:  # The model has gone; the file may still name them.
            scores = read_image(self._scores)
            numbers = range(1, scores.channel_count + 1)
            return [(n, {}) for n in scores.channels or map("class {}".format, numbers)]
        names, colors = self._card.class_names, self.colors
        return [
            (names.get(str(i), f"label {i}"), {1: colors[i]} if i in colors else {})
            for i in self._card.classes
        ]

    def _attributes(self, what: str) -> dict[str, Any]:
        return {
            **self._about["placement"],
            "name": f"{self._about['source']} {what}",
            "metadata": {NAMESPACE: dict(self._how)},
        }


def _about(card: ModelCard) -> dict[str, Any]:
    return {
        "model sha256": card.sha256,
        "network": card.network.model_dump(mode="json"),
        "classes": {str(i): card.class_names.get(str(i), "") for i in card.classes},
        "model trained on": card.training.get("images", []),
        "model validation": card.validation,
    }
