"""A report as one HTML file that needs nothing else: tables, curves, pictures."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from napari_unetseg.core.evaluate import svg
from napari_unetseg.core.evaluate.seen import WORDS
from napari_unetseg.core.evaluate.sentences import (
    ORDER,
    TITLES,
    lead,
    methods,
    shown,
    which,
)
from napari_unetseg.core.evaluate.thresholds import THRESHOLDS
from napari_unetseg.core.evaluate.uncertain import headline, intervals_of, units_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from napari_unetseg.core.evaluate.intervals import Difference, Interval
    from napari_unetseg.core.evaluate.report import Report

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62em; margin: 2em auto;
  padding: 0 1em; }
h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2em; }
.lead { border-left: 4px solid #0072b2; padding: .4em .8em; font-size: 1.1em; }
table { border-collapse: collapse; margin: .8em 0; }
th, td { padding: .25em .8em; border-bottom: 1px solid #8884; text-align: right; }
th:first-child, td:first-child { text-align: left; }
svg text { font: 11px system-ui, sans-serif; fill: currentColor; }
img { max-width: 100%; height: auto; } figure { margin: 1em 0; }
pre { white-space: pre-wrap; padding: .6em; border: 1px solid #8884; }
"""


class Shot(NamedTuple):
    """A picture of one slice: image, truth, prediction and errors.

    Attributes
    ----------
    caption : str
        Which slice, and why it.
    picture : ndarray of shape (height, width, 3) and dtype uint8
        As from `picture.comparison`.
    """

    caption: str
    picture: NDArray[np.uint8]


def page(
    report: Report,
    *,
    shots: Sequence[Shot] = (),
    against: Mapping[str, Difference] | None = None,
    other: str = "",
    made: str = "",
) -> str:
    """Write a report as a page.

    Parameters
    ----------
    report : Report
        What was found.
    shots : sequence of Shot
        Pictures.
    against : mapping of str to Difference, optional
        How another prediction did, as from `uncertain.compared`.
    other : str
        Its name.
    made : str
        How this was made: a command line, for example.

    Returns
    -------
    str
        HTML with its style, curves and pictures inside; no script, and no address that
        a browser would ask for.
    """
    title = f"{report.prediction} against {report.truth}"
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="lead">{escape(lead(report))}</p>',
        _scores(shown(report), which(report)),
        _parts(report),
        _classes(shown(report), which(report)),
        _against(against or {}, report.prediction, other),
        _curves(report),
        *(_shot(one) for one in shots),
        _images(report),
        f"<h2>Methods</h2><p>{escape(methods(report))}</p>",
        f"<h2>How this was made</h2><pre>{escape(made)}</pre>" if made else "",
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body>\n{chr(10).join(part for part in body if part)}\n</body></html>\n"
    )


def write_page(path: Path, text: str, overwrite: bool = False) -> None:
    """Write a page, atomically.

    Raises
    ------
    WriteError
        If the file exists and `overwrite` is not set, or cannot be written.
    """
    from napari_unetseg.core.write.atomic import check_writable, write_text_atomic

    check_writable(path, overwrite)
    write_text_atomic(path, text)


def _scores(report: Report, pixels: str) -> str:
    spans = intervals_of(report)
    rows = [
        (
            TITLES.get(name, name),
            _number(value),
            f"{spans[name].low:.4f} to {spans[name].high:.4f}" if name in spans else "",
        )
        for name, value in headline(report).items()
        if name in TITLES
    ]
    what, units = units_of(report)
    many = f"{len(units)} {what}"
    note = f"95 % interval over {many}" if spans else f"{many}: too few for intervals"
    counts = ""
    if report.objects is not None:
        one = report.objects.scores
        counts = (
            f"<p>{one.references:,} true objects, {one.predictions[0]:,} predicted; "
            f"{one.missed:,} missed, {one.spurious:,} spurious, {one.split:,} split, "
            f"{one.merged:,} merged.</p>"
        )
    table = _table(("score", pixels, note), rows)
    return f"<h2>Scores</h2>{table}{counts}"


def _parts(report: Report) -> str:
    parts = [(name, report.parts[name]) for name in ORDER if name in report.parts]
    if not parts:
        return ""
    told = {name: headline(part) for name, part in parts}
    names = [n for n in TITLES if any(n in one for one in told.values())]
    rows = [
        (TITLES[n], *(_number(told[part].get(n)) for part, _ in parts)) for n in names
    ]
    pixels = ("pixels", *(f"{part.overlap.total:,}" for _, part in parts))
    titles = ("score", *(WORDS[name] for name, _ in parts))
    return f"<h2>Can I believe it?</h2>{_table(titles, [*rows, pixels])}"


def _classes(report: Report, pixels: str) -> str:
    pooled = report.overlap
    titles = ["class", "IoU", "Dice", "precision", "recall", "accuracy", "pixels"]
    edges = report.boundaries
    if edges:
        titles += ["boundary IoU", f"Hausdorff 95 ({report.unit})"]
    rows = []
    for i in pooled.ids:
        row = [f"{i} {report.names.get(i, '')}".strip()]
        for values in (pooled.iou, pooled.dice, pooled.precision, pooled.recall):
            row.append(_number(values[i]))
        row += [_number(pooled.accuracy[i]), f"{pooled.pixels[i]:,}"]
        if edges:
            one = edges.get(i)
            row += [_number(one and one.iou), _number(one and one.hausdorff95)]
        rows.append(row)
    what = "Pixels" if report.task != "classes" else "Classes"
    return f"<h2>{what} ({escape(pixels)})</h2>{_table(titles, rows)}"


def _against(found: Mapping[str, Difference], first: str, other: str) -> str:
    rows = [
        (
            TITLES.get(name, name),
            _number(one.first),
            _number(one.second),
            f"{one.first - one.second:+.4f}",
            _span(one.interval),
        )
        for name, one in found.items()
        if name in TITLES
    ]
    if not rows:
        return ""
    titles = ("score", first, other, "difference", "95 % interval")
    return f"<h2>Two predictions, slice by slice</h2>{_table(titles, rows)}"


def _curves(report: Report) -> str:
    drawn = []
    planes = [one for _, one in report.per_plane]
    if len(planes) > 1:
        lines: dict[str, list[float | None]] = {}
        lines["mean IoU"] = [p.mean_iou for p in planes]
        for i in report.overlap.ids[:5]:
            name = f"{i} {report.names.get(i, '')}".strip()
            lines[f"IoU {name}"] = [p.iou.get(i) for p in planes]
        xs = [float(n) for n in range(len(planes))]
        drawn.append(svg.curves(xs, lines, across="slice", up="IoU"))
    if report.objects is not None:
        one = report.objects.scores
        found = {"F1": [*one.f1.values()], "AP": [*one.ap.values()]}
        at = [*one.f1]
        drawn.append(svg.curves(at, found, across="IoU threshold", up="score"))
    if report.neurites is not None and len(report.neurites.thresholds) > 1:
        told = report.neurites.to_dict()["curves"]
        named = {"V-Rand": told["v_rand"], "V-Info": told["v_info"]}
        at = [*report.neurites.thresholds]
        if told["v_rand"]:
            drawn.append(svg.curves(at, named, across="threshold", up="score"))
    if report.thresholds:
        of_classes: dict[str, Sequence[float | None]] = {}
        for i, curve in report.thresholds.items():
            of_classes[f"{i} {report.names.get(i, '')}".strip()] = curve.iou
        drawn.append(
            svg.curves(
                THRESHOLDS, of_classes, across="threshold of the class", up="IoU"
            )
        )
    return f"<h2>Curves</h2>{''.join(drawn)}" if drawn else ""


def _shot(shot: Shot) -> str:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(shot.picture).save(file, format="PNG", optimize=True)
    data = base64.b64encode(file.getvalue()).decode()
    caption = escape(shot.caption)
    return (
        f'<figure><img alt="{caption}" src="data:image/png;base64,{data}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _images(report: Report) -> str:
    if not report.images:
        return ""
    told = [headline(one) for one in report.images]
    names = [n for n in TITLES if any(n in one for one in told)][:4]
    rows = [
        (one.prediction, *(_number(found.get(n)) for n in names))
        for one, found in zip(report.images, told, strict=True)
    ]
    return f"<h2>Images</h2>{_table(('image', *(TITLES[n] for n in names)), rows)}"


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{escape(one)}</th>" for one in titles)
    cells = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    lines = "".join(f"<tr>{row}</tr>" for row in cells)
    return f"<table><tr>{head}</tr>{lines}</table>"


def _span(interval: Interval | None) -> str:
    return f"{interval.low:+.4f} to {interval.high:+.4f}" if interval else ""


def _number(value: Any) -> str:
    """A score with 4 digits; n/a where it does not exist."""
    return "n/a" if value is None else f"{value:.4f}"
