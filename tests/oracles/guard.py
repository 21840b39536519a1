"""Blocks that validate, pixel by pixel and block by block from what they promise."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np


def in_reach(teaching, validating, reach):
    """Whether any pixel that teaches is seen when one that validates is predicted.

    Both are masks; every pair of pixels is looked at.
    """
    taught = np.argwhere(teaching)
    return any(
        (np.abs(taught - pixel) <= reach).all(axis=1).any()
        for pixel in np.argwhere(validating)
    )


def blocks(shape):
    """All boxes of a frame."""
    sides = [[slice(*ends) for ends in combinations(range(n + 1), 2)] for n in shape]
    return product(*sides)


def merit(target, box, reach, fraction, classes):
    """How good a block is, as a tuple of which the smaller is the better; None: bad."""
    near = np.ones(target.shape, bool)
    for axis, (side, width) in enumerate(zip(box, reach, strict=True)):
        at = np.arange(target.shape[axis])
        along = (at >= side.start - width) & (at < side.stop + width)
        near &= along.reshape([-1 if a == axis else 1 for a in range(target.ndim)])
    validates, trains = target[box], target[~near]
    total = (target >= 0).sum()
    inside, left = (validates >= 0).sum(), (trains >= 0).sum()
    if left < total / 2 or inside < 64:
        return None
    share = inside / (fraction * total)
    if not 0.5 <= share <= 1.2:
        return None
    missing = 0
    for number in range(classes):
        pixels = (target == number).sum()
        needed = 10 if pixels >= 20 else 0
        if (trains == number).sum() < max(needed, min(1, pixels)):
            return None
        missing += (validates == number).sum() < needed
    level = 0 if share >= 0.9 else 1 if share >= 0.7 else 2
    return missing, level, -left, abs(share - 1)


def best_merit(target, reach, fraction, classes):
    """The merit of the best of all blocks; None if none will do."""
    found = (
        merit(target, box, reach, fraction, classes) for box in blocks(target.shape)
    )
    return min((one for one in found if one is not None), default=None)


def slivers(target, box):
    """Ids of which a block holds less than half, and touches the rest."""
    inside = np.zeros(target.shape, bool)
    inside[box] = True
    found = set()
    for pixel in np.argwhere(inside & (target > 0)):
        label = target[tuple(pixel)]
        for axis, step in product(range(target.ndim), (-1, 1)):
            other = pixel.copy()
            other[axis] += step
            if not 0 <= other[axis] < target.shape[axis] or inside[tuple(other)]:
                continue
            own = target == label
            if target[tuple(other)] == label and 2 * own[inside].sum() < own.sum():
                found.add(int(label))
    return found
