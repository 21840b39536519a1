"""What the Runs dock tells of each run. Knows no window."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.gui.parts.listed import Cell
from napari_unetseg.runs import listing
from napari_unetseg.runs.status import status

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from napari_unetseg.runs.status import RunStatus

JOBS = {"train": "training", "segment": "segmentation"}
STATES = {
    "running": "under way",
    "stopped": "stopped",
    "failed": "failed",
    "interrupted": "broken off",
    "finished": "finished",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A run, as it is told.

    Attributes
    ----------
    folder : Path
        The run folder.
    where : RunStatus
        Where the run stands.
    bytes : int
        What its folder takes on the disk.
    """

    folder: Path
    where: RunStatus
    bytes: int

    @property
    def path(self) -> Path:
        """Tells it from all others."""
        return self.folder

    def cells(self) -> tuple[Cell, ...]:
        """What a table tells: the name, the job, the state and the size."""
        return (
            Cell(self.name, self.folder.name),
            Cell(JOBS[self.where.job], self.time),
            Cell(self.state, self.where.message),
            Cell(size_text(self.bytes), f"{self.bytes:,} bytes"),
        )

    @property
    def name(self) -> str:
        """What was trained on or segmented: the folder's name without time and job."""
        words = self.folder.name.split("-")
        # As `listing.new_folder` joins them: date, time, job, name, and a mark.
        return "-".join(words[5:-1]) or self.folder.name

    @property
    def time(self) -> str:
        """When it was asked for, as in "2026-01-31 23:59"."""
        words = self.folder.name.split("-")
        clock = words[3] if len(words) > 3 else ""
        if len(clock) != len("235959") or not clock.isdigit():
            return ""
        return f"{'-'.join(words[:3])} {clock[:2]}:{clock[2:4]}"

    @property
    def state(self) -> str:
        """Where it stands, in a few words."""
        where = self.where
        text = "paused" if where.paused else STATES[where.state]
        if where.state == "finished" or not where.total:
            return text
        return f"{text}, {where.done / where.total:.0%}"

    @property
    def is_running(self) -> bool:
        """Whether a process works on it."""
        return self.where.state == "running"

    @property
    def can_go_on(self) -> bool:
        """Whether it can be resumed."""
        if self.where.state in {"running", "finished"}:
            return False
        return bool(self.where.total and self.where.result.get("resumable", True))


def rows() -> Generator[None, None, list[Row]]:
    """All runs that were ever started, the newest first.

    A generator, to be run beside the window: it yields once a run, whose folder may
    hold a large result that is to be measured.
    """
    found = []
    for folder, where in listing.found():
        found.append(Row(folder, where, folder_bytes(folder)))
        yield
    return found


def now(row: Row) -> Row | None:
    """The same run as it stands now; None if it has gone."""
    try:
        return Row(row.folder, status(row.folder), row.bytes)
    except UnetsegError:
        return None


def folder_bytes(folder: Path) -> int:
    """Bytes of all files in a folder, which may change meanwhile."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(path, name)).st_size
            except OSError:
                continue
    return total


def size_text(count: int) -> str:
    """As in "1.8 GB"."""
    size = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
