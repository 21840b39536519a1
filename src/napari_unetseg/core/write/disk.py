"""A full disk: telling it from other errors, and waiting until there is room again."""

from __future__ import annotations

import errno
import time
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.events import Event, Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
EVERY = 1.0

# Of the time, at most a sixth goes into attempts that fail.
_REST = 5.0
# numpy's words, which carry no number.
_SHORT = "requested and"


def is_full(error: BaseException | None) -> bool:
    """Whether an error, or one that it came from, says that the disk is full."""
    while error is not None:
        if isinstance(error, OSError):
            short = error.errno is None and _SHORT in str(error)
            if short or error.errno in FULL:
                return True
        error = error.__cause__
    return False


def when_there_is_room(
    write: Callable[[], object], what: str, stop: Callable[[], bool] = lambda: False
) -> Generator[Event, None, bool]:
    """Write something; while the disk is full, wait and try again.

    Parameters
    ----------
    write : callable
        Writes all of it or, if it raises, nothing.
    what : str
        What is to be written and where, to follow the words "room on the disk".
    stop : callable
        Asked after each attempt whether to give up.

    Yields
    ------
    Waiting
        About once a second.

    Returns
    -------
    bool
        Whether it was written.

    Raises
    ------
    WriteError, OSError
        If it cannot be written for any other reason.
    """
    while True:
        start = time.monotonic()
        try:
            write()
        except (OSError, WriteError) as error:
            if not is_full(error):
                raise
        else:
            return True
        took = time.monotonic() - start
        for _ in range(max(1, round(_REST * took / EVERY))):
            if stop():
                return False
            yield Waiting(what=f"room on the disk {what}")
            time.sleep(EVERY)
