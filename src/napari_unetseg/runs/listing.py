"""The runs that the docks have started: their folders, and finding them again."""

from __future__ import annotations

import re
import shutil
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.runs.folder import RUN, read_question
from napari_unetseg.runs.home import models_folder, runs_folder
from napari_unetseg.runs.lock import is_taken
from napari_unetseg.runs.questions import TrainQuestion
from napari_unetseg.runs.status import RunStatus, status

if TYPE_CHECKING:
    from collections.abc import Collection

MODEL_ENDING = ".unetseg.safetensors"
_UNSTARTED = 3600.0
_SEEN = "seen"


def new_folder(job: str, name: str) -> Path:
    """Return a folder for a new run that does not exist yet, as in "…-train-em"."""
    stamp = datetime.now().strftime("%Y-%m-%d-%H%M%S")
    return _unused(runs_folder(), f"{stamp}-{job}-{file_name(name)}", "")


def new_model(name: str) -> Path:
    """Return the path of a model that does not exist yet; a number makes it so.

    It is also none that an unfinished run will write.
    """
    questions = [
        read_question(folder)
        for folder, where in found("train")
        if where.state != "finished"
    ]
    asked = {Path(one.model) for one in questions if isinstance(one, TrainQuestion)}
    return _unused(models_folder(), file_name(name), MODEL_ENDING, asked)


def models() -> list[Path]:
    """Return the models in the models' folder, the newest first."""
    found = models_folder().glob(f"*{MODEL_ENDING}")
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def model_name(path: Path) -> str:
    """Name of a model: that of its file, without the ending."""
    return path.name.removesuffix(MODEL_ENDING)


def found(job: str) -> list[tuple[Path, RunStatus]]:
    """Return the runs of a kind that were ever started, the newest first.

    What was begun to be made an hour ago and never started is deleted.
    """
    runs = []
    for file in sorted(runs_folder().glob(f"*/{RUN}"), reverse=True):
        folder = file.parent
        try:
            where = status(folder)
        except UnetsegError:
            continue
        if where.state == "new":
            _sweep(folder)
        elif where.job == job:
            runs.append((folder, where))
    return runs


def mark_seen(folder: Path) -> None:
    """Note that the user was shown how the run ended."""
    with suppress(OSError):
        (folder / _SEEN).touch()


def is_seen(folder: Path) -> bool:
    """Whether the user was shown how the run ended."""
    return (folder / _SEEN).exists()


def discard(folder: Path) -> None:
    """Delete a run that nobody works on."""
    if not is_taken(folder):
        shutil.rmtree(folder, ignore_errors=True)


def file_name(text: str) -> str:
    """Make a name that every file system takes, for a folder or a file."""
    plain = re.sub(r"[^\w.+ -]+", "-", text).strip(" .-")
    return plain[:60].rstrip(" .-") or "unnamed"


def _unused(folder: Path, name: str, ending: str, taken: Collection[Path] = ()) -> Path:
    path, number = folder / f"{name}{ending}", 1
    while path.exists() or path in taken:
        number += 1
        path = folder / f"{name}-{number}{ending}"
    return path


def _sweep(folder: Path) -> None:
    if time.time() - (folder / RUN).stat().st_mtime > _UNSTARTED:
        discard(folder)
