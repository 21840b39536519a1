"""Pairs of labels of which other programs have told the scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Frames = list[tuple[NDArray[Any], NDArray[Any]]]

SPACING = {2: (0.5, 0.25), 3: (2.0, 0.5, 0.5)}


def objects(name: str, data: Path | None) -> Frames:
    """(truth, prediction) of every frame, an id per object, 0 background."""
    if name == "random planes":
        return [_random((60, 70), 25, seed) for seed in range(4)]
    if name == "random volume":
        return [_random((12, 30, 36), 30, 7)]
    if name == "one row":
        truth = np.array([[1, 1, 1, 1, 2, 2, 2, 2, 2, 0, 3, 3, 0, 0, 4, 4, 4, 0]])
        found = np.array([[5, 5, 5, 5, 5, 5, 5, 5, 5, 0, 0, 0, 6, 0, 7, 7, 0, 0]])
        return [(truth, found)]
    assert data is not None
    import tifffile

    if name == "dic-hela":
        folder = data / "dic-hela"
        numbers = [int(n) for n in (folder / "01_gt_frames.txt").read_text().split()]
        gold = tifffile.imread(folder / "01_gold_labels.tif")
        later = [number + 1 for number in numbers]
        silver = tifffile.imread(folder / "01_silver_labels.tif", key=later)
        return [*zip(gold.astype(int), silver.astype(int), strict=True)]
    if name == "gonuclear":
        whole = tifffile.imread(data / "gonuclear-3d" / "1135_labels.tif")
        middle = tuple(
            slice(n // 2 - h, n // 2 + h)
            for n, h in zip(whole.shape, (20, 100, 100), strict=True)
        )
        truth = whole[middle].astype(int)
        moved = np.roll(truth, (1, 3, 4), axis=(0, 1, 2))
        # Two objects become one, as a prediction joins them.
        ids = np.unique(moved)[1:]
        moved[moved == ids[1]] = ids[0]
        return [(truth, moved)]
    raise KeyError(name)


def classes(name: str, data: Path | None) -> tuple[NDArray[Any], NDArray[Any]]:
    """(truth, prediction) with ids of classes from 0 to 3."""
    if name == "random plane":
        truth, found = _random((60, 70), 25, 11)
        return truth % 4, found % 4
    if name == "random volume":
        truth, found = _random((12, 30, 36), 30, 12)
        return truth % 4, found % 4
    assert data is not None
    import tifffile

    assert name == "isbi"
    truth = tifffile.imread(data / "isbi2012-em" / "labels.tif", key=3).astype(int)
    return truth, np.roll(truth, (2, 3), (0, 1))


def _random(
    shape: tuple[int, ...], count: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Boxes, and the same a little moved, of which some are gone and some are new."""
    rng = np.random.default_rng(seed)
    truth, found = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for number in range(1, count + 1):
        low = [int(rng.integers(0, n - 4)) for n in shape]
        size = [int(rng.integers(3, max(5, n // 4))) for n in shape]
        truth[tuple(slice(a, a + s) for a, s in zip(low, size, strict=True))] = number
        moved = [max(0, a + int(rng.integers(-1, 2))) for a in low]
        kind = int(rng.integers(10))
        if kind == 0:
            continue
        place = tuple(slice(a, a + s) for a, s in zip(moved, size, strict=True))
        found[place] = number + 100
        if kind == 1:
            half = (*place[:-1], slice(moved[-1], moved[-1] + size[-1] // 2))
            found[half] = number + 200
    return truth, found
