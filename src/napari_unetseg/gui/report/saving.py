"""A report is written to the file that is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFileDialog, QWidget

from napari_unetseg.runs.listing import file_name

if TYPE_CHECKING:
    from napari_unetseg.core.evaluate.report import Report


def save_table(report: Report, parent: QWidget) -> Path | None:
    """Ask for a file and write the table of a report to it.

    Parameters
    ----------
    report : Report
        The scores.
    parent : QWidget
        What the dialog belongs to.

    Returns
    -------
    Path or None
        The file; None if none was chosen.

    Raises
    ------
    UnetsegError, OSError
        If it cannot be written.
    """
    proposed = file_name(f"{report.prediction} against {report.truth}") + ".csv"
    chosen, _ = QFileDialog.getSaveFileName(
        parent, "Save the scores", proposed, "Comma-separated values (*.csv)"
    )
    if not chosen:
        return None
    # Of a name without ending the dialog has not asked whether to replace the file.
    asked = bool(Path(chosen).suffix)
    path = Path(chosen) if asked else Path(f"{chosen}.csv")
    report.write_csv(path, overwrite=asked)
    return path
