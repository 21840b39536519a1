"""SEG, DET, F1 and the like by comparing each object with each: slow and plain."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from oracles.instances import objects, unknown

if TYPE_CHECKING:
    from numpy.typing import NDArray

HALF = Fraction(1, 2)


def scores(
    truth: NDArray[Any], prediction: NDArray[Any], ignore: int | None
) -> dict[str, Any]:
    """The numbers of `ObjectScores`, with F1 at each threshold in percent."""
    hidden = unknown(truth, ignore)
    true = objects(truth, hidden)
    whole = objects(prediction, set())
    seen = {s: b - hidden for s, b in whole.items()}
    counting = {s for s, b in seen.items() if 2 * len(b) > len(whole[s])}
    holds = {
        s: [r for r, a in true.items() if Fraction(len(a & b), len(a)) > HALF]
        for s, b in seen.items()
    }
    covered = {r for held in holds.values() for r in held}
    told: dict[str, Any] = {
        "drawn": len(true),
        "uncovered": len(true) - len(covered),
        "strays": sum(s in counting and not held for s, held in holds.items()),
        "joints": sum(max(0, len(held) - 1) for held in holds.values()),
    }
    seg = sum(iou(true[r], seen[s]) for s, held in holds.items() for r in held)
    told["seg"] = share(seg, len(true))
    mending = 5 * told["joints"] + 10 * told["uncovered"] + told["strays"]
    told["det"] = share(max(0, 10 * len(true) - mending), 10 * len(true))
    for percent in range(50, 100, 5):
        pairs = [
            (r, s)
            for r, a in true.items()
            for s, b in seen.items()
            if float(iou(a, b)) > percent / 100
        ]
        predicted = len(counting | {s for _, s in pairs})
        wrong, missed = predicted - len(pairs), len(true) - len(pairs)
        told[percent] = share(2 * len(pairs), 2 * len(pairs) + wrong + missed)
        if percent == 50:
            total = sum(iou(true[r], seen[s]) for r, s in pairs)
            told["pq"] = share(total, len(pairs) + Fraction(wrong + missed, 2))
    return told


def iou(a: set[Any], b: set[Any]) -> Fraction:
    return Fraction(len(a & b), len(a | b))


def share(part: Fraction | int, whole: Fraction | int) -> float | None:
    return float(Fraction(part) / whole) if whole else None
