"""Sentences for the methods section of a paper, from what a run folder knows."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.network.card import ModelCard, read_card
from napari_unetseg.runs.folder import read_programs, read_question
from napari_unetseg.runs.network_words import paper_of, words_of_network
from napari_unetseg.runs.questions import TrainQuestion
from napari_unetseg.runs.recipe import command_line
from napari_unetseg.runs.status import status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from napari_unetseg.core.config import SegmentConfig, TrainConfig
    from napari_unetseg.runs.questions import SegmentQuestion

_OPTIMISERS = {"adamw": "AdamW", "adam": "Adam", "sgd": "SGD with momentum 0.99"}
_VIEWS = {"flips": "mirrored views", "rotations": "mirrored and turned views"}


def how_made(folder: Path) -> str:
    """How a run was made: sentences for a paper, and the command that repeats it.

    Parameters
    ----------
    folder : Path
        A run folder, finished or not.

    Returns
    -------
    str
        Names of files and numbers; no path, no user, no computer.

    Raises
    ------
    RunError
        If the folder holds no run, or a damaged one.
    """
    question = read_question(folder)
    line, missing = command_line(question)
    if isinstance(question, TrainQuestion):
        sentences = _training(folder, question)
    else:
        sentences = _segmentation(folder, question)
    parts = [sentences, line]
    if missing:
        parts.append(f"Without an option on the command line: {', '.join(missing)}.")
    return "\n\n".join(parts) + "\n"


def trained(
    question: TrainQuestion,
    config: dict[str, Any],
    validation: dict[str, Any],
    versions: Mapping[str, str],
) -> str:
    """Sentences about a training.

    Parameters
    ----------
    question : TrainQuestion
        What was asked; of its paths only the names count.
    config : dict
        Of the training, with what was left to the device.
    validation : dict
        Scores, as the model tells them.
    versions : mapping of str to str
        Of the programs that made it.
    """
    how = (
        f"{_OPTIMISERS[config['optimiser']]}, learning rate "
        f"{config['learning_rate']:g}, {config['schedule']} schedule, "
        f"{config['loss']} loss, seed {config['seed']}"
    )
    sentences = [
        f"A {words_of_network(config)} ({paper_of(config)}) was trained with "
        f"{_programs(versions)} on {_learnt_from(question)}, for {_length(config)} "
        f"({how}).",
        "Patches were varied at random by elastic deformation, rotation, mirroring, "
        "scale and intensity.",
        _objects(question.config),
        _validation(validation),
    ]
    return " ".join(filter(None, sentences))


def segmented(
    question: SegmentQuestion, model: str, versions: Mapping[str, str]
) -> str:
    """Sentences about a segmentation.

    Parameters
    ----------
    question : SegmentQuestion
        What was asked; of its paths only the names count.
    model : str
        The model, as `words_of_model` has it.
    versions : mapping of str to str
        Of the programs that made it.
    """
    sentences = [
        f"{Path(question.image).name} was segmented with {_programs(versions)} by the "
        f"model {model}.",
        *_averaged(question),
        "It was computed in overlapping tiles, of which only pixels that no padding "
        "had reached were kept.",
        *_applied(question.config),
    ]
    if question.mask is not None:
        name = Path(question.mask).name
        sentences.append(f"Only what lies inside of {name} was segmented.")
    return " ".join(sentences)


def words_of_model(
    path: str, sha256: str, network: dict[str, Any], images: Sequence[str]
) -> str:
    """A model in a sentence: its name, hash, network, and what it was trained on."""
    on = f" trained on {', '.join(images)}" if images else ""
    about = f"a {words_of_network(network)} ({paper_of(network)}){on}"
    return f"{Path(path).name} (SHA-256 {sha256[:16]}), {about}"


def _training(folder: Path, question: TrainQuestion) -> str:
    result = status(folder).result
    model = folder / question.model
    card = _card(model.with_name(result.get("model", model.name)))
    config: dict[str, Any] = question.config.model_dump()
    if card is not None:
        # What was left to the device is decided there.
        config |= card.training.get("config", {})
    scores = result.get("validation") or {}
    return trained(question, config, scores, read_programs(folder))


def _segmentation(folder: Path, question: SegmentQuestion) -> str:
    card = _card(folder / question.model)
    model = Path(question.model).name
    if card is not None:
        images = card.training.get("images") or []
        network = card.network.model_dump()
        model = words_of_model(question.model, card.sha256, network, images)
    return segmented(question, model, read_programs(folder))


def _averaged(question: SegmentQuestion) -> Iterator[str]:
    """Name the other models of an ensemble."""
    if question.models_besides:
        others = " and ".join(Path(path).name for path in question.models_besides)
        yield f"Its probabilities were averaged with those of {others}."


def _applied(config: SegmentConfig) -> Iterator[str]:
    if config.average != "none":
        yield f"Scores were averaged over {_VIEWS[config.average]}."
    if config.region:
        sides = (f"{axis} {a} to {b}" for axis, (a, b) in config.region.items())
        yield f"Only a part was segmented, in pixels: {', '.join(sides)}."
    for what, sizes in (("Objects", config.smallest), ("Holes", config.holes)):
        for label, size in sizes.items():
            least = f"{size.value:g} {size.unit}"
            yield f"{what} of class {label} smaller than {least} were left out."


def _length(config: dict[str, Any]) -> str:
    if not config["steps"]:
        return f"{config['minutes']:g} minutes"
    batch = ""
    if config["batch"] and config["patch"]:
        batch = f" of {config['batch']} patches of {config['patch']} pixels"
    return f"{config['steps']} steps{batch}"


def _objects(config: TrainConfig) -> str:
    if config.task != "instances":
        return ""
    apart = {"border": "a class of borders", "gap": "a gap of one pixel"}
    return f"Touching objects were kept apart by {apart[config.instances.apart]}."


def _validation(scores: dict[str, Any]) -> str:
    known = {"mean_iou": "mean IoU", "seg": "SEG", "f1": "F1"}
    parts = [
        f"{word} {scores[name]:.3f}"
        for name, word in known.items()
        if scores.get(name) is not None
    ]
    if not parts:
        return "Nothing was validated."
    slices = scores.get("slices") or []
    which = f"slice{'s' * (len(slices) > 1)} {', '.join(map(str, slices))}"
    where = f"On the validation {which}" if slices else "In validation"
    return f"{where}, which also chose the weights: {', '.join(parts)}."


def _programs(versions: Mapping[str, str]) -> str:
    ours = versions.get("napari-unetseg", "")
    torch = f" (PyTorch {versions['torch']})" if "torch" in versions else ""
    return f"napari-unetseg {ours}{torch}"


def _files(paths: Sequence[str]) -> str:
    return ", ".join(Path(path).name for path in paths)


def _learnt_from(question: TrainQuestion) -> str:
    named, pairs = question.named, question.pairs
    told = []
    if named:
        files = question.images[:named], question.labels[:named]
        told.append(f"{_files(files[0])}, annotated in {_files(files[1])}")
    if pairs is not None:
        which = "the pair" if pairs.count == 1 else f"the {pairs.count} pairs"
        told.append(f"{which} of image and labels in the folder {_files([pairs.path])}")
    return ", and on ".join(told)


def _card(path: Path) -> ModelCard | None:
    with suppress(UnetsegError, OSError):
        return read_card(path)
    return None
