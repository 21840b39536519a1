"""How far two sets of pixels are apart, however many they are."""

from __future__ import annotations

from contextlib import contextmanager
from functools import lru_cache
from tempfile import SpooledTemporaryFile, gettempdir
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import KDTree

from napari_unetseg.core.errors import WriteError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

PERCENTILE = 95
# Pixels that are looked for, or among, at a time.
GROUP = 1 << 20
# Bytes of a set that are kept in memory; what is more lies in a file of its own.
_KEPT = 1 << 22


class Points:
    """Pixels of a frame, gathered slice by slice; a file where they are many.

    Parameters
    ----------
    file : file of bytes
        Where they are kept, as `gathered` opens it.
    axes : int
        Of the frame.

    Attributes
    ----------
    count : int
        How many there are.
    """

    def __init__(self, file: IO[bytes], axes: int) -> None:
        self._file, self._axes = file, axes
        self.count = 0

    def add(self, mask: NDArray[np.bool_], start: int) -> None:
        """Add the pixels of a mask whose first slice is the frame's slice `start`.

        Raises
        ------
        WriteError
            If there is no room for them.
        """
        found = np.argwhere(mask).astype(np.int32)
        found[:, 0] += start
        self.count += len(found)
        try:
            self._file.write(found.tobytes())
        except OSError as error:
            raise WriteError(
                f"The borders of the labels do not fit into {gettempdir()}: {error}",
                "Free space there, or set TMPDIR to a folder on another disk",
            ) from error

    def groups(self) -> int:
        """In how many groups they are read."""
        return -(-self.count // GROUP)

    def group(self, number: int) -> NDArray[np.int32]:
        """At most `GROUP` of them, of shape (pixels, axes), in the order of slices."""
        size = self._axes * np.dtype(np.int32).itemsize
        self._file.seek(number * GROUP * size)
        read = self._file.read(min(GROUP, self.count - number * GROUP) * size)
        self._file.seek(0, 2)
        return np.frombuffer(read, np.int32).reshape(-1, self._axes)


@contextmanager
def gathered(axes: int) -> Iterator[Points]:
    """Pixels of a frame of so many axes, none at first; forgotten at the end."""
    with SpooledTemporaryFile(max_size=_KEPT) as file:
        yield Points(file, axes)


def hausdorff(
    one: Points,
    other: Points,
    spacing: Sequence[float],
    percentile: float = PERCENTILE,
) -> float:
    """Hausdorff distance of two sets, of which a few far pixels are left out.

    Parameters
    ----------
    one, other : Points
        At least one pixel each.
    spacing : sequence of float
        Pixel size along each axis.
    percentile : float
        Of the distances, from 0 to 100.

    Returns
    -------
    float
        The larger one of both directions, exact: the percentile over one set of the
        distance to the nearest pixel of the other, in the unit of the spacing.
    """
    ways = []
    for start, end in ((one, other), (other, one)):
        tally: tuple[NDArray[Any], NDArray[Any]] = np.zeros(0), np.zeros(0, np.int64)
        for squares in _nearest(start, end, np.asarray(spacing, float)):
            # Distances on a grid: few differ, however many pixels there are.
            tally = _joined(tally, np.unique(squares, return_counts=True))
        ways.append(_percentile(*tally, percentile))
    return max(ways)


def _nearest(
    start: Points, end: Points, spacing: NDArray[Any]
) -> Iterator[NDArray[np.float64]]:
    """Squared distances of one set's groups, by trees of those of the other.

    Groups of near slices are looked at first; those that are too far away never.
    """

    @lru_cache(maxsize=2)
    def tree(number: int) -> tuple[NDArray[Any], KDTree]:
        pixels = end.group(number)
        return pixels, KDTree(pixels * spacing, balanced_tree=False)

    ends = [end.group(number)[[0, -1], 0] for number in range(end.groups())]
    for number in range(start.groups()):
        pixels = start.group(number)
        first, last = pixels[[0, -1], 0]
        nearest = np.full(len(pixels), np.inf)
        gaps = [max(0, low - last, first - high) for low, high in ends]
        for other in np.argsort(gaps, kind="stable").tolist():
            low, high = ends[other]
            slices = pixels[:, 0]
            gap = np.maximum(0, np.maximum(low - slices, slices - high)) * spacing[0]
            left = np.flatnonzero(gap**2 < nearest)
            if not left.size:
                continue
            there, nodes = tree(other)
            _, found = nodes.query(pixels[left] * spacing)
            steps = (pixels[left].astype(np.int64) - there[found]) * spacing
            nearest[left] = np.minimum(nearest[left], (steps**2).sum(axis=1))
        yield nearest


def _joined(
    one: tuple[NDArray[Any], NDArray[Any]], other: tuple[NDArray[Any], NDArray[Any]]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Every value of two tallies once, ascending, and how often it occurs."""
    values = np.concatenate([one[0], other[0]])
    counts = np.concatenate([one[1], other[1]])
    unique, place = np.unique(values, return_inverse=True)
    return unique, np.bincount(place, weights=counts).astype(np.int64)


def _percentile(
    squares: NDArray[Any], counts: NDArray[np.int64], percentile: float
) -> float:
    """As numpy's, linear between two, of distances whose squares are tallied."""
    behind = np.cumsum(counts)
    place = percentile / 100 * (behind[-1] - 1)
    below, above = (
        np.sqrt(squares[np.searchsorted(behind, at, side="right")])
        for at in (int(place), min(int(place) + 1, behind[-1] - 1))
    )
    return float(below + (above - below) * (place - int(place)))
