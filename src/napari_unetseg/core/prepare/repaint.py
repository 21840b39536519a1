"""Painted changes reach the samples that are made of the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.prepare.samples import refreshed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from napari_unetseg.core.frames import Box, Frames, Index
    from napari_unetseg.core.prepare.edits import Edit
    from napari_unetseg.core.prepare.samples import Sample


def repaint(
    edits: Sequence[Edit],
    samples: Sequence[Sample],
    labels: Sequence[Frames],
    scored: Sequence[Sample] = (),
) -> tuple[list[Sample], list[int]]:
    """Paint over the labels of samples, and bring what they teach up to date.

    Parameters
    ----------
    edits : sequence of Edit
        In their order.
    samples : sequence of Sample
        Those that may be made of the labels.
    labels : sequence of Frames
        The labels images, by number.
    scored : sequence of Sample
        Those of the samples that count as changed even if a later edit undoes an
        earlier one: whether they do must not depend on which edits come together.

    Returns
    -------
    samples : list of Sample
        Those that teach something else now, in the order of the edits; and those of
        `scored` that did after any of the edits.
    pixels : list of int
        For each edit, how many pixels got another label by it.
    """
    at_once = {id(one) for one in scored}
    touched: dict[int, Sample] = {}
    changed: dict[int, Sample] = {}
    pixels = []
    for edit in edits:
        seen: dict[int, int] = {}
        for one in samples:
            if one.image != edit.image or one.painted is None:
                continue
            place = on_frame(edit, labels[edit.image], one.index)
            if place is None:
                continue
            # Several samples may be parts of one frame.
            if id(one.painted) not in seen:
                seen[id(one.painted)] = one.painted.change(*place)
            if not seen[id(one.painted)]:
                continue
            # What was painted may lie where this sample of the frame does not see it.
            if id(one) not in at_once:
                touched[id(one)] = one
            elif refreshed(one):
                changed[id(one)] = one
        pixels.append(sum(seen.values()))
    later = [one for one in touched.values() if refreshed(one)]
    return [*changed.values(), *later], pixels


def on_frame(
    edit: Edit, frames: Frames, index: Index
) -> tuple[Box, NDArray[np.integer]] | None:
    """Where a change lies on a frame of its labels, and what is painted there.

    Parameters
    ----------
    edit : Edit
        A box of the labels array.
    frames : Frames
        Of the labels.
    index : tuple of int
        Of the frame.

    Returns
    -------
    tuple of slice, ndarray of shape ([Z,] Y, X)
        Without what lies beyond the frame; None if the change does not reach it.
    """
    axes = frames.image.axes
    if edit.values.ndim != len(axes):
        return None
    sides = dict(zip(axes, edit.box, strict=True))
    place = dict(zip(frames.grid_axes, index, strict=True))
    if any(not sides[a].start <= i < sides[a].stop for a, i in place.items()):
        return None
    values = edit.values[
        tuple(place[a] - sides[a].start if a in place else slice(None) for a in axes)
    ]
    order = [axis for axis in axes if axis not in place]
    values = values.transpose([order.index(axis) for axis in frames.axes])
    box, inside = [], []
    for axis, size in zip(frames.axes, frames.shape, strict=True):
        start, stop = max(0, sides[axis].start), min(size, sides[axis].stop)
        if start >= stop:
            return None
        box.append(slice(start, stop))
        inside.append(slice(start - sides[axis].start, stop - sides[axis].start))
    return tuple(box), values[tuple(inside)]
