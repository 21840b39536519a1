"""Medians of several results."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def medians(results: Sequence[Mapping[str, object]]) -> dict[str, float]:
    """Median of each number that all results have."""
    found = {}
    for name in next(iter(results), {}):
        values = [one.get(name) for one in results]
        numbers = [float(n) for n in values if isinstance(n, int | float)]
        if len(numbers) == len(values):
            found[name] = round(median(numbers), 4)
    return found
