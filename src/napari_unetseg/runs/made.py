"""How a file was made, noted in the file itself, and told from these notes alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from napari_unetseg.core.config import NetworkConfig, TrainConfig
from napari_unetseg.core.network.joint import joint_thresholds
from napari_unetseg.runs.folder import programs
from napari_unetseg.runs.methods import segmented, trained, words_of_model
from napari_unetseg.runs.questions import SegmentQuestion, TrainQuestion
from napari_unetseg.runs.recipe import command_line
from napari_unetseg.runs.saved import how_it_was_saved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_unetseg.core.network.card import ModelCard

# What a result shows, and under which option it is asked for.
SHOWS = ("labels", "scores", "uncertainty")
# Of an answer: where it is written changes nothing of what is in it.
_OUTPUTS = {"out", "scores", "uncertainty", "overwrite", "dask"}
# Of a training's question; the rest a model's card tells anyway.
_FILES = {
    "images",
    "labels",
    "regions",
    "start_from",
    "vgg16",
    "axes",
    "pixel_size",
    "channels",
    "pairs",
}


def provenance(
    image: str, cards: Sequence[ModelCard], question: SegmentQuestion, date: str
) -> dict[str, str]:
    """How a segmentation is made: names, hashes and settings, no paths.

    Parameters
    ----------
    image : str
        Name of what is segmented.
    cards : sequence of ModelCard
        Of the model, or of all that are averaged, in the order of the question.
    question : SegmentQuestion
        Of its paths only the names are kept.
    date : str
        Of the question, as in "2026-01-31".

    Returns
    -------
    dict of str to str
        To be written into every file that results.
    """
    # The model's own may be others by tomorrow.
    chosen = {"thresholds": joint_thresholds(cards) | question.config.thresholds}
    config = question.config.model_copy(update=chosen)
    question = question.model_copy(update={"config": config})
    asked = question.model_dump(mode="json", exclude_defaults=True, exclude=_OUTPUTS)
    plain = {k: Path(v).name if isinstance(v, str) else v for k, v in asked.items()}
    card, *besides = cards
    others = {}
    if besides:
        plain["models_besides"] = [Path(one).name for one in question.models_besides]
        shas = [one.sha256 for one in besides]
        others = {
            "averaged_with": ",".join(plain["models_besides"]),
            "averaged_with_sha256": ",".join(shas),
        }
    inside = {} if question.mask is None else {"inside": Path(question.mask).name}
    return (
        inside
        | others
        | {
            "image": image,
            "model": Path(question.model).name,
            "model_sha256": card.sha256,
            "network": card.network.model_dump_json(),
            "trained_on": json.dumps(
                card.training.get("images", []), ensure_ascii=False
            ),
            "classes": ",".join(map(str, card.classes)),
            "settings": question.config.model_dump_json(exclude_defaults=True),
            "question": json.dumps(plain, ensure_ascii=False),
            "made_by": " ".join(["napari-unetseg", programs()["napari-unetseg"]]),
            "versions": json.dumps(programs()),
            "date": date,
        }
    )


def asked_of(question: TrainQuestion) -> dict[str, Any]:
    """What a model tells of the files that it was trained on: names, no paths."""
    files = question.model_dump(mode="json", exclude_defaults=True, include=_FILES)
    for key in files.keys() & {"images", "labels", "regions"}:
        files[key] = [Path(path).name for path in files[key]]
    for key in files.keys() & {"start_from", "vgg16"}:
        files[key] = Path(files[key]).name
    if question.pairs:
        files["pairs"]["path"] = Path(question.pairs.path).name
    return files


def how_file_was_made(notes: Mapping[str, str], name: str) -> str:
    """Sentences for a paper, and the command that makes the file again.

    Parameters
    ----------
    notes : mapping of str to str
        As a file holds them; of other programs, or older versions, too.
    name : str
        Name of the file.

    Returns
    -------
    str
        Empty if the notes do not tell.
    """
    try:
        network = NetworkConfig.model_validate_json(notes["network"])
        asked: dict[str, Any] = json.loads(notes["question"])
        shows = notes.get("shows", "labels")
        question = SegmentQuestion.model_validate(asked | _outputs(shows, name))
        images = [str(one) for one in json.loads(notes.get("trained_on", "[]"))]
        versions = dict(json.loads(notes.get("versions", "{}")))
    except (LookupError, TypeError, ValueError, ValidationError, RecursionError):
        return how_it_was_saved(notes, name, made=False)
    model = words_of_model(
        question.model, notes.get("model_sha256", ""), network.model_dump(), images
    )
    line, _ = command_line(question)
    told = segmented(question, model, versions)
    after = how_it_was_saved(notes, name, made=True)
    return f"{' '.join(filter(None, (told, after)))}\n\n{line}\n"


def how_model_was_made(card: ModelCard, name: str) -> str:
    """Sentences for a paper, and the command that trains the model again.

    Parameters
    ----------
    card : ModelCard
        What the model says of itself.
    name : str
        Name of its file.

    Returns
    -------
    str
        Empty of a model that does not tell what it was trained on, or how.
    """
    training = card.training
    try:
        config = TrainConfig.model_validate(training["config"])
        # Models of before did not tell their labels.
        labels = training.get("labels") or ["LABELS"] * len(training["images"])
        told = {"images": training["images"], "labels": labels}
        steps = {"steps": training.get("steps"), "minutes": None}
        question = TrainQuestion.model_validate(
            dict(training.get("asked", told))
            | {
                "model": name,
                "class_names": card.class_names,
                "class_colors": card.class_colors,
                "config": config.model_copy(update=steps),
            }
        )
    except (LookupError, TypeError, ValueError, ValidationError):
        return ""
    line, missing = command_line(question)
    parts = [trained(question, config.model_dump(), card.validation, card.versions)]
    parts.append(line)
    if missing:
        parts.append(f"Without an option on the command line: {', '.join(missing)}.")
    return "\n\n".join(parts) + "\n"


def _outputs(shows: str, name: str) -> dict[str, str]:
    """Which option writes a file of this name; scores come with labels."""
    if shows not in SHOWS[1:]:
        return {"out": name}
    ending = ".zarr" if name.lower().endswith(".zarr") else ".ome.tif"
    return {"out": f"labels{ending}", shows: name}
