"""The runs as a table."""

from __future__ import annotations

from napari_unetseg.gui.parts.listed import Column
from napari_unetseg.gui.parts.listing_table import ListingTable
from napari_unetseg.gui.runs.rows import Row

COLUMNS = (
    Column("run", "Image that it is about; the folder's name is in the tooltip"),
    Column("job", "Training or segmentation"),
    Column("state", "How far it is, or how it ended"),
    Column(
        "size", "What its folder takes on the disk, copies of layers included", True
    ),
)


class RunsTable(ListingTable[Row]):
    """One row per run, the newest first."""

    def __init__(self) -> None:
        super().__init__(
            COLUMNS,
            "Runs",
            "Trainings and segmentations that were started from the docks",
        )
