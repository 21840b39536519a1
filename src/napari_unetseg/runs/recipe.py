"""How a run was made, to be passed on: its command line, and sentences for a paper.

Files are named, never their folders: a path tells who somebody is.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.config import SegmentConfig, TrainConfig
from napari_unetseg.core.presets import train_config
from napari_unetseg.runs.questions import SegmentQuestion, TrainQuestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from napari_unetseg.core.config import Size
    from napari_unetseg.runs.questions import PixelSize, Question

# Fields and options, where they are not called alike.
_TRAIN = (
    "task", "unannotated", "validation", "minutes", "steps", "seed", "learning_rate",
    "schedule", "optimiser", "weight_decay", "clip", "averaging", "patience", "freeze",
    "network", "dimensions", "base", "depth", "upsampling", "deep_supervision", "patch",
    "batch", "centres", "loss", "class_weights", "device", "precision", "memory",
)  # fmt: skip
_INSTANCES = {
    "apart": "apart",
    "border": "border",
    "weights": "object-weights",
    "ring": "ring",
}
_SEGMENT = ("tile", "average", "objects", "link", "device", "precision", "memory")


def command_line(question: Question) -> tuple[str, list[str]]:
    """The command that asks the same question of files in the current folder.

    Parameters
    ----------
    question : TrainQuestion or SegmentQuestion
        Of a training that has begun, with its steps instead of its minutes.

    Returns
    -------
    line : str
        As it is typed in a POSIX shell.
    missing : list of str
        Settings that no option states, as in "dropout = 0.2".
    """
    if isinstance(question, TrainQuestion):
        words = ["train", *_train_files(question), *_train_options(question)]
        missing = _without_option(question.config)
    else:
        words = ["segment", *_segment_files(question), *_segment_options(question)]
        missing = []
    return shlex.join(["unetseg", *words]), missing


def _train_files(question: TrainQuestion) -> Iterator[str]:
    named = question.named
    if named:
        yield from ("--image", *_names(question.images[:named]))
        yield from ("--labels", *_names(question.labels[:named]))
    if question.pairs:
        yield from ("--pairs", *_names([question.pairs.path]))
    if question.regions:
        yield from ("--annotated", *_names(question.regions))
    yield from ("--model", *_names([question.model]))
    if question.start_from:
        yield from ("--from", *_names([question.start_from]))
    if question.vgg16:
        yield from ("--vgg16", *_names([question.vgg16]))
    yield from _about_image(question)
    if question.channels:
        yield from ("--channels", ",".join(question.channels))


def _segment_files(question: SegmentQuestion) -> Iterator[str]:
    yield from _names([question.image])
    for path in question.models:
        yield from ("--model", *_names([path]))
    yield from ("--out", *_names([question.out]))
    if question.scores:
        yield from ("--scores", *_names([question.scores]))
    if question.uncertainty:
        yield from ("--uncertainty", *_names([question.uncertainty]))
    if question.mask:
        yield from ("--mask", *_names([question.mask]))
    yield from _about_image(question)


def _train_options(question: TrainQuestion) -> Iterator[str]:
    """What differs from the preset."""
    config = question.config
    if config.preset != "default":
        yield from ("--preset", config.preset)
    plain, usual = train_config(config.preset), _preset(config)
    for name in _TRAIN:
        value = getattr(config, name)
        # The network and the dimensions decide what is usual.
        decides = name in {"network", "dimensions"}
        if value != getattr(plain if decides else usual, name):
            yield from _option(name, value)
    if config.task == "instances":
        for name, option in _INSTANCES.items():
            value = getattr(config.instances, name)
            if value != getattr(usual.instances, name):
                yield from _option(option, value)
    changed = _changes(config.augment, usual.augment)
    if changed:
        yield from ("--augment", *(f"{name}={_text(v)}" for name, v in changed.items()))


def _segment_options(question: SegmentQuestion) -> Iterator[str]:
    config, usual = question.config, SegmentConfig()
    if config.region:
        sides = (f"{axis}={a}:{b}" for axis, (a, b) in config.region.items())
        yield from ("--region", ",".join(sides))
    if not config.rescale:
        yield "--no-rescale"
    if config.uncertainty != "none":
        yield from ("--uncertainty-by", config.uncertainty)
    for name in _SEGMENT:
        if getattr(config, name) != getattr(usual, name):
            yield from _option(name, getattr(config, name))
    if config.thresholds:
        pairs = (f"{label}={value!r}" for label, value in config.thresholds.items())
        yield from ("--threshold", ",".join(pairs))
    for name in ("smallest", "holes"):
        sizes: Mapping[int, Size] = getattr(config, name)
        if sizes:
            pairs = (f"{label}={_size(size)}" for label, size in sizes.items())
            yield from (f"--{name}", ",".join(pairs))


def _preset(config: TrainConfig) -> TrainConfig:
    return train_config(
        config.preset, network=config.network, dimensions=config.dimensions
    )


def _without_option(config: TrainConfig) -> list[str]:
    """Settings that only Python and the docks state."""
    usual = _preset(config)
    found = {"dropout": (config.dropout, usual.dropout)}
    for name in ("weight", "sigma"):
        both = getattr(config.instances, name), getattr(usual.instances, name)
        found[f"instances.{name}"] = both
    return [f"{name} = {now}" for name, (now, before) in found.items() if now != before]


def _changes(now: Any, before: Any) -> dict[str, Any]:
    values, usual = now.model_dump(), before.model_dump()
    return {name: value for name, value in values.items() if value != usual[name]}


def _about_image(question: Question) -> Iterator[str]:
    if question.axes:
        yield from ("--axes", question.axes)
    if question.pixel_size:
        yield from ("--pixel-size", _pixel_size(question.pixel_size))


def _option(name: str, value: object) -> Iterator[str]:
    """An option and its value; of what is on, the option alone."""
    if value is None or value is False:
        return
    yield f"--{name.replace('_', '-')}"
    if value is not True:
        yield _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return repr(value) if isinstance(value, float) else str(value)


def _size(size: Size) -> str:
    unit = "" if size.unit == "pixel" else size.unit
    return f"{size.value!r}{unit}"


def _pixel_size(size: PixelSize) -> str:
    return ",".join(map(repr, size.spacing)) + size.unit


def _names(paths: Iterable[str]) -> list[str]:
    return [Path(path).name for path in paths]
