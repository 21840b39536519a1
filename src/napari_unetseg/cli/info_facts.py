"""What an image file, its notes and a run folder hold, as pairs of words."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from napari_unetseg.core.read.opened import Opened

    Facts = list[tuple[str, str]]

_LARGEST_LOOKED_THROUGH = 1 << 28  # bytes
# Notes that are told in a sentence or a command instead.
_TOLD_ELSEWHERE = {
    "network",
    "question",
    "settings",
    "trained_on",
    "channels",
    "origin",
    "seen",
}


def image_facts(opened: Sequence[Opened], path: Path) -> Facts:
    """Shape, axes, pixel size and the rest of an image; what else is in its file."""
    first = opened[0]
    image = first.image
    size = math.prod(image.shape) * image.dtype.itemsize
    facts = [
        ("labels" if first.labels else "image", image.name),
        ("shape", " x ".join(map(str, image.shape))),
        ("axes", image.axes),
        ("type", str(image.dtype)),
        ("pixel size", sizes(image.spatial_axes, image.spacing, image.unit)),
        ("channels", counted(image.channel_count, image.channels)),
        ("memory", byte_size(size)),
        ("file", byte_size(_on_disk(path))),
    ]
    if any(first.origin.values()):
        place = sizes("".join(first.origin), first.origin.values(), image.unit)
        facts.append(("place", place))
    if len(first.levels) > 1:
        levels = (" x ".join(map(str, level.shape)) for level in first.levels[1:])
        facts.append(("pyramid", ", ".join(levels)))
    beside = [one.image.name for one in opened[1:]]
    if beside:
        facts.append(("with", ", ".join(beside)))
    if first.others:
        facts.append(("other images", ", ".join(first.others.values())))
    if 0 < size <= _LARGEST_LOOKED_THROUGH:
        values = np.asarray(image.array)
        facts.append(("values", f"{values.min()} to {values.max()}"))
    return facts


def _on_disk(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def note_facts(notes: Mapping[str, str]) -> Facts:
    """What is noted in a file, in words."""
    facts = []
    for key, text in sorted(notes.items()):
        if key in _TOLD_ELSEWHERE or not text:
            continue
        value = text
        with suppress(ValueError, RecursionError):
            found = json.loads(text)
            if isinstance(found, dict):
                value = ", ".join(f"{name} {one}" for name, one in found.items())
        facts.append((key.replace("_", " "), value or "none"))
    return facts


def run_facts(folder: Path) -> Facts:
    """State, inputs and outputs of a run, by their names."""
    from napari_unetseg.runs.folder import read_date, read_question
    from napari_unetseg.runs.questions import TrainQuestion
    from napari_unetseg.runs.status import status

    question, now = read_question(folder), status(folder)
    facts = [
        ("run", folder.name),
        ("job", question.job),
        ("state", now.state),
        ("begun", read_date(folder)),
    ]
    if isinstance(question, TrainQuestion):
        facts += [
            ("images", _names(question.images)),
            ("labels", _names(question.labels)),
            ("model", Path(question.model).name),
        ]
    else:
        wanted = (question.out, question.scores, question.uncertainty)
        facts += [
            ("image", Path(question.image).name),
            ("model", _names(question.models)),
            ("results", _names(path for path in wanted if path is not None)),
        ]
    facts.append(("folder", byte_size(_on_disk(folder))))
    return facts


def _names(paths: Iterable[str]) -> str:
    return ", ".join(Path(path).name for path in paths)


def counted(count: int, names: tuple[str, ...]) -> str:
    """Write a number and, behind it, names."""
    return f"{count} ({', '.join(names)})" if names else str(count)


def sizes(axes: str, spacing: Iterable[float], unit: str) -> str:
    """Write a pixel size as in "Z 50 nm, Y 4 nm, X 4 nm"."""
    if unit == "pixel":
        return "not known"
    pairs = zip(axes, spacing, strict=True)
    return ", ".join(f"{axis} {size:g} {unit}" for axis, size in pairs)


def byte_size(count: float) -> str:
    """Write a number of bytes as in "1.5 GB"."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
