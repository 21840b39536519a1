"""What the docks remember from one start of napari to the next: one JSON file."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.write.atomic import write_text_atomic
from napari_unetseg.runs.home import settings_file


def recall(section: str) -> dict[str, Any]:
    """Return what was remembered under a name; nothing if the file is unreadable."""
    values = _read().get(section)
    return values if isinstance(values, dict) else {}


def remember(section: str, values: dict[str, Any]) -> None:
    """Keep plain values under a name, beside what is kept under others.

    A settings file that cannot be written is no reason to disturb anybody's work.
    """
    path = settings_file()
    text = json.dumps(_read() | {section: values}, indent=2, ensure_ascii=False) + "\n"
    with suppress(OSError, UnetsegError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text_atomic(path, text)


def _read() -> dict[str, Any]:
    try:
        values = json.loads(settings_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}
