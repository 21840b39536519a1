"""Components, tidy classes and objects, pixel by pixel from their definitions.

Frames are arrays in memory, and blocks do not exist here.
"""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp


def neighbours(pixel, shape, connectivity=1):
    """Pixels of a frame that differ from one by at most 1 along so many axes."""
    for step in product((-1, 0, 1), repeat=len(shape)):
        other = tuple(p + s for p, s in zip(pixel, step, strict=True))
        inside = all(0 <= p < n for p, n in zip(other, shape, strict=True))
        if inside and 0 < sum(map(abs, step)) <= connectivity:
            yield other


def components(frame, connectivity=1):
    """Sets of connected pixels of the same value other than 0, by flood fill.

    In raster order of their first pixels.
    """
    seen, found = set(), []
    for pixel in np.ndindex(*frame.shape):
        if frame[pixel] == 0 or pixel in seen:
            continue
        inside, edge = {pixel}, [pixel]
        while edge:
            for other in neighbours(edge.pop(), frame.shape, connectivity):
                if frame[other] == frame[pixel] and other not in inside:
                    inside.add(other)
                    edge.append(other)
        seen |= inside
        found.append(inside)
    return found


def numbered(sets, shape):
    """Ids from 1 on for sets of pixels, in the order of their first pixels."""
    ids = np.zeros(shape, dtype=int)
    for number, pixels in enumerate(sorted(sets, key=min), start=1):
        for pixel in pixels:
            ids[pixel] = number
    return ids


def at_border(pixels, shape):
    """Whether any of the pixels is the first or last along an axis."""
    return any(
        place in (0, size - 1)
        for pixel in pixels
        for place, size in zip(pixel, shape, strict=True)
    )


def remove_small(frame, smallest):
    """Give each object that is too small to the class that it touches most."""
    removed = [
        pixels
        for pixels in components(frame + 1)
        if len(pixels) < smallest.get(int(frame[min(pixels)]), 0)
    ]
    gone = set().union(*removed)
    result = frame.copy()
    for pixels in removed:
        touched = Counter()
        for pixel in pixels:
            for other in neighbours(pixel, frame.shape):
                if other not in gone:
                    touched[int(frame[other])] += 1
        if touched:
            taker = min(touched, key=lambda identity: (-touched[identity], identity))
            for pixel in pixels:
                result[pixel] = taker
    return result


def fill_holes(frame, holes):
    """Give each hole to its class; of several to that with the largest one."""
    offers = {}
    for identity, limit in sorted(holes.items()):
        for pixels in components((frame != identity).astype(int)):
            if len(pixels) < limit and not at_border(pixels, frame.shape):
                for pixel in pixels:
                    offers.setdefault(pixel, []).append((-len(pixels), identity))
    result = frame.copy()
    for pixel, found in offers.items():
        result[pixel] = min(found)[1]
    return result


def component_objects(frame, foreground, smallest=0):
    """Components of the foreground's classes that are large enough, numbered."""
    kept = np.where(np.isin(frame, list(foreground)), frame, 0)
    sets = [pixels for pixels in components(kept) if len(pixels) >= smallest]
    return numbered(sets, frame.shape)


def watershed_objects(frame, centre, border, reach, smallest=0):
    """Seeds and all pixels that none other reaches sooner, numbered."""
    seeds = components((frame == centre).astype(int))
    walks = [_steps(frame, seed, border) for seed in seeds]
    sets = [set(seed) for seed in seeds]
    for pixel in np.ndindex(*frame.shape):
        arrivals = [(walk[pixel], n) for n, walk in enumerate(walks) if pixel in walk]
        if arrivals and 0 < min(arrivals)[0] <= reach:
            sets[min(arrivals)[1]].add(pixel)
    return numbered([one for one in sets if len(one) >= smallest], frame.shape)


def _steps(frame, seed, border):
    """Fewest steps through the border from a seed to every pixel it can reach."""
    steps, edge = dict.fromkeys(seed, 0), sorted(seed)
    for pixel in edge:  # grows while it is walked
        for other in neighbours(pixel, frame.shape):
            if frame[other] == border and other not in steps:
                steps[other] = steps[pixel] + 1
                edge.append(other)
    return steps


def link_slices(stack, threshold):
    """Slices in which each object has the name of its best partner before it."""
    count, before, names, result = 0, [], [], []
    for plane in stack:
        now = sorted(
            (
                {*zip(*np.nonzero(plane == i), strict=True)}
                for i in set(plane.flat) - {0}
            ),
            key=min,
        )
        iou = {
            (a, b): len(p & q) / len(p | q)
            for a, p in enumerate(before)
            for b, q in enumerate(now)
        }
        fresh = []
        linked = np.zeros(plane.shape, dtype=int)
        for b, pixels in enumerate(now):
            name = 0
            for a in range(len(before)):
                best_of_b = min(range(len(before)), key=lambda n: (-iou[n, b], n))
                best_of_a = min(range(len(now)), key=lambda n: (-iou[a, n], n))
                overlapping = iou[a, b] > 0 and iou[a, b] >= threshold
                if best_of_b == a and best_of_a == b and overlapping:
                    name = names[a]
            if not name:
                count += 1
                name = count
            fresh.append(name)
            for pixel in pixels:
                linked[pixel] = name
        before, names = now, fresh
        result.append(linked)
    return np.array(result), count


def finished(steps):
    """What a generator returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def frames(classes=3, longest=6):
    """Planes and volumes whose pixels are all of some class from 0 on."""
    shapes = st.one_of(
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=longest + 2),
        hnp.array_shapes(min_dims=3, max_dims=3, max_side=longest - 2),
    )
    values = st.integers(0, classes - 1)
    return hnp.arrays(np.uint8, shapes, elements=values, fill=st.nothing())


@st.composite
def partitions(draw, shape):
    """Boxes that cover a frame exactly once, in any order."""
    boxes = [tuple(slice(0, size) for size in shape)]
    for _ in range(draw(st.integers(0, 6))):
        box = boxes.pop(draw(st.integers(0, len(boxes) - 1)))
        axis = draw(st.integers(0, len(shape) - 1))
        at = draw(st.integers(box[axis].start, box[axis].stop))
        for part in (slice(box[axis].start, at), slice(at, box[axis].stop)):
            boxes.append((*box[:axis], part, *box[axis + 1 :]))
    return draw(st.permutations(boxes))
