"""The runs that the docks have started: their folders, and finding them again."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.runs.folder import RUN, read_question
from napari_unetseg.runs.home import runs_folder
from napari_unetseg.runs.lock import is_taken
from napari_unetseg.runs.preferences import models_folder
from napari_unetseg.runs.questions import TrainQuestion
from napari_unetseg.runs.status import RunStatus, status

MODEL_ENDING = ".unetseg.safetensors"
_UNSTARTED = 3600.0
_SEEN = "seen"
_LONGEST = 60


def new_folder(job: str, name: str) -> Path:
    """Return a folder for a new run, as in "2026-01-31-235959-train-em-3f9a".

    It is made later; the last digits keep others from choosing the same until then.
    """
    stamp = datetime.now().strftime("%Y-%m-%d-%H%M%S")
    mark = secrets.token_hex(2)
    return runs_folder() / f"{stamp}-{job}-{file_name(name)}-{mark}"


def new_model(name: str) -> Path:
    """Return the path of a model that does not exist yet; a number makes it so.

    It is also none that an unfinished run will write.
    """
    asked = set()
    for file in runs_folder().glob(f"*/{RUN}"):
        with suppress(UnetsegError, OSError):
            question = read_question(file.parent)
            unfinished = status(file.parent).state != "finished"
            if isinstance(question, TrainQuestion) and unfinished:
                asked.add(Path(question.model))
    stem, number = file_name(name), 1
    path = models_folder() / f"{stem}{MODEL_ENDING}"
    while path.exists() or path in asked:
        number += 1
        path = models_folder() / f"{stem}-{number}{MODEL_ENDING}"
    return path


def models() -> list[Path]:
    """Return the models in the models' folder, the newest first."""
    ages = {}
    for path in models_folder().glob(f"[!.]*{MODEL_ENDING}"):
        # A link may lead nowhere, and a file may go at any time.
        with suppress(OSError):
            ages[path] = path.stat().st_mtime
    return sorted(ages, key=lambda path: ages[path], reverse=True)


def model_name(path: Path) -> str:
    """Name of a model: that of its file, without the ending."""
    return path.name.removesuffix(MODEL_ENDING)


def found(job: str = "") -> list[tuple[Path, RunStatus]]:
    """Return the runs of a kind, or all, that were ever started, the newest first.

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
        elif job in {"", where.job}:
            runs.append((folder, where))
    return runs


def mark_seen(folder: Path) -> None:
    """Note that the user was shown how the run ended."""
    with suppress(OSError):
        (folder / _SEEN).touch()


def is_seen(folder: Path) -> bool:
    """Whether the user was shown how the run ended."""
    return (folder / _SEEN).exists()


def tidy(folder: Path, *names: str) -> None:
    """Delete parts of a finished run that nothing needs any more."""
    for name in names:
        shutil.rmtree(folder / name, ignore_errors=True)


def discard(folder: Path) -> None:
    """Delete a run that nobody works on."""
    if not is_taken(folder):
        shutil.rmtree(folder, ignore_errors=True)


def file_name(text: str) -> str:
    """Make a name that every file system takes, for a folder or a file."""
    plain = re.sub(r"[^\w.+ -]+", "-", text).strip(" .-")
    # File systems count bytes.
    short = plain.encode()[:_LONGEST].decode(errors="ignore")
    return short.rstrip(" .-") or "unnamed"


def _sweep(folder: Path) -> None:
    if time.time() - (folder / RUN).stat().st_mtime > _UNSTARTED:
        discard(folder)
