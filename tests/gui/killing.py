"""The process of a run, killed from outside."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from pathlib import Path


def kill(folder: Path) -> None:
    """Kill whatever works on a run."""
    for one in psutil.process_iter(["cmdline"]):
        if str(folder) in (one.info["cmdline"] or []):
            os.kill(one.pid, signal.SIGKILL)
