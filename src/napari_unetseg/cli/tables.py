"""Tables of scores."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rich.table import Table

    from napari_unetseg.core.evaluate.intervals import Difference
    from napari_unetseg.core.evaluate.judge import Asked
    from napari_unetseg.core.evaluate.report import Report


def show_report(
    report: Report,
    *,
    by_slice: bool,
    against: Mapping[str, Difference] | None = None,
) -> None:
    """Print whether a report can be believed, and its scores."""
    from rich.console import Console

    from napari_unetseg.core.evaluate.sentences import lead, shown, which

    # Whatever is known to be unseen comes first.
    main = shown(report)
    title = "" if main is report else f"Of {which(report)}"
    console = Console(highlight=False, markup=False, emoji=False)
    if report.known_use:
        typer.echo(lead(report))
    if report.task != "classes":
        console.print(score_table(main, title))
    if by_slice:
        console.print(slice_table(report))
    if report.thresholds:
        console.print(threshold_table(report))
    if against:
        console.print(difference_table(against))
    if main.boundaries:
        console.print(border_table(main, title))
    show(report_table(main, title), main.overlap.pixel_error)
    if not report.known_use:
        typer.echo(lead(report), err=True)


def score_table(report: Report, title: str = "") -> Table:
    """Scores of objects or neurites, with their intervals."""
    from napari_unetseg.core.evaluate.sentences import TITLES
    from napari_unetseg.core.evaluate.uncertain import headline, intervals_of, units_of

    spans, (what, units) = intervals_of(report), units_of(report)
    table = new_table(title)
    table.add_column("score")
    table.add_column("value", justify="right")
    table.add_column(f"95 % over {len(units)} {what}", justify="right")
    for name, value in headline(report).items():
        span = spans.get(name)
        told = f"{span.low:.4f} to {span.high:.4f}" if span else "-"
        table.add_row(TITLES.get(name, name), score(value), told)
    if report.objects is not None:
        one = report.objects.scores
        table.add_section()
        for name in ("references", "missed", "spurious", "split", "merged"):
            word = "true objects" if name == "references" else name
            table.add_row(word, str(getattr(one, name)), "")
    return table


def slice_table(report: Report) -> Table:
    """A line for every slice, or frame of objects."""
    table = new_table("By slice")
    table.add_column("slice")
    if report.objects is not None:
        for column in ("SEG", "DET", "F1", "objects"):
            table.add_column(column, justify="right")
        for index, frame in report.objects.frames:
            name = _place(report.objects.frame_axes, index)
            cells = (score(frame.seg), score(frame.det), score(frame.f1[0.5]))
            table.add_row(name, *cells, str(frame.references))
        return table
    if report.neurites is not None:
        for column in ("V-Rand", "V-Info", "pixel error"):
            table.add_column(column, justify="right")
        for one in report.neurites.slices:
            best = (max(at[0] for at in side) for side in (one.v_rand, one.v_info))
            name = _place(report.plane_axes, one.index)
            error = score(one.at_cut["pixel_error"])
            table.add_row(name, *map(score, best), error)
        return table
    for column in ("mean IoU", "mean Dice", "pixel error", "pixels"):
        table.add_column(column, justify="right")
    for index, plane in report.per_plane:
        found = (plane.mean_iou, plane.mean_dice, plane.pixel_error)
        name = _place(report.plane_axes, index)
        table.add_row(name, *map(score, found), str(plane.total))
    return table


def border_table(report: Report, title: str = "") -> Table:
    """How far the borders of classes agree."""
    table = new_table(title)
    table.add_column("class")
    for column in ("boundary IoU", f"Hausdorff 95 ({report.unit})"):
        table.add_column(column, justify="right")
    for identity, one in report.boundaries.items():
        name = f"{identity} {report.names.get(identity, '')}".strip()
        far = "-" if one.hausdorff95 is None else f"{one.hausdorff95:.4g}"
        table.add_row(name, score(one.iou), far)
    return table


def threshold_table(report: Report) -> Table:
    """What other thresholds would do for each class."""
    from napari_unetseg.core.evaluate.thresholds import best_thresholds

    best = best_thresholds(report)
    chosen = report.parts.get("validation", report).thresholds
    table = new_table("Thresholds")
    table.add_column("class")
    for column in ("now", "IoU", "best", "IoU"):
        table.add_column(column, justify="right")
    for identity, one in chosen.items():
        name = f"{identity} {report.names.get(identity, '')}".strip()
        at = best.get(identity)
        found = ("-", "-") if at is None else (f"{at:g}", score(one.at(at)))
        table.add_row(name, f"{one.now:g}", score(one.at(one.now)), *found)
    return table


def difference_table(against: Mapping[str, Difference]) -> Table:
    """Two predictions of the same slices."""
    from napari_unetseg.core.evaluate.sentences import TITLES

    table = new_table("Against the other prediction")
    table.add_column("score")
    for column in ("this", "other", "this is ahead by", "95 %"):
        table.add_column(column, justify="right")
    for name, one in against.items():
        if name in TITLES:
            span = one.interval
            told = f"{span.low:+.4f} to {span.high:+.4f}" if span else "-"
            gap = f"{one.first - one.second:+.4f}"
            ends = (score(one.first), score(one.second))
            table.add_row(TITLES[name], *ends, gap, told)
    return table


def command(files: Sequence[Path], truths: Sequence[Path], asked: Asked) -> str:
    """The command line that asks the same; files are named, not their folders."""
    words = ["unetseg", "evaluate", *(path.name for path in files)]
    if truths:
        words += ["--truth", *(path.name for path in truths)]
    words += ["--task", asked.task]
    if asked.identity is not None:
        words += ["--objects", str(asked.identity)]
    if asked.dimensions is not None:
        words += ["--dimensions", str(asked.dimensions)]
    for name, ids in (("--ignore", asked.ignore), ("--partly", asked.partly)):
        words += [name, *map(str, ids)] if ids else []
    return shlex.join([*words, *(["--borders"] if asked.boundaries else [])])


def _place(axes: str, index: Sequence[int]) -> str:
    """A slice as in "Z 4"; "I" numbers the images."""
    named = zip(axes, index, strict=False)
    return ", ".join(f"{axis.replace('I', 'image')} {i}" for axis, i in named) or "all"


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
