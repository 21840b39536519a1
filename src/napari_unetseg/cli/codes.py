"""Exit codes of the command line."""

from __future__ import annotations

from typing import Final

BUG: Final = 1
MENDABLE: Final = 2
ENDED_EARLY: Final = 3
SIGNAL: Final = 128  # plus the number of the signal, as shells do
INTERRUPTED: Final = SIGNAL + 2
TERMINATED: Final = SIGNAL + 15
