"""Asks: create a run, start its process, watch it, command it. Loads no torch.

Nothing but the folder joins client and process: no pipe is held open, and whoever
knows the folder can watch.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError, RunError
from napari_unetseg.runs import inbox
from napari_unetseg.runs.folder import (
    LOCK,
    RUN,
    is_run,
    read_question,
    write_question,
)
from napari_unetseg.runs.lock import RunLock
from napari_unetseg.runs.preferences import preferred
from napari_unetseg.runs.process import (
    RunProcess,
    cancel,
    engine_command,
    let_end,
    start,
)
from napari_unetseg.runs.questions import TrainQuestion
from napari_unetseg.runs.status import RunStatus, status
from napari_unetseg.runs.watching import Watcher, watch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike

    from napari_unetseg.runs.questions import Question

__all__ = [
    "RunProcess",
    "RunStatus",
    "Watcher",
    "cancel",
    "command",
    "create",
    "engine_command",
    "go_on",
    "keep",
    "let_end",
    "look",
    "paint",
    "pause",
    "preview",
    "start",
    "status",
    "watch",
]


def create(folder: Path, question: Question, *, overwrite: bool = False) -> None:
    """Make a run folder that asks `question`.

    Parameters
    ----------
    folder : Path
        A folder that does not exist or is empty.
    question : Question
        What is asked; what it leaves to the preferences is said in the folder.
    overwrite : bool
        Whether a run that is in the folder may be deleted. A folder that is no run is
        never touched.

    Raises
    ------
    RunError
        If the folder is in use, or cannot be made.
    """
    _check_free(folder, overwrite=overwrite)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with RunLock(folder):
            # Again: somebody may have been faster.
            _check_free(folder, overwrite=overwrite)
            _empty(folder)
            write_question(folder, preferred(question))
    except OSError as error:
        raise RunError(
            f"{folder} cannot be made a run folder: {error.strerror}",
            "Choose another folder",
        ) from error


def command(folder: Path, name: str, **values: object) -> None:
    """Put a command into the run's inbox; the engine looks there between two events."""
    inbox.put(folder, inbox.Command(name, values))


def keep(folder: Path) -> None:
    """Ask a run to end early, with a model of what it has learnt.

    It can be resumed like any other that was stopped. A segmentation is cancelled: what
    it has done is kept anyhow.
    """
    command(folder, "keep")


def pause(folder: Path) -> None:
    """Ask a training to rest before its next step, with its state on disk.

    It stays in memory and goes on at once when it is asked to. A segmentation does not
    hear it: cancelled and resumed, it loses nothing.
    """
    command(folder, "pause")


def go_on(folder: Path) -> None:
    """Ask a training that was paused to go on."""
    command(folder, "go on")


def paint(folder: Path, image: int, start: Sequence[int], values: ArrayLike) -> int:
    """Change labels that a training learns from; they count from its next step on.

    What undoes a change is one more change. A training that is not under way takes it
    when it is started.

    Parameters
    ----------
    folder : Path
        The run folder.
    image : int
        Which of the labels images is changed, from 0.
    start : sequence of int
        Where the box begins, along each axis of the labels array, in pixels.
    values : array of integers or bool
        What is painted in the box now, one axis per axis of the labels array.

    Returns
    -------
    int
        The number of the change, from 1: the one that `events.Edited` tells.

    Raises
    ------
    InputError
        If this is no box of labels, or there is no such image.
    RunError
        If the folder holds no training.
    WriteError
        If the change cannot be written.
    """
    question = read_question(folder)
    if not isinstance(question, TrainQuestion):
        raise RunError(
            f"{folder} holds a segmentation, which learns from no labels",
            "Name the folder of a training",
        )
    if image >= len(question.labels):
        raise InputError(
            f"The training has no labels image {image}",
            f"It has {len(question.labels)}, counted from 0",
        )
    # numpy is loaded only where there is something to paint.
    from napari_unetseg.runs.edits import write_edit

    return write_edit(folder, image, start, values)


def look(folder: Path, **region: tuple[int, int]) -> None:
    """Tell a segmentation where somebody looks: tiles there are computed next.

    Parameters
    ----------
    folder : Path
        The run folder.
    **region
        Start and stop in pixels by axis, as in ``Z=(3, 4), Y=(0, 512)``; of the axes
        that are not named all. Nothing: the tiles come in their usual order again.
    """
    command(folder, "look", **region)


def preview(folder: Path, image: int | None = 0, **region: tuple[int, int]) -> None:
    """Tell a training where somebody looks: it predicts that every few seconds.

    Each prediction is a file in the run folder, of which `events.Previewed` tells, and
    which `runs.previews.read_preview` reads. It is of at most 2**20 pixels around the
    middle of the region, and of fewer where these would take long; it takes a tenth of
    the time at most, and none of the training's minutes.

    Parameters
    ----------
    folder : Path
        The run folder.
    image : int or None
        Which of the images is looked at, from 0; None: nobody looks any more.
    **region
        Start and stop in pixels by axis, as in ``Z=(3, 4), Y=(0, 512)``; of the axes
        that are not named all.
    """
    if image is None:
        command(folder, "preview")
    else:
        command(folder, "preview", image=image, region=region)


def _check_free(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder that holds a run, unless it may go, or anything else."""
    if is_run(folder):
        if overwrite:
            return
        raise RunError(
            f"{folder} holds a run already",
            "Go on with it by --resume, or replace it by --overwrite",
        )
    if folder.is_dir():
        names = (path.name for path in folder.iterdir())
        # These alone are left by a creation that was broken off.
        used = any(n != LOCK and not n.startswith(".unfinished-") for n in names)
    else:
        used = folder.exists()
    if used:
        raise RunError(
            f"{folder} exists already and is not a run folder",
            "Choose another folder",
        )


def _empty(folder: Path) -> None:
    """Delete all but the lock; ``run.json`` last, so that it can be broken off."""
    for path in sorted(folder.iterdir(), key=lambda path: path.name == RUN):
        if path.name == LOCK:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
