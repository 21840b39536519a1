"""What is remembered from one start to the next: one JSON file, section by section."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.write.atomic import write_error, write_text_atomic
from napari_unetseg.runs.home import settings_file


def recall(section: str) -> dict[str, Any]:
    """Return what was remembered under a name; nothing if the file is unreadable."""
    values = _read().get(section)
    return values if isinstance(values, dict) else {}


def remember(section: str, values: dict[str, Any]) -> None:
    """Keep plain values under a name, beside what is kept under others.

    A settings file that cannot be written is no reason to disturb anybody's work.
    """
    with suppress(WriteError):
        keep(section, values)


def keep(section: str, values: dict[str, Any]) -> None:
    """Keep plain values under a name, as `remember`, and say so if it fails.

    Raises
    ------
    WriteError
        If the file cannot be written.
    """
    path = settings_file()
    text = json.dumps(_read() | {section: values}, indent=2, ensure_ascii=False) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(path, error) from error
    write_text_atomic(path, text)


def _read() -> dict[str, Any]:
    try:
        values = json.loads(settings_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}
