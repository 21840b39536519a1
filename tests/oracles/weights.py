"""Targets of instance training, pixel by pixel and object by object: slow and plain."""

from __future__ import annotations

from itertools import product
from math import dist, inf

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

IGNORE = -1
PAPER = (10, 5)
FIJI = (50, 6)
FIJI_FAR = 0.1
FIJI_SURROUNDINGS = 10


def objects_of(ids):
    """The ids of all objects."""
    return sorted({int(i) for i in ids.flat if i > 0})


def distances(ids, coarse=()):
    """Per object the distance of every pixel to it: one distance transform each."""
    return [
        ndimage.distance_transform_edt(ids != i, sampling=coarse or None)
        for i in objects_of(ids)
    ]


def two_nearest(ids, coarse=()):
    """Distances to the nearest and the second nearest object; infinite without one."""
    far = np.full(ids.shape, inf)
    first, second = np.sort([far, far, *distances(ids, coarse)], axis=0)[:2]
    return first, second


def separation(ids, kind, largest=None, sigma=None, coarse=()):
    """The terms of a pixel's weight that depend on distances, by their formulas."""
    if kind == "none":
        return np.zeros(ids.shape)
    usual = PAPER if kind == "paper" else FIJI
    largest = usual[0] if largest is None else largest
    sigma = usual[1] if sigma is None else sigma
    first, second = two_nearest(ids, coarse)
    total = largest * np.exp(-((first + second) ** 2) / (2 * sigma**2))
    if kind == "fiji":
        total += (1 - FIJI_FAR) * np.exp(-(first**2) / (2 * FIJI_SURROUNDINGS**2))
    return total


def pixel_weights(classes, term, kind):
    """What each pixel counts."""
    weights = np.zeros(classes.shape)
    for pixel in np.ndindex(*classes.shape):
        if classes[pixel] == IGNORE:
            continue
        if classes[pixel] == 1 or kind == "none":
            weights[pixel] = 1
        else:
            weights[pixel] = term[pixel] + {"paper": 1, "fiji": FIJI_FAR}[kind]
    return weights


def gap(ids):
    """Object or background, by looking at the neighbours before each pixel."""
    classes = np.clip(ids, -1, 1)
    for pixel in np.ndindex(*ids.shape):
        if is_later(ids, pixel):
            classes[pixel] = 0
    return classes


def is_later(ids, pixel, faces_only=False):
    """Whether a neighbour before this pixel of an object is another object's."""
    for step in product((-1, 0, 1), repeat=ids.ndim):
        other = tuple(p + s for p, s in zip(pixel, step, strict=True))
        inside = all(0 <= p < n for p, n in zip(other, ids.shape, strict=True))
        if (
            inside
            and other < pixel
            and (not faces_only or sum(map(abs, step)) == 1)
            and ids[pixel] > 0
            and ids[other] > 0
            and ids[pixel] != ids[other]
        ):
            return True
    return False


def border(ids, width, coarse=()):
    """Background, centre, border; small objects keep the pixels that lie deepest."""
    depth = {pixel: deep(ids, pixel, coarse) for pixel in np.ndindex(*ids.shape)}
    classes = np.clip(ids, -1, 1)
    for pixel in np.ndindex(*ids.shape):
        near = depth[pixel] <= width + 1e-9 or is_later(ids, pixel, faces_only=True)
        if ids[pixel] > 0 and near:
            classes[pixel] = 2
    for i in objects_of(ids):
        pixels = [pixel for pixel in np.ndindex(*ids.shape) if ids[pixel] == i]
        at_edge = any(
            p in (0, n - 1)
            for pixel in pixels
            for p, n in zip(pixel, ids.shape, strict=True)
        )
        if at_edge or any(classes[pixel] == 1 for pixel in pixels):
            continue
        free = [pixel for pixel in pixels if not is_later(ids, pixel, faces_only=True)]
        deepest = max((min(depth[pixel], width + 1) for pixel in free), default=None)
        for pixel in free:
            if min(depth[pixel], width + 1) == deepest:
                classes[pixel] = 1
    return classes


def deep(ids, pixel, coarse=()):
    """How far it is to the nearest pixel of the background or of another object."""
    steps = np.array(coarse or (1,) * ids.ndim)
    lengths = (
        round(dist(steps * pixel, steps * other), 6)
        for other in np.ndindex(*ids.shape)
        if ids[other] not in (IGNORE, ids[pixel])
    )
    return min(lengths, default=inf)


def with_ring(ids, ring, coarse=()):
    """Background for what is not annotated and near a pixel of an object."""
    steps = np.array(coarse or (1,) * ids.ndim)
    painted = [steps * pixel for pixel in np.argwhere(ids > 0)]
    result = ids.copy()
    for pixel in np.ndindex(*ids.shape):
        near = any(dist(steps * pixel, other) <= ring + 1e-9 for other in painted)
        if ids[pixel] == IGNORE and near:
            result[pixel] = 0
    return result


@st.composite
def scenes(draw, longest=10):
    """Ids of a plane or volume in which boxes were painted over one another.

    With the lengths of its pixels, which are empty for squares and cubes.
    """
    rank = draw(st.sampled_from([2, 3]))
    side = longest if rank == 2 else longest - 4
    shape = draw(hnp.array_shapes(min_dims=rank, max_dims=rank, max_side=side))
    ids = np.full(shape, draw(st.sampled_from([0, 0, IGNORE])), np.int32)
    for _ in range(draw(st.integers(0, 7))):
        box = []
        for size in shape:
            start = draw(st.integers(0, size - 1))
            box.append(slice(start, start + draw(st.integers(1, size))))
        ids[tuple(box)] = draw(st.sampled_from([IGNORE, 0, 1, 2, 3, 4, 5, 900, 70_000]))
    lengths = st.sampled_from([1, 1.5, 2, 2.7, 5])
    coarse = (draw(lengths), *(1,) * (rank - 1))
    return ids, draw(st.sampled_from([(), coarse]))
