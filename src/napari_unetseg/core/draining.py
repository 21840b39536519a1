"""Work that is done in steps, done at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator

T = TypeVar("T")


def shared(
    steps: Generator[float, None, T], number: int, rounds: int
) -> Generator[float, None, T]:
    """Take the steps of one of several jobs that are as long, and return its result.

    Yields
    ------
    float
        The share of all jobs that is done, up to 1.
    """
    while True:
        try:
            share = next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        yield (number + share) / rounds


def result_of(steps: Generator[object, None, T]) -> T:
    """Go through all steps, and return what the generator returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
