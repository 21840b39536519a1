"""A report is written to the file that is asked for: CSV, JSON or a page."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFileDialog, QWidget

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.evaluate.shots import shots_of
from napari_unetseg.layers.align import aligned
from napari_unetseg.runs.listing import file_name

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari_unetseg.core.evaluate.page import Shot
    from napari_unetseg.core.evaluate.report import Report
    from napari_unetseg.gui.report.question import Answer, Comparison

FILTERS = {
    ".csv": "Table, comma-separated values (*.csv)",
    ".json": "All scores, JSON (*.json)",
    ".html": "Page with tables, curves and pictures (*.html)",
}


def ask_where(report: Report, parent: QWidget) -> tuple[Path, bool] | None:
    """Ask for a file.

    Parameters
    ----------
    report : Report
        The scores.
    parent : QWidget
        What the dialog belongs to.

    Returns
    -------
    (Path, bool) or None
        The file, and whether the dialog has asked to replace one that is there; None if
        none was chosen.
    """
    proposed = file_name(f"{report.prediction} against {report.truth}") + ".csv"
    chosen, kind = QFileDialog.getSaveFileName(
        parent, "Save the scores", proposed, ";;".join(FILTERS.values())
    )
    if not chosen:
        return None
    path = Path(chosen)
    if path.suffix.lower() in FILTERS:
        return path, True
    wanted = next((end for end, text in FILTERS.items() if text == kind), ".csv")
    # Of a name without ending the dialog has not asked whether to replace the file.
    return path.with_name(path.name + wanted), False


def saved(
    answer: Answer, question: Comparison, path: Path, *, overwrite: bool
) -> Generator[None, None, Path]:
    """Write a report, in the format that the ending of the file names.

    Parameters
    ----------
    answer : Answer
        What was found.
    question : Comparison
        What was asked; its layers are drawn in a page.
    path : Path
        The file.
    overwrite : bool
        Whether a file that is there is replaced.

    Raises
    ------
    UnetsegError, OSError
        If it cannot be written.
    """
    yield
    report, against = answer.report, answer.against.get("")
    ending = path.suffix.lower()
    if ending == ".json":
        report.write_json(path, overwrite, against=against)
    elif ending == ".html":
        from napari_unetseg.core.evaluate.page import page, write_page

        shots = _shots(report, question)
        yield
        made = "Compared in napari: " + _terms(question)
        other = answer.rival
        text = page(report, shots=shots, against=against, other=other, made=made)
        write_page(path, text, overwrite)
    else:
        report.write_csv(path, overwrite)
    return path


def _shots(report: Report, question: Comparison) -> list[Shot]:
    """Pictures of the worst slices, if the image is known."""
    image = question.evidence.image
    if image is None:
        return []
    with suppress(UnetsegError):
        pair = aligned(question.prediction, question.truth)
        shown = aligned(image, question.truth).prediction
        return shots_of(
            report,
            question.asked,
            image=shown,
            truth=pair.truth,
            prediction=pair.prediction,
        )
    return []


def _terms(question: Comparison) -> str:
    told = [f"ids are {question.kind}"]
    if question.identity is not None:
        told.append(f"of class {question.identity}")
    if question.ignore:
        told.append(f"not annotated {', '.join(map(str, question.ignore))}")
    return "; ".join(told)
