"""What a table of files or folders tells of each. Knows no window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class Column(NamedTuple):
    """Heading of a column.

    Attributes
    ----------
    title, tooltip : str
        What is read, and what it means.
    is_right : bool
        Whether it holds numbers.
    """

    title: str
    tooltip: str
    is_right: bool = False


class Cell(NamedTuple):
    """What one place shows.

    Attributes
    ----------
    text : str
        What is read.
    tooltip : str
        More of it; the text if empty.
    picture : Path or None
        File of a picture in front of the text.
    """

    text: str
    tooltip: str = ""
    picture: Path | None = None


class Listed(Protocol):
    """What has a row."""

    @property
    def path(self) -> Path:
        """Tells it from all others."""

    def cells(self) -> Sequence[Cell]:
        """What its row shows, one cell per column."""
