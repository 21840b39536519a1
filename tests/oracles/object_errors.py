"""What became of every object, asked with sets of pixels: slow and plain."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from oracles.instances import objects, unknown

if TYPE_CHECKING:
    from numpy.typing import NDArray

HALF = Fraction(1, 2)


def fates(
    truth: NDArray[Any], prediction: NDArray[Any], ignore: int | None
) -> list[tuple[str, int, float, int]]:
    """Fate, id, largest IoU and pixels of every true object and spurious ones."""
    hidden = unknown(truth, ignore)
    true = objects(truth, hidden)
    whole = objects(prediction, set())
    seen = {s: b - hidden for s, b in whole.items()}
    told = []
    for r, a in sorted(true.items()):
        ious = {s: _iou(a, b) for s, b in seen.items()}
        holders = [s for s, b in seen.items() if _share(a, b) > HALF]
        others = [c for r2, c in true.items() if r2 != r]
        merged = any(_share(c, seen[s]) > HALF for s in holders for c in others)
        split = sum(bool(b) and _share(b, a) > HALF for b in seen.values()) > 1
        found = any(iou > HALF for iou in ious.values())
        word = "found" if found else "missed"
        word = "merged" if merged else "split" if split else word
        told.append((word, r, float(max(ious.values(), default=0)), len(a)))
    for s, b in sorted(seen.items()):
        hides = len(whole[s] & hidden)
        ious = [_iou(a, b) for a in true.values()]
        belongs = any(
            _share(a, b) > HALF or (b and _share(b, a) > HALF) or _iou(a, b) > HALF
            for a in true.values()
        )
        if not belongs and len(b) > hides:
            told.append(("spurious", s, float(max(ious, default=0)), len(b)))
    return told


def box(pixels: set[tuple[int, ...]]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The first pixel along every axis, and the first behind it."""
    along = [*zip(*pixels, strict=True)]
    return tuple(map(min, along)), tuple(max(places) + 1 for places in along)


def _share(part: set[Any], whole: set[Any]) -> Fraction:
    """How much of the first lies in the second."""
    return Fraction(len(part & whole), len(part))


def _iou(a: set[Any], b: set[Any]) -> Fraction:
    return Fraction(len(a & b), len(a | b))
