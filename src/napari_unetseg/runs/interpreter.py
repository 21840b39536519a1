"""Whether a Python interpreter can do the work.

Another environment may have what this one lacks: torch with CUDA beside a napari
without torch, say.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import closing

from napari_unetseg.core.errors import RunError
from napari_unetseg.runs import child

# Loading torch for the first time can take long on a slow disk.
PATIENCE = 120.0
_LOADS = "import torch, napari_unetseg.runs.engine"
_REMEDY = (
    "Install torch and napari-unetseg there, or choose another interpreter in the "
    "settings"
)
# Interpreters that have shown that they can do it, and when they were made.
_USABLE: set[tuple[str, int]] = set()


def check_python(python: str) -> None:
    """Refuse an interpreter that does not load torch and this program; takes seconds.

    The one that runs this is never refused, and each other one is tried once.

    Raises
    ------
    RunError
        In one sentence, with what it said.
    """
    if python == sys.executable:
        return
    made = _made(python)
    if (python, made) in _USABLE:
        return
    said = _tried([python, "-P", "-c", _LOADS])
    if said.code != 0:
        lines = [line.strip() for line in said.err.splitlines() if line.strip()]
        why = lines[-1] if lines else "it ended without a word"
        raise RunError(f"{python} cannot do the work: {why}", _REMEDY)
    _USABLE.add((python, made))


def _made(python: str) -> int:
    try:
        found = os.stat(python)
    except (OSError, ValueError) as error:
        raise RunError(
            f"'{python}' cannot be used as Python interpreter: "
            f"{getattr(error, 'strerror', None) or error}",
            child.REMEDY,
        ) from error
    if not os.access(python, os.X_OK) or os.path.isdir(python):
        raise RunError(f"'{python}' is no Python interpreter", child.REMEDY)
    return found.st_mtime_ns


def _tried(argv: list[str]) -> child.Printed:
    deadline = time.monotonic() + PATIENCE
    with closing(child.printed(argv)) as work:
        while time.monotonic() < deadline:
            try:
                next(work)
            except StopIteration as done:
                said: child.Printed = done.value
                return said
    raise RunError(
        f"{argv[0]} did not load torch within {PATIENCE:.0f} seconds", _REMEDY
    )
