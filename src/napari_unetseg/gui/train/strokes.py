"""Which pixels a stroke has touched, as napari tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.layers.changes import Box


def stroke_box(item: Any, shape: Sequence[int]) -> Box | None:
    """Find the box around a stroke.

    Parameters
    ----------
    item : sequence
        Value of the event ``paint`` of a labels layer: the changes of one stroke. Each
        is a tuple whose first part are indices, one array per dimension, or, in newer
        napari, what carries the box around a mask. Neither is promised.
    shape : sequence of int
        Of the layer's data, in pixels.

    Returns
    -------
    tuple of slice or None
        With plain start and stop along each dimension, within the data; None if it
        cannot be told, so that all of the labels have to be looked at.
    """
    try:
        ends = [_ends(atom) for atom in item]
        sides = [
            slice(max(0, min(a for a, _ in axis)), min(n, max(b for _, b in axis)))
            for axis, n in zip(zip(*ends, strict=True), shape, strict=True)
        ]
    except (TypeError, ValueError, AttributeError, IndexError):
        return None
    return tuple(sides) if all(one.start < one.stop for one in sides) else None


def _ends(atom: Any) -> list[tuple[int, int]]:
    """Start and stop along each dimension."""
    box = getattr(atom, "slice_key", None)
    if box is not None:
        return [(int(side.start), int(side.stop)) for side in box]
    found = []
    for indices in atom[0]:
        if isinstance(indices, slice):
            found.append((int(indices.start), int(indices.stop)))
        else:
            found.append((int(np.min(indices)), int(np.max(indices)) + 1))
    return found
