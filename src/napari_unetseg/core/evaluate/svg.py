"""Curves as SVG, to stand in a page by themselves."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH, HEIGHT = 460, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 14, 40
# Sky blue, vermillion, bluish green and reddish purple of Okabe and Ito (2008).
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")


def curves(
    xs: Sequence[float],
    lines: Mapping[str, Sequence[float | None]],
    *,
    across: str,
    up: str,
    top: float = 1.0,
) -> str:
    """Draw lines over one axis.

    Parameters
    ----------
    xs : sequence of float
        Where the points are, ascending.
    lines : mapping of str to sequence of float or None
        A value per point for each line; None leaves a gap.
    across, up : str
        What the axes show.
    top : float
        Where the axis of the values ends; it begins at 0.

    Returns
    -------
    str
        One SVG element; every word in it is escaped.
    """
    low, high = (min(xs), max(xs)) if xs else (0.0, 1.0)
    span = high - low or 1.0

    def place(x: float, y: float) -> str:
        right = _LEFT + (x - low) / span * (WIDTH - _LEFT - _RIGHT)
        down = _TOP + (1 - min(y, top) / top) * (HEIGHT - _TOP - _BOTTOM)
        return f"{right:.1f},{down:.1f}"

    drawn = [_frame(low, high, across, up, top)]
    for number, (name, values) in enumerate(lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        for run in _runs(xs, values):
            points = " ".join(place(x, y) for x, y in run)
            drawn.append(
                f'<polyline points="{points}" fill="none" stroke="{colour}" '
                'stroke-width="2"/>'
            )
            for x, y in run:
                right, down = place(x, y).split(",")
                drawn.append(
                    f'<circle cx="{right}" cy="{down}" r="2.5" fill="{colour}">'
                    f"<title>{escape(name)}: {y:.4f} at {x:g}</title></circle>"
                )
        drawn.append(
            f'<text x="{_LEFT + 8 + 130 * (number % 3)}" '
            f'y="{HEIGHT - 22 + 12 * (number // 3) + 12}" fill="{colour}">'
            f"{escape(name)}</text>"
        )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-label="{escape(up)} over {escape(across)}">'
        f"{''.join(drawn)}</svg>"
    )


def _frame(low: float, high: float, across: str, up: str, top: float) -> str:
    bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
    lines = []
    for step in range(5):
        down = _TOP + step / 4 * (bottom - _TOP)
        lines.append(
            f'<line x1="{_LEFT}" x2="{right}" y1="{down:.1f}" y2="{down:.1f}" '
            'stroke="#8884"/>'
            f'<text x="{_LEFT - 6}" y="{down + 4:.1f}" text-anchor="end">'
            f"{top * (1 - step / 4):.2g}</text>"
        )
    lines.append(
        f'<text x="{_LEFT}" y="{bottom + 13}">{low:g}</text>'
        f'<text x="{right}" y="{bottom + 13}" text-anchor="end">{high:g}</text>'
        f'<text x="{(_LEFT + right) / 2:.0f}" y="{bottom + 13}" text-anchor="middle">'
        f"{escape(across)}</text>"
        f'<text x="4" y="10">{escape(up)}</text>'
    )
    return "".join(lines)


def _runs(
    xs: Sequence[float], values: Sequence[float | None]
) -> list[list[tuple[float, float]]]:
    """Points that follow one another without a gap."""
    runs: list[list[tuple[float, float]]] = [[]]
    for x, y in zip(xs, values, strict=True):
        if y is None:
            runs.append([])
        else:
            runs[-1].append((x, y))
    return [run for run in runs if run]
