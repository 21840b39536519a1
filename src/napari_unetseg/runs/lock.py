"""One process works on a run: a file lock that the system gives back upon death.

Process ids are not trusted, because they are used again. The lock's file stays in the
folder for ever: whoever deleted it would let two processes hold two locks.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, BinaryIO, Self

from napari_unetseg.core.errors import RunError
from napari_unetseg.runs.folder import LOCK

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class RunLock:
    """Hold a run folder for as long as the ``with`` block lasts.

    Parameters
    ----------
    folder : Path
        An existing run folder.
    patience : float
        For how many seconds taking the lock is tried. `is_taken` holds it for an
        instant, and a process that ends may need as long to let go.

    Raises
    ------
    RunError
        On entering, if another process holds the run.
    """

    def __init__(self, folder: Path, *, patience: float = 0.5) -> None:
        self._folder = folder
        self._patience = patience
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        """Take the lock or say who has it."""
        deadline = time.monotonic() + self._patience
        try:
            file = (self._folder / LOCK).open("ab")
        except OSError as error:
            raise RunError(
                f"{self._folder} cannot be worked on: {error.strerror}"
            ) from error
        try:
            while not _try_lock(file, shared=False):
                if time.monotonic() >= deadline:
                    raise taken(self._folder)
                time.sleep(0.02)
        except OSError as error:
            file.close()
            raise RunError(
                f"{self._folder} cannot be locked: {error.strerror}",
                "Put the run on a disk whose file system offers locks",
            ) from error
        except BaseException:
            file.close()
            raise
        self._file = file
        return self

    def __exit__(self, *_: object) -> None:
        """Give the lock back."""
        if self._file is not None:
            _unlock(self._file)
            self._file.close()
            self._file = None


def is_taken(folder: Path) -> bool:
    """Whether a process works on the run right now."""
    try:
        file = (folder / LOCK).open("rb")
    except OSError:
        return False
    with file:
        try:
            # Windows knows no shared lock here: two who look could see each other.
            for _ in range(5 if sys.platform == "win32" else 1):
                if _try_lock(file, shared=True):
                    _unlock(file)
                    return False
                time.sleep(0.01)
        except OSError:
            return False
    return True


def taken(folder: Path) -> RunError:
    """Say that another process has the run."""
    return RunError(
        f"{folder} is being worked on by another process",
        "Wait for it or cancel it",
    )


if sys.platform == "win32":

    def _try_lock(file: BinaryIO, *, shared: bool) -> bool:
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file: BinaryIO) -> None:
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:

    def _try_lock(file: BinaryIO, *, shared: bool) -> bool:
        # Not lockf: its locks go as soon as this process closes any handle of the file.
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def _unlock(file: BinaryIO) -> None:
        # Closing alone would not do: a child between fork and exec holds the file too.
        fcntl.flock(file, fcntl.LOCK_UN)
