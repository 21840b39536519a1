"""When and by what a file was saved: the notes of files that no run has made."""

from __future__ import annotations

import json
import platform
import re
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SAVED, SAVED_BY = "saved", "saved_by"
_OURS, _NAPARI = "napari-unetseg", "napari"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def saved(*, by_napari: bool = False) -> dict[str, str]:
    """What is noted in a file that is saved now, whatever else is known of it.

    Parameters
    ----------
    by_napari : bool
        Whether it is a layer of napari, where somebody may have painted.

    Returns
    -------
    dict of str to str
        The day, and versions.
    """
    names = (_OURS, _NAPARI) if by_napari else (_OURS,)
    versions = {}
    for name in names:
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    versions["python"] = platform.python_version()
    return {
        SAVED: datetime.now(UTC).date().isoformat(),
        SAVED_BY: json.dumps(versions),
    }


def how_it_was_saved(notes: Mapping[str, str], name: str, *, made: bool) -> str:
    """Say it in a sentence for a paper.

    Parameters
    ----------
    notes : mapping of str to str
        As a file holds them; of other programs, or older versions, too.
    name : str
        Name of the file.
    made : bool
        Whether sentences before this one tell how it was made.

    Returns
    -------
    str
        Empty if the notes do not tell.
    """
    day, versions = notes.get(SAVED, ""), _versions(notes)
    if not _DAY.fullmatch(day) or _OURS not in versions:
        return ""
    ours = f"with {_OURS} {versions[_OURS]} on {day}"
    if _NAPARI not in versions:
        return f"{'It' if made else name} was saved {ours}."
    saved_by = f"was saved from napari {versions[_NAPARI]} {ours}"
    if made:
        return f"It {saved_by}, and may have been corrected by hand before."
    return f"{name} {saved_by}."


def _versions(notes: Mapping[str, str]) -> dict[str, str]:
    found: Any = None
    with suppress(ValueError, RecursionError):
        found = json.loads(notes.get(SAVED_BY, "{}"))
    if not isinstance(found, dict):
        return {}
    return {key: one for key, one in found.items() if isinstance(one, str)}
