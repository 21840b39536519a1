"""``reserve``: a piece of disk that a run holds, to be able to say that it is full.

Once there is no room, the file goes, and some last lines of the story fit in its place.
That it can be written again is the sign that there is room.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from napari_unetseg.core.write.disk import is_full
from napari_unetseg.runs.folder import RESERVE

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 1 << 20


class Reserve:
    """The reserve of a run.

    Parameters
    ----------
    folder : Path
        The run folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / RESERVE

    def make(self) -> bool:
        """Write the file, if it is not there; return whether there was room.

        Raises
        ------
        OSError
            If it cannot be written for another reason.
        """
        try:
            if self._path.exists() and self._path.stat().st_size == SIZE:
                return True
            with self._path.open("wb") as file:
                # Some file systems store zeros in no room at all.
                file.write(os.urandom(SIZE))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            self.drop()
            if not is_full(error):
                raise
            return False
        return True

    def drop(self) -> None:
        """Give the room back."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
