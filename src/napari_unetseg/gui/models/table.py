"""The models of the library as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QSize

from napari_unetseg.gui.parts.form import plain_tip
from napari_unetseg.gui.parts.listed import Cell, Column
from napari_unetseg.gui.parts.listing_table import ListingTable
from napari_unetseg.runs import library
from napari_unetseg.runs.model_words import in_words, summary

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

PICTURE = 32
COLUMNS = (
    Column("model", "Name of its file, and a picture of what it was trained on"),
    Column("IoU", "Mean intersection over union in validation", True),
    Column("date", "When its file was written"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A model of the library, as it is told."""

    entry: library.Entry

    @property
    def path(self) -> Path:
        """Its file."""
        return self.entry.path

    @property
    def is_whole(self) -> bool:
        """Whether it can be used."""
        return self.entry.card is not None

    def cells(self) -> tuple[Cell, ...]:
        """What a table tells: the name, the score and the date."""
        score = summary(self.entry).get("mean_iou")
        known = "" if score is None else f"{score:.3f}"
        return (
            Cell(
                self.entry.name, plain_tip(in_words(self.entry)), self.entry.thumbnail
            ),
            Cell(known if self.is_whole else "damaged"),
            Cell(self.entry.date),
        )


def rows() -> Generator[None, None, list[Row]]:
    """All models of the library, the newest first.

    A generator, to be run beside the window: it yields once a model.
    """
    found = []
    for one in library.entries():
        found.append(Row(one))
        yield
    return found


class ModelsTable(ListingTable[Row]):
    """One row per model, the newest first."""

    def __init__(self) -> None:
        super().__init__(COLUMNS, "Models", "Models of the library")
        self.setIconSize(QSize(PICTURE, PICTURE))
