"""``edits/``: what is painted while a training goes on, one numbered file per change.

Each file holds a box of labels as they are now. ``taken.json`` says at which step each
change took effect; it is written before that step, so that a training which is resumed
learns from each change from the very same step on.
"""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from napari_unetseg.core.errors import InputError, WriteError
from napari_unetseg.core.prepare.edits import Edit
from napari_unetseg.core.write.atomic import PAUSES, write_error, write_text_atomic
from napari_unetseg.core.write.disk import is_full
from napari_unetseg.runs.folder import EDITS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike

LOOK_EVERY = 0.1
_TAKEN = "taken.json"
_NAME = re.compile(r"(\d{6,})\.npz")
_PAINTING = threading.Lock()

# Too many open files, or a disk that has stuttered.
_PASSING = {errno.EIO, errno.EMFILE, errno.ENFILE, errno.EAGAIN}


def write_edit(
    folder: Path, image: int, start: Sequence[int], values: ArrayLike
) -> int:
    """Write a change into a run folder; return its number.

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

    Raises
    ------
    InputError
        If this is no box of labels.
    WriteError
        If it cannot be written.
    """
    box = np.asarray(values)
    _check(image, start, box)
    edits = folder / EDITS
    unfinished = edits / f".unfinished-{secrets.token_hex(6)}.npz"
    try:
        edits.mkdir(exist_ok=True)
        try:
            with unfinished.open("xb") as file:
                np.savez_compressed(
                    file,
                    image=np.asarray(image, np.int64),
                    start=np.asarray(start, np.int64),
                    values=box.view(np.uint8) if box.dtype == bool else box,
                )
                file.flush()
                os.fsync(file.fileno())
            return _number_it(unfinished)
        finally:
            # What cannot be removed hides no other error.
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise write_error(edits / "edit.npz", error) from error


class Edits:
    """Gives a training the changes, each from its step on.

    Parameters
    ----------
    folder : Path
        The run folder.
    now : callable
        A clock in seconds, never set back.
    """

    def __init__(self, folder: Path, now: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder / EDITS
        self._now = now
        self._looked = -float("inf")
        self._taken = self._read_taken()
        by_step = sorted(self._taken.items(), key=lambda pair: (pair[1], pair[0]))
        self._history = deque(by_step)
        self._useless: set[int] = set()
        self._complained = False

    def new(self, step: int) -> list[Edit]:
        """Return the changes that count from here on and were not returned yet.

        A change that took effect at a later step, before the training was broken off,
        waits for that step; and what is new waits until all of these were given, since
        of two changes of the same pixel the later one counts.

        Parameters
        ----------
        step : int
            Number of steps that are done.

        Returns
        -------
        list of Edit
            In the order of their numbers, each with its step. New ones are on record
            before they are returned; while the disk is too full for that, they wait.
            Files that are none of ours are left out, with a line in the log.

        Raises
        ------
        WriteError
            If the record cannot be written for another reason than a full disk.
        """
        found = []
        while self._history and self._history[0][1] <= step:
            edit = self._read(*self._history.popleft())
            if edit is not None:
                found.append(edit)
        return found if self._history else [*found, *self._take(step)]

    def _take(self, step: int) -> list[Edit]:
        """Find new changes, ten times a second at most, and put them on record."""
        if self._now() - self._looked < LOOK_EVERY:
            return []
        self._looked = self._now()
        numbers = set(_numbers(self._folder)) - self._useless - self._taken.keys()
        read = (self._read(number, step) for number in sorted(numbers))
        found = [edit for edit in read if edit is not None]
        if not found:
            return []
        taken = self._taken | {edit.number: step for edit in found}
        try:
            write_text_atomic(self._folder / _TAKEN, json.dumps(taken))
        except WriteError as error:
            if not is_full(error):
                raise
            if not self._complained:
                _log(f"What was painted has to wait, because the disk is full: {error}")
            self._complained = True
            return []
        self._complained = False
        self._taken = taken
        return found

    def _read(self, number: int, step: int) -> Edit | None:
        """Read a change; None for one that cannot be read, now and ever after."""
        path = self._folder / _name(number)
        try:
            return _edit(path, number, step)
        except Exception as error:  # noqa: BLE001 - whatever a damaged file makes raise
            # Otherwise the next look may be luckier.
            if getattr(error, "errno", None) not in _PASSING:
                self._leave_out(number, path, error)
            return None

    def _leave_out(self, number: int, path: Path, error: Exception) -> None:
        self._useless.add(number)
        what = " ".join(str(error).split())[:200] or type(error).__name__
        _log(f"{path.name} in {EDITS} is no change of labels and is left out: {what}")

    def _read_taken(self) -> dict[int, int]:
        """Number of each change that took effect, and its step."""
        path = self._folder / _TAKEN
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            return {int(number): int(step) for number, step in values.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            _log(f"{_TAKEN} in {EDITS} is damaged; all changes count at once: {error}")
            return {}


def _check(image: int, start: Sequence[int], values: Any) -> None:
    """Refuse what is no box of labels."""
    if values.dtype.kind not in "biu":
        raise InputError(
            f"Labels of type {values.dtype} cannot be painted", "Give integers"
        )
    if values.dtype.kind == "i" and values.size and values.min() < 0:
        raise InputError(
            f"The negative id {int(values.min())} cannot be painted",
            "Use 0 and positive ids",
        )
    if not 0 < values.ndim == len(start) or not values.size:
        raise InputError(
            f"A box of the shape {values.shape} cannot begin at {tuple(start)}",
            "Give one number per axis, and a box with pixels in it",
        )
    if image < 0 or min(start) < 0:
        raise InputError(
            f"There is no box at {tuple(start)} of the labels image {image}",
            "Count images and pixels from 0",
        )


def _edit(path: Path, number: int, step: int) -> Edit:
    """Read a file; what it holds is not trusted."""
    with _opened(path) as file:
        arrays = np.load(file, allow_pickle=False)
        image, start, values = arrays["image"], arrays["start"], arrays["values"]
    if image.dtype.kind != "i" or start.dtype.kind != "i" or start.ndim != 1:
        raise ValueError("its numbers are no whole numbers")
    edit = Edit(number, int(image), tuple(map(int, start)), values, step)
    _check(edit.image, edit.start, edit.values)
    return edit


def _opened(path: Path) -> BinaryIO:
    """Open a file, with patience: virus scanners hold new files for a moment."""
    for pause in PAUSES:
        try:
            return path.open("rb")
        except PermissionError:
            time.sleep(pause)
    return path.open("rb")


def _number_it(unfinished: Path) -> int:
    """Give a whole file the next number, which nobody else can have taken."""
    with _PAINTING:
        number = max(_numbers(unfinished.parent), default=0) + 1
        while True:
            target = unfinished.with_name(_name(number))
            try:
                # Unlike renaming this never replaces a file.
                os.link(unfinished, target)
            except FileExistsError:
                number += 1
            except OSError:
                # A file system without such links.
                if target.exists():
                    number += 1
                    continue
                unfinished.rename(target)
                return number
            else:
                return number


def _numbers(edits: Path) -> list[int]:
    try:
        names = os.listdir(edits)
    except FileNotFoundError:
        return []
    return [int(found[1]) for name in names if (found := _NAME.fullmatch(name))]


def _name(number: int) -> str:
    return f"{number:06d}.npz"


def _log(text: str) -> None:
    # On a full disk the log is full too.
    with suppress(OSError):
        sys.stderr.write(f"{text}\n")
