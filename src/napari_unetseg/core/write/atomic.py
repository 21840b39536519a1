"""Files that are written completely or not at all.

A file is written under another name in the same folder, forced to the disk and renamed.
Whatever goes wrong, a file that was there before stays as it was.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import WriteError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Seconds between attempts to rename: virus scanners hold new files for a moment.
PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)

OTHER_FOLDER = "Choose another folder"
FREE_SPACE = "Free space on the disk or choose another folder"
CLOSE_IT = "Close programs that have it open, or choose another folder"

REMEDIES = {
    None: FREE_SPACE,  # what numpy raises when the disk is full
    errno.ENOSPC: FREE_SPACE,
    errno.EDQUOT: FREE_SPACE,
    errno.EFBIG: FREE_SPACE,
    errno.EACCES: CLOSE_IT,
    errno.EPERM: CLOSE_IT,
    errno.ENAMETOOLONG: "Choose a shorter name",
    errno.EINVAL: "Choose another name",
}


@contextmanager
def atomic_path(path: str | os.PathLike[str], overwrite: bool = True) -> Iterator[Path]:
    """Give a path to write to; at the end of the block it becomes the file.

    Parameters
    ----------
    path : str or path
        The file wanted. Its folder exists.
    overwrite : bool
        Whether a file of this name may be replaced.

    Yields
    ------
    path
        Of a file that does not exist, in the same folder and with the same endings.

    Raises
    ------
    WriteError
        If the file exists and must not be replaced, or if the system refuses to write:
        disk full, no such folder, no permission. The unfinished file is removed.
    """
    # A link stays a link: what it points to is replaced.
    target = Path(os.path.realpath(path))
    _refuse_existing(target, overwrite)
    ending = "".join(target.suffixes[-2:])
    unfinished = target.with_name(f".unfinished-{secrets.token_hex(6)}{ending}")
    try:
        yield unfinished
        _force_to_disk(unfinished)
        _refuse_existing(target, overwrite)
        _rename(unfinished, target)
    except OSError as error:
        raise write_error(target, error) from error
    finally:
        # Gone after success; what cannot be removed hides no other error.
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)


def write_bytes_atomic(
    path: str | os.PathLike[str], data: bytes, overwrite: bool = True
) -> None:
    """Write or replace a file.

    Parameters
    ----------
    path : str or path
        The file. Its folder exists.
    data : bytes
        Its whole content.
    overwrite : bool
        Whether a file of this name may be replaced.

    Raises
    ------
    WriteError
        If the file exists and must not be replaced, or the system refuses; an existing
        file then stays as it was.
    """
    with atomic_path(path, overwrite) as unfinished:
        unfinished.write_bytes(data)


def write_text_atomic(path: str | os.PathLike[str], text: str) -> None:
    r"""Write or replace a text file, in UTF-8 and with "\n" on every system.

    Parameters
    ----------
    path : str or path
        The file. Its folder exists.
    text : str
        Its whole content.

    Raises
    ------
    WriteError
        If the system refuses; an existing file then stays as it was.
    """
    write_bytes_atomic(path, text.encode())


def check_writable(path: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Find out before the work whether its result can be written.

    Missing folders are made.

    Parameters
    ----------
    path : str or path
        The file wanted.
    overwrite : bool
        Whether a file of this name may be replaced.

    Raises
    ------
    WriteError
        If the file exists and must not be replaced, or the folder cannot be made or
        written to.
    """
    target = Path(os.path.realpath(path))
    _refuse_existing(target, overwrite)
    trial = target.with_name(f".unfinished-{secrets.token_hex(6)}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        trial.touch(exist_ok=False)
        trial.unlink()
    except OSError as error:
        raise write_error(target, error) from error


def write_error(path: Path, error: OSError) -> WriteError:
    """Say what the system said, and what to do.

    Parameters
    ----------
    path : path
        The file that was to be written.
    error : OSError
        What the system raised.
    """
    reason = error.strerror or str(error) or type(error).__name__
    remedy = REMEDIES.get(error.errno, OTHER_FOLDER)
    return WriteError(f"'{path.name}' cannot be written: {reason}", remedy)


def _refuse_existing(path: Path, overwrite: bool) -> None:
    if path.is_dir():
        raise WriteError(f"'{path.name}' is a folder", "Give the name of a file")
    if not overwrite and path.exists():
        raise WriteError(
            f"'{path.name}' exists",
            "Choose another name, or add --overwrite (in Python: overwrite=True) "
            "to replace it",
        )


def _force_to_disk(path: Path) -> None:
    # Windows flushes only what is open for writing.
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _rename(source: Path, target: Path) -> None:
    for pause in PAUSES:
        try:
            os.replace(source, target)
        except PermissionError:
            time.sleep(pause)
        else:
            break
    else:
        os.replace(source, target)
    # The new name itself reaches the disk with the folder; Windows has no such call.
    with contextlib.suppress(OSError):
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
