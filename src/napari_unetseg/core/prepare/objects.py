"""From the ids of objects to classes that keep touching objects apart.

Classes are derived after ids have been resampled, since a gap that is resampled closes.
What is done to a batch of patches uses nothing but what NumPy and torch have in common,
so that it runs where the batch is.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby, product
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.prepare.nearest import nearest, spacing
from napari_unetseg.core.prepare.targets import IGNORE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.config.instances import InstancesConfig

    Offset = tuple[int, ...]


def to_classes(
    ids: Any,
    config: InstancesConfig,
    coarse: Sequence[float] = (),
    *,
    rank: int,
) -> Any:
    """Derive the classes that are learnt from the ids of objects.

    "gap": 0 background, 1 object. A pixel becomes background if one of its neighbours
    before it, in raster order and across corners too, belongs to another object, as in
    the U-Net plugin of Fiji (Falk et al. 2019, doi:10.1038/s41592-018-0261-2,
    TrainingSample.java). An object that has only such pixels is lost.

    "border": 0 background, 1 centre, 2 border. Border are the pixels of an object from
    which a pixel of the background or of another object is at most `config.border`
    away. What is not annotated and what lies beyond the array is neither. Of two
    objects that share a face the later pixel is border in any case, also across a
    coarse axis or with a width below 1. If nothing of an object would be left, those of
    its other pixels that lie deepest stay centre; not if it lies at the array's edge,
    beyond which its centre may be.

    Either way components of class 1 that are connected through faces hold one object.

    Parameters
    ----------
    ids : ndarray or tensor of shape (..., [Z,] Y, X), signed integer
        One positive id per object, 0 background, `IGNORE` not annotated. Leading axes
        are those of a batch.
    config : InstancesConfig
        Its `apart` and `border`.
    coarse : sequence of float
        Length of a pixel along each spatial axis in pixels of the finest axis; empty
        for squares and cubes.
    rank : int
        Number of spatial axes.

    Returns
    -------
    ndarray or tensor of the same shape and type, on the same device
        Class indices, `IGNORE` where not annotated.

    Raises
    ------
    ValueError
        If there is not one length per spatial axis.
    """
    steps = spacing(rank, coarse)
    objects = ids > 0
    classes = ids.clip(IGNORE, 1)
    if config.apart == "gap":
        return classes * ~_later(ids, objects, _neighbours(rank))
    centre = objects & ~_near_boundary(ids, objects, steps, config.border)
    _keep_deepest(centre, ids, objects, steps, config.border)
    return classes + (objects & ~centre)


def with_ring(
    ids: NDArray[Any], ring: float, coarse: Sequence[float] = ()
) -> NDArray[Any]:
    """Make background of what is not annotated but near an object.

    Parameters
    ----------
    ids : ndarray of shape ([Z,] Y, X), signed integer
        As for `to_classes`.
    ring : float
        At most how far from an object's nearest pixel, in pixels of the finest axis.
    coarse : sequence of float
        As for `to_classes`.

    Returns
    -------
    ndarray of the same shape and dtype
        With 0 in place of `IGNORE` there.
    """
    near = np.isfinite(nearest(ids > 0, ring, coarse))
    return np.where((ids == IGNORE) & near, ids.dtype.type(0), ids)


def _near_boundary(
    ids: Any, objects: Any, steps: tuple[float, ...], border: float
) -> Any:
    """Mark pixels that are not centre, apart from the rule for small objects."""
    near = objects & ~objects
    for offsets in _levels(steps, border):
        _mark_near(near, ids, offsets)
    return near | _later(ids, objects, _faces(steps, border))


def _mark_near(near: Any, ids: Any, offsets: Iterable[Offset]) -> None:
    """Mark pixels from which another id is exactly such an offset away, or its like."""
    known = ids != IGNORE
    for offset in offsets:
        here, there = _pair(offset)
        differ = (ids[here] != ids[there]) & known[here] & known[there]
        for side in (here, there):
            part = near[side]
            part |= differ


def _later(ids: Any, objects: Any, offsets: Iterable[Offset]) -> Any:
    """Mark pixels of objects to which an offset leads from another object."""
    later = objects & ~objects
    for offset in offsets:
        here, there = _pair(offset)
        part = later[there]
        part |= (ids[here] != ids[there]) & objects[here] & objects[there]
    return later


def _keep_deepest(
    centre: Any, ids: Any, objects: Any, steps: tuple[float, ...], border: float
) -> None:
    """Give a centre to objects that have none, in place."""
    rank = len(steps)
    key, count = _numbered(ids, rank)
    # NumPy and torch both make many flags of one in this way.
    has_centre = (key.reshape(-1)[:1] < 0).repeat(count)
    has_centre[key * centre] = True
    for axis in range(-rank, 0):
        for end in (0, -1):
            edge = (..., end, *(slice(None),) * (-axis - 1))
            has_centre[key[edge]] = True
    lost = objects & ~has_centre[key]
    if not lost.any():
        return
    near = objects & ~objects
    depth = objects * 1
    levels = _levels(steps, border)
    for offsets in levels:
        _mark_near(near, ids, offsets)
        depth += objects & ~near
    depth = (depth * ~_later(ids, objects, _faces(steps)))[lost]
    key = key[lost]
    kept = depth < 0
    for level in range(len(levels) + 1, 0, -1):
        deepest = (depth >= level) & ~has_centre[key]
        has_centre[key * deepest] = True
        kept |= deepest
    centre[lost] = kept


def _numbered(ids: Any, rank: int) -> tuple[Any, int]:
    """Number the objects of a whole batch, and say below which number they are.

    The same id in two patches of a batch is not the same object. Pixels without object
    have numbers that no object has.
    """
    first = ids[(..., *(slice(0, 1),) * rank)]
    patches = (first == first).reshape(-1) * 1
    each = int(ids.max()) + 1
    start = (patches.cumsum(0) - 1).reshape(first.shape) * each
    return ids.clip(0, None) + start, max(1, each * len(patches))


def _pair(offset: Offset) -> tuple[Any, Any]:
    """Slices of the pixels that have a partner at an offset, and of these partners."""
    here = tuple(slice(max(0, -o), -o if o > 0 else None) for o in offset)
    there = tuple(slice(max(0, o), o if o < 0 else None) for o in offset)
    return (..., *here), (..., *there)


@lru_cache(maxsize=32)
def _neighbours(rank: int) -> tuple[Offset, ...]:
    """Steps to all later neighbours, those across corners too."""
    return tuple(o for o in product((-1, 0, 1), repeat=rank) if o > (0,) * rank)


@lru_cache(maxsize=32)
def _faces(steps: tuple[float, ...], beyond: float = 0) -> tuple[Offset, ...]:
    """Steps to later neighbours that share a face and are farther away than this."""
    rank = len(steps)
    return tuple(
        tuple(int(axis == other) for other in range(rank))
        for axis in range(rank)
        if steps[axis] > beyond
    )


@lru_cache(maxsize=32)
def _levels(steps: tuple[float, ...], border: float) -> tuple[tuple[Offset, ...], ...]:
    """Steps to later pixels within the border's width, one group per distance."""
    farthest = border**2 * (1 + 1e-6)
    reach = [int(border * (1 + 1e-6) / step) for step in steps]
    found = sorted(
        (
            round(sum((o * s) ** 2 for o, s in zip(offset, steps, strict=True)), 6),
            offset,
        )
        for offset in product(*(range(-r, r + 1) for r in reach))
        if offset > (0,) * len(steps)
    )
    return tuple(
        tuple(offset for _, offset in group)
        for squared, group in groupby(found, key=lambda one: one[0])
        if squared <= farthest
    )
