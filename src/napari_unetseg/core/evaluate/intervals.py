"""How far a score could be off: bootstrap over slices, frames or images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    Vector = NDArray[np.float64]
    Measures = Callable[[Vector], Mapping[str, float | None]]

RESAMPLES = 1000
LEVEL = 0.95
# Fewer say nothing of how far they vary.
FEWEST = 3


class Interval(NamedTuple):
    """Where a score lies in most resamples."""

    low: float
    high: float


class Difference(NamedTuple):
    """By how much a first prediction is ahead of a second one.

    Attributes
    ----------
    first, second : float
        Their scores.
    interval : Interval or None
        Of first less second.
    ahead : float or None
        Share of the resamples in which the first is larger; ties count half.
    """

    first: float
    second: float
    interval: Interval | None
    ahead: float | None


def intervals(
    units: Sequence[Vector],
    measures: Measures,
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 0,
) -> dict[str, Interval]:
    """Percentile intervals of scores.

    Parameters
    ----------
    units : sequence of ndarray of shape (M,)
        Counts of each slice or image; those of several together are their sum.
    measures : callable
        Scores of such a sum.
    resamples : int
        How often as many units are drawn, each of them as often as it happens.
    level : float
        Share of the resamples inside of an interval.
    seed : int
        The same seed gives the same intervals.

    Returns
    -------
    dict of str to Interval
        Of scores that most resamples have; empty of fewer than 3 units.

    Notes
    -----
    Neighbouring slices look alike, so that they tell less than as many images would:
    over slices of one stack the intervals are too narrow.
    """
    drawn = _resampled(units, resamples, seed)
    told = [measures(one) for one in drawn]
    return _summary(told, level)


def differences(
    first: Sequence[Vector],
    second: Sequence[Vector],
    measures: Measures,
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 0,
) -> dict[str, Difference]:
    """Compare two predictions of the same slices or images, pair by pair.

    Parameters
    ----------
    first, second : sequence of ndarray of shape (M,)
        Counts of each, in the same order.
    measures, resamples, level, seed
        As for `intervals`. Both are drawn together.

    Returns
    -------
    dict of str to Difference
        Of scores that both have.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} units cannot be paired with {len(second)}")
    both = [np.hstack(pair) for pair in zip(first, second, strict=True)]
    half = len(first[0]) if first else 0

    def less(vector: Vector) -> dict[str, float | None]:
        one, other = measures(vector[:half]), measures(vector[half:])
        return {name: _less(one[name], other.get(name)) for name in one}

    told = [less(one) for one in _resampled(both, resamples, seed)]
    spans = _summary(told, level)
    ends = [measures(np.sum(side, axis=0)) for side in (first, second)] if first else []
    found = {}
    for name, value in ends[0].items() if ends else ():
        other = ends[1].get(name)
        if value is None or other is None:
            continue
        gaps = [one[name] for one in told if one.get(name) is not None]
        ahead = float(np.mean([_ahead(gap) for gap in gaps])) if gaps else None
        found[name] = Difference(value, other, spans.get(name), ahead)
    return found


def _resampled(units: Sequence[Vector], resamples: int, seed: int) -> Sequence[Vector]:
    if len(units) < FEWEST:
        return []
    rng = np.random.default_rng(seed)
    count = len(units)
    chances = np.full(count, 1 / count)
    times = rng.multinomial(count, chances, size=resamples)
    return [*(times.astype(np.float64) @ np.stack(units))]


def _summary(
    told: Sequence[Mapping[str, float | None]], level: float
) -> dict[str, Interval]:
    found = {}
    tails = [50 * (1 - level), 50 * (1 + level)]
    for name in told[0] if told else ():
        values = [v for one in told if (v := one.get(name)) is not None]
        if 2 * len(values) > len(told):
            low, high = np.percentile(values, tails)
            found[name] = Interval(float(low), float(high))
    return found


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _ahead(gap: Any) -> float:
    return 0.5 if gap == 0 else float(gap > 0)
