"""Errors a person can mend: what is wrong, where, and what to do about it.

Everything that is not one of these is a bug and keeps its traceback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class UnetsegError(Exception):
    """A problem that the user can solve.

    Parameters
    ----------
    problem : str
        What is wrong and where, as one sentence without a full stop at its end.
    remedy : str, optional
        What to do, as one sentence without a full stop at its end.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(problem, remedy)

    def __str__(self) -> str:
        """Join problem and remedy into the one line that a user reads."""
        sentences = (self.problem, self.remedy)
        return " ".join(s.rstrip(".") + "." for s in sentences if s)


class InputError(UnetsegError):
    """An image, labels or an option that cannot be used."""


class ReadError(UnetsegError):
    """A file that is missing, damaged or not what it should be."""


class WriteError(UnetsegError):
    """An output that exists already or cannot be written."""


class ModelError(UnetsegError):
    """A model file that is damaged, foreign, or does not fit the image."""


class RunError(UnetsegError):
    """A run folder that is taken, foreign or cannot be resumed."""


class DeviceError(UnetsegError):
    """A device or precision that this computer does not offer."""


def listed(names: Sequence[str], most: int = 3) -> str:
    """Names for a sentence, in quotes; of many the first ones, and how many more."""
    told = ", ".join(f"'{name}'" for name in names[:most])
    more = len(names) - most
    return f"{told} and {more} more" if more > 0 else told
