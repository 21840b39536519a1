"""What is written in brackets behind an array, made whole."""

from __future__ import annotations

from typing import Any


def complete(key: Any, dimensions: int) -> list[Any]:
    """One index per dimension.

    Parameters
    ----------
    key : int, slice, Ellipsis, or tuple of them
        As `__getitem__` has it; what is not named is taken whole.
    dimensions : int
        Of the array.

    Raises
    ------
    IndexError
        If there are more indices than dimensions.
    """
    given = [*key] if isinstance(key, tuple) else [key]
    if not any(one is Ellipsis for one in given):
        given.append(Ellipsis)
    at = next(i for i, one in enumerate(given) if one is Ellipsis)
    missing = dimensions - len(given) + 1
    if missing < 0:
        raise IndexError(f"{len(given) - 1} indices for {dimensions} dimensions")
    return [*given[:at], *[slice(None)] * missing, *given[at + 1 :]]
