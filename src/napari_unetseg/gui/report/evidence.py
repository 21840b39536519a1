"""What is known of a prediction beside its labels: scores, image, what taught it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from napari.layers import Image as ImageLayer

from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.errors import InputError, UnetsegError
from napari_unetseg.core.evaluate.seen import Seen
from napari_unetseg.core.network.card import read_card
from napari_unetseg.core.read.annotations import NAMESPACE
from napari_unetseg.gui.parts import sources
from napari_unetseg.layers.place import Placed, place
from napari_unetseg.runs.folder import read_question
from napari_unetseg.runs.home import runs_folder
from napari_unetseg.runs.listing import file_name, models
from napari_unetseg.runs.questions import SegmentQuestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from napari.layers import Labels, Layer

RUN = "run"


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """What else a report can tell of a prediction.

    Attributes
    ----------
    seen : Seen or None
        What its pixels were used for; None if nobody knows.
    scores : tuple of Placed
        The probability of each class, where all of them are in the viewer.
    channels : tuple of int
        The class of each.
    thresholds : mapping of int to float
        From which on classes were chosen.
    image : Placed or None
        What was segmented, if it is there; it may have channels.
    checksum, run : str
        Of the model, and the name of its run; empty if none has made it.
    """

    seen: Seen | None = None
    scores: tuple[Placed, ...] = ()
    channels: tuple[int, ...] = ()
    thresholds: Mapping[int, float] = field(default_factory=dict)
    image: Placed | None = None
    checksum: str = ""
    run: str = ""


def evidence(prediction: Labels, layers: Iterable[Layer]) -> Evidence:
    """Look for what belongs to a prediction.

    Parameters
    ----------
    prediction : Labels
        Of whatever origin.
    layers : iterable of Layer
        All that are in the viewer.
    """
    notes = notes_of(prediction)
    images = [one for one in layers if isinstance(one, ImageLayer)]
    channels, scores = _scores(prediction, notes, images)
    thresholds: Mapping[int, float] = {}
    with suppress(ValueError, TypeError, LookupError):
        thresholds = SegmentConfig.model_validate_json(notes["settings"]).thresholds
    return Evidence(
        seen=Seen.from_notes(_text(notes, "seen")),
        scores=scores,
        channels=channels,
        thresholds=thresholds,
        image=_image(prediction, notes, images),
        checksum=_text(notes, "model_sha256") or "",
        run=_text(notes, RUN) or "",
    )


def notes_of(layer: Layer) -> Mapping[str, Any]:
    """What this program has noted in a layer."""
    notes = layer.metadata.get(NAMESPACE)
    return notes if isinstance(notes, dict) else {}


def model_of(checksum: str, run: str) -> Path:
    """Find the model that has made a prediction, by its checksum.

    Parameters
    ----------
    checksum : str
        Of its weights.
    run : str
        Name of the run, if it is known: the run knows where the model lay.

    Raises
    ------
    InputError
        If it is nowhere.
    """
    known: list[Path] = []
    # A layer from elsewhere may name anything.
    if run and run == file_name(run):
        folder = runs_folder() / run
        with suppress(UnetsegError, OSError):
            question = read_question(folder)
            if isinstance(question, SegmentQuestion):
                known.append(folder / question.model)
    for path in [*known, *models()]:
        with suppress(UnetsegError):
            if checksum and read_card(path).sha256 == checksum:
                return path
    raise InputError(
        "The model that has made this prediction is not in the models' folder",
        "Import it in the Segment dock, or segment with a model that is there",
    )


def _scores(
    prediction: Labels, notes: Mapping[str, Any], images: list[ImageLayer]
) -> tuple[tuple[int, ...], tuple[Placed, ...]]:
    """The classes and the scores of a run; nothing unless all are there."""
    words = str(notes.get("classes", "")).split(",")
    if RUN not in notes or not all(word.isdecimal() for word in words):
        return (), ()
    ids = tuple(map(int, words))
    names = sources.class_names(prediction)
    shown = {
        others.get("shows"): one
        for one in images
        if (others := notes_of(one)).get(RUN) == notes[RUN]
    }
    found = [shown.get(f"score of {names.get(str(i), f'label {i}')}") for i in ids]
    size = tuple(prediction.data.shape)
    placed = []
    for layer in found:
        if layer is None or layer.multiscale or tuple(layer.data.shape) != size:
            return (), ()
        placed.append(_beside(prediction, layer.data))
    return ids, tuple(placed)


def _image(
    prediction: Labels, notes: Mapping[str, Any], images: list[ImageLayer]
) -> Placed | None:
    """The layer that was segmented, if one of its name and size is there."""
    size = tuple(prediction.data.shape)
    for layer in images:
        alike = not layer.rgb and tuple(layer.data.shape) == size
        if layer.name == notes.get("image") and alike and not layer.multiscale:
            return _beside(prediction, layer.data)
    return None


def _beside(prediction: Labels, array: Any) -> Placed:
    """Other pixels in the place of the prediction."""
    image = sources.labels_of(prediction)
    attributes = prediction.as_layer_data_tuple()[1]
    return place(replace(image, array=array), attributes)


def _text(notes: Mapping[str, Any], name: str) -> str | None:
    value = notes.get(name)
    return value if isinstance(value, str) else None


def seen_placed(prediction: Placed, seen: Seen) -> Placed:
    """What the pixels of a prediction were used for, in its place."""
    from napari_unetseg.core.evaluate.seen import Codes

    image = prediction.image
    return replace(prediction, image=replace(image, array=Codes(image, seen)))
