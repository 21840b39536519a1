"""``inbox/``: commands to a run, one JSON file each, taken in the order they were put.

A file's name starts with the time of asking, which orders the commands and tells those
of an earlier run apart. Counter and process mark keep two askers from meeting.
"""

from __future__ import annotations

import itertools
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.write.atomic import write_text_atomic
from napari_unetseg.runs.folder import INBOX

if TYPE_CHECKING:
    from pathlib import Path

_COUNT = itertools.count()
_MARK = uuid.uuid4().hex[:8]


@dataclass(frozen=True, slots=True)
class Command:
    """A name, for example "cancel", and plain values."""

    name: str
    values: dict[str, Any] = field(default_factory=dict)


def put(folder: Path, command: Command) -> None:
    """Ask the run in `folder` to do something."""
    inbox = folder / INBOX
    inbox.mkdir(exist_ok=True)
    name = f"{time.time_ns():020d}-{next(_COUNT):06d}-{_MARK}.json"
    text = json.dumps({"command": command.name, "values": command.values})
    write_text_atomic(inbox / name, text)


def take(folder: Path, since: int = 0) -> list[Command]:
    """Take the waiting commands out of the inbox.

    Parameters
    ----------
    folder : Path
        The run folder.
    since : int
        Nanoseconds since 1970; commands put before that are thrown away: they were
        meant for a process that is no more.
    """
    try:
        # A file that is being written has another ending or a leading dot.
        paths = sorted((folder / INBOX).glob("[0-9]*.json"))
    except OSError:
        return []
    commands = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
            path.unlink()
        except OSError:
            # A virus scanner may hold it: it is taken whole with the next look.
            continue
        asked = path.name.split("-")[0]
        command = _parse(text)
        if command is not None and asked.isdigit() and int(asked) >= since:
            commands.append(command)
    return commands


def _parse(text: str) -> Command | None:
    """Understand a command; None for what is none."""
    try:
        content = json.loads(text)
        name, values = content["command"], content["values"]
    except (ValueError, TypeError, KeyError):
        return None
    if not isinstance(name, str) or not isinstance(values, dict):
        return None
    return Command(name, values)
