"""Tables of scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

    from napari_unetseg.core.evaluate.report import Report


def show(table: Table, pixel_error: float | None) -> None:
    """Print a table, and under it the pixel error, on standard output."""
    from rich.console import Console

    Console(highlight=False, markup=False, emoji=False).print(table)
    typer.echo(f"Pixel error: {score(pixel_error)}")


def new_table(title: str = "") -> Table:
    """Make an empty table that also reads well in a log."""
    from rich import box
    from rich.table import Table

    return Table(title=title or None, box=box.ASCII2, title_justify="left")


def validation_table(validation: Mapping[str, Any]) -> Table:
    """IoU per class, their mean, and the scores of single objects, on validation."""
    table = new_table("Validation")
    table.add_column("class")
    table.add_column("IoU", justify="right")
    for label, value in validation.get("iou", {}).items():
        table.add_row(label, score(value))
    table.add_section()
    table.add_row("mean", score(validation.get("mean_iou")))
    if "seg" in validation:
        table.add_section()
        table.add_row("objects: SEG", score(validation["seg"]))
        table.add_row("objects: F1 (IoU > 0.5)", score(validation["f1"]))
    return table


def report_table(report: Report, title: str = "") -> Table:
    """One row per class, then the mean."""
    table = new_table(title)
    table.add_column("class")
    for column in ("IoU", "Dice", "precision", "recall", "pixels"):
        table.add_column(column, justify="right")
    *classes, mean = report.rows()
    for row in [*classes, mean]:
        if row is mean:
            table.add_section()
        label = " ".join(row[:2]).strip()
        table.add_row(label, *(score(value) for value in row[2:-1]), str(row[-1]))
    return table


def score(value: float | None) -> str:
    """A share from 0 to 1 with 4 digits; "-" if there is none."""
    return "-" if value is None else f"{value:.4f}"
