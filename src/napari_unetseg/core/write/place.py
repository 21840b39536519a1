"""A finished folder takes the name that it was made for, all at once."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import time
from pathlib import Path

from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.write.atomic import PAUSES, write_error

# What tells a folder that may be replaced from one with a person's files.
_MARKS = ("zarr.json", ".zarray", ".zgroup")


def check_place(target: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Find out before the work whether a folder can take this name.

    Missing folders above it are made.

    Parameters
    ----------
    target : str or path
        The folder wanted.
    overwrite : bool
        Whether a zarr of this name may be replaced.

    Raises
    ------
    WriteError
        If the name is taken by a zarr that must not be replaced or by anything else,
        or the system refuses.
    """
    wanted = Path(os.path.realpath(target))
    _refuse_existing(wanted, overwrite)
    trial = _hidden(wanted, "trial")
    try:
        wanted.parent.mkdir(parents=True, exist_ok=True)
        trial.mkdir(exist_ok=True)
        trial.rmdir()
    except OSError as error:
        raise write_error(wanted, error) from error


def move_into_place(
    source: str | os.PathLike[str], target: str | os.PathLike[str], *, overwrite: bool
) -> None:
    """Rename a finished zarr, to another file system too.

    There, it is copied under a hidden name beside the target, which is then renamed.
    A zarr that is replaced is renamed first and removed when the new one stands. If the
    program is killed at any moment, the source or the target is complete, nothing of
    what was there before is lost, and the same call with `overwrite` mends the rest.

    Parameters
    ----------
    source : str or path
        The finished folder; afterwards it is gone.
    target : str or path
        The name wanted. Missing folders above it are made.
    overwrite : bool
        Whether a zarr of this name may be replaced.

    Raises
    ------
    WriteError
        If the name is taken by a zarr that must not be replaced or by anything else,
        or the system refuses; source and target then are as they were.
    """
    new = Path(os.path.realpath(source))
    wanted = Path(os.path.realpath(target))
    if new == wanted:
        return
    if new.is_relative_to(wanted) or wanted.is_relative_to(new):
        raise WriteError(
            f"'{wanted.name}' cannot be written: it and its source lie in one another",
            "Choose another folder",
        )
    try:
        _bring_back(wanted)
        _refuse_existing(wanted, overwrite)
        wanted.parent.mkdir(parents=True, exist_ok=True)
        try:
            _swap(new, wanted)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _copy_over(new, wanted)
    except OSError as error:
        raise write_error(wanted, error) from error


def _copy_over(source: Path, target: Path) -> None:
    """Bring a folder to the file system of its target first."""
    unfinished = _hidden(target, "unfinished")
    _remove(unfinished)
    try:
        _copy(source, unfinished)
        _swap(unfinished, target)
    finally:
        # Gone after success; what cannot be removed hides no other error.
        with contextlib.suppress(OSError):
            _remove(unfinished)
    # The new one is there: that its source cannot be removed is no failure.
    with contextlib.suppress(OSError):
        _remove(source)


def _copy(source: Path, target: Path) -> None:
    # shutil.copytree goes on where a disk is full, and reports it once per file.
    target.mkdir()
    for entry in source.iterdir():
        copy = _copy if entry.is_dir() else shutil.copyfile
        copy(entry, target / entry.name)


def _swap(new: Path, target: Path) -> None:
    """Rename a folder; an old one is set aside until the new one stands."""
    old = _hidden(target, "replaced")
    if target.exists():
        _remove(old)
        _rename(target, old)
    try:
        _rename(new, target)
    except OSError:
        _bring_back(target)
        raise
    # The new one is there: that the old one cannot be removed is no failure.
    with contextlib.suppress(OSError):
        _remove(old)


def _bring_back(target: Path) -> None:
    """Undo a replacement that was given up halfway."""
    old = _hidden(target, "replaced")
    if old.exists() and not target.exists():
        _rename(old, target)


def _hidden(target: Path, what: str) -> Path:
    # Always the same name, so that the next call finds what a crash has left.
    return target.with_name(f".{what}-{target.name}")


def _refuse_existing(target: Path, overwrite: bool) -> None:
    if not target.exists():
        return
    is_zarr = any((target / mark).is_file() for mark in _MARKS)
    if not is_zarr and not (target.is_dir() and not any(target.iterdir())):
        raise WriteError(
            f"'{target.name}' exists and is no zarr, so it is not replaced",
            "Choose another name",
        )
    if not overwrite:
        raise WriteError(
            f"'{target.name}' exists",
            "Choose another name, or add --overwrite (in Python: overwrite=True) "
            "to replace it",
        )


def _rename(source: Path, target: Path) -> None:
    """Rename, with patience: virus scanners hold new files for a moment."""
    for pause in PAUSES:
        try:
            os.rename(source, target)
        except PermissionError:
            time.sleep(pause)
        else:
            return
    os.rename(source, target)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
