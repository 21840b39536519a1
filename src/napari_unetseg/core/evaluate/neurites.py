"""Are neurites whole and kept apart? Scored as in the ISBI 2012 challenge since 2015.

Per slice, only pixels inside true neurites count, and the predicted borders are thinned
first: a membrane may be drawn wide or narrow, but a hole in it joins two neurites.

References
----------
Arganda-Carreras et al. (2015), Crowdsourcing the creation of image segmentation
algorithms for connectomics, DOI 10.3389/fnana.2015.00142
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from skimage.measure import label
from skimage.segmentation import watershed

from napari_unetseg.core.evaluate.agreement import v_info, v_rand
from napari_unetseg.core.evaluate.matching import contingency
from napari_unetseg.core.prepare.targets import IGNORE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

THRESHOLDS = tuple(step / 10 for step in range(11))
"""Where the challenge cuts a probability map; a pixel is interior if it is larger."""


@dataclass(frozen=True, slots=True)
class NeuriteScore:
    """V-Rand and V-Info of slices, per threshold.

    Attributes
    ----------
    thresholds : tuple of float
        Where the probability of the interior is cut.
    v_rand_sums, v_info_sums : tuple of float
        For every threshold the scores of all slices, summed.
    slices : int
        Slices with true neurites; others have no score.

    Notes
    -----
    Add two to score their slices together: the thresholds must be the same. All scores
    are from 0 to 1, larger is better, and None without slices.
    """

    thresholds: tuple[float, ...]
    v_rand_sums: tuple[float, ...]
    v_info_sums: tuple[float, ...]
    slices: int

    def __post_init__(self) -> None:
        """Check that there is a sum for each threshold."""
        sums = len(self.v_rand_sums), len(self.v_info_sums)
        if not self.thresholds or sums != (len(self.thresholds),) * 2:
            raise ValueError(
                f"{sums[0]} and {sums[1]} sums do not fit {len(self.thresholds)} "
                "thresholds, of which there is one or more"
            )

    @property
    def v_rand(self) -> float | None:
        """Mean V-Rand over slices at the best threshold: the challenge's score."""
        return max(self.v_rands) if self.slices else None

    @property
    def v_info(self) -> float | None:
        """Mean V-Info over slices at the best threshold, which may be another one."""
        return max(self.v_infos) if self.slices else None

    @property
    def v_rand_threshold(self) -> float | None:
        """The threshold of the best mean V-Rand; of equal ones the smallest."""
        return self._best(self.v_rands)

    @property
    def v_info_threshold(self) -> float | None:
        """The threshold of the best mean V-Info; of equal ones the smallest."""
        return self._best(self.v_infos)

    @property
    def v_rands(self) -> tuple[float, ...]:
        """Mean V-Rand over slices, per threshold; empty without slices."""
        return tuple(one / self.slices for one in self.v_rand_sums if self.slices)

    @property
    def v_infos(self) -> tuple[float, ...]:
        """Mean V-Info over slices, per threshold; empty without slices."""
        return tuple(one / self.slices for one in self.v_info_sums if self.slices)

    def __add__(self, other: NeuriteScore) -> NeuriteScore:
        """Score the slices of two together."""
        if self.thresholds != other.thresholds:
            raise ValueError(
                f"scores at the thresholds {self.thresholds} and {other.thresholds} "
                "cannot be added"
            )
        return NeuriteScore(
            self.thresholds,
            _sums(self.v_rand_sums, other.v_rand_sums),
            _sums(self.v_info_sums, other.v_info_sums),
            self.slices + other.slices,
        )

    def to_dict(self) -> dict[str, Any]:
        """The attributes as plain values for JSON."""
        lists = ("thresholds", "v_rand_sums", "v_info_sums")
        plain = asdict(self)
        return plain | {name: list(plain[name]) for name in lists}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> NeuriteScore:
        """The score that `to_dict` was asked of."""
        return cls(
            tuple(plain["thresholds"]),
            tuple(plain["v_rand_sums"]),
            tuple(plain["v_info_sums"]),
            plain["slices"],
        )

    def _best(self, means: tuple[float, ...]) -> float | None:
        return self.thresholds[means.index(max(means))] if means else None


def neurite_score(
    truth: NDArray[Any],
    interior: NDArray[Any],
    thresholds: Sequence[float] = THRESHOLDS,
    ignore: int | None = IGNORE,
) -> NeuriteScore:
    """Score the interior of cells, slice by slice, as ISBI 2012 does since 2015.

    Parameters
    ----------
    truth : array of shape (Y, X) or (Z, Y, X) and dtype bool or int
        0 where there is membrane, anything else in the interior of cells: one value for
        all or an id for each. True neurites are pixels of the same value that are
        connected by faces within a slice.
    interior : array of the same shape
        Probability of the interior (1 - that of membrane); or a bool mask, for which
        the thresholds from 0 to below 1 are all the same.
    thresholds : sequence of float
        A pixel is predicted to be interior if its probability is larger.
    ignore : int, optional
        The true value of pixels that are not annotated. They do not count, though a
        predicted neurite may run through them.

    Returns
    -------
    NeuriteScore
        Of all slices that have true neurites.

    Raises
    ------
    ValueError
        If the shapes differ or are not those of a slice or a stack, if the truth holds
        anything but integers, or there are no thresholds.
    """
    steps = tuple(float(threshold) for threshold in thresholds)
    total = NeuriteScore(steps, (0.0,) * len(steps), (0.0,) * len(steps), 0)
    for true, predicted in _slices(truth, interior):
        annotated = true if ignore is None else np.where(true == ignore, 0, true)
        neurites = components(annotated)
        if neurites.any():
            pairs = list(_scores(neurites, predicted, steps))
            rands, infos = zip(*pairs, strict=True)
            total += NeuriteScore(steps, rands, infos, 1)
    return total


def pixel_error(
    truth: NDArray[Any],
    interior: NDArray[Any],
    threshold: float = 0.5,
    ignore: int | None = IGNORE,
) -> float | None:
    """Share of wrong pixels per slice, averaged over slices.

    Parameters
    ----------
    truth, interior, ignore
        As in `neurite_score`.
    threshold : float
        A pixel is predicted to be interior if its probability is larger.

    Returns
    -------
    float or None
        From 0 to 1, smaller is better; None where nothing is annotated.

    Raises
    ------
    ValueError
        As `neurite_score`.
    """
    errors = []
    for true, predicted in _slices(truth, interior):
        known = np.ones(true.shape, bool) if ignore is None else true != ignore
        if known.any():
            wrong = (true != 0) != (predicted > threshold)
            errors.append(float(wrong[known].mean()))
    return math.fsum(errors) / len(errors) if errors else None


def components(interior: NDArray[Any]) -> NDArray[np.int64]:
    """Number the objects of a slice.

    Parameters
    ----------
    interior : ndarray of shape (Y, X) and dtype bool or int
        Pixels of the same value other than 0 that are connected by faces are an object.

    Returns
    -------
    ndarray of shape (Y, X) and dtype int64
        From 1 on; 0 where the slice is 0.
    """
    # Some versions of scikit-image have types and some have none.
    find: Any = label
    return np.asarray(find(interior, background=0, connectivity=1), dtype=np.int64)


def thinned(objects: NDArray[np.int64]) -> NDArray[np.int64]:
    """Let the objects of a slice grow until lines of one pixel are between them.

    Parameters
    ----------
    objects : ndarray of shape (Y, X) and dtype int64
        0 in between; no two objects share a face.

    Returns
    -------
    ndarray of shape (Y, X) and dtype int64
        Each object with the pixels that it reaches first by steps through faces, and 0
        on the lines. Without objects 0 everywhere.
    """
    if not objects.any():
        return objects
    grow: Any = watershed
    flat = np.zeros(objects.shape, np.uint8)
    lines = grow(flat, objects, connectivity=1, watershed_line=True)
    return np.asarray(lines, dtype=np.int64)


def _scores(
    neurites: NDArray[np.int64], interior: NDArray[Any], thresholds: Sequence[float]
) -> Iterator[tuple[float, float]]:
    """V-Rand and V-Info of a slice with neurites, per threshold."""
    last, pair = None, (0.0, 0.0)
    for threshold in thresholds:
        mask = interior > threshold
        # A network that is sure gives the same mask at most thresholds.
        if last is None or not np.array_equal(mask, last):
            table = contingency(neurites, thinned(components(mask)), ignore=None)
            rand, info = v_rand(table), v_info(table)
            assert rand is not None
            assert info is not None
            last, pair = mask, (rand.score, info.score)
        yield pair


def _slices(
    truth: NDArray[Any], interior: NDArray[Any]
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Both sides slice by slice."""
    shape = tuple(truth.shape)
    if tuple(interior.shape) != shape:
        raise ValueError(
            f"the interior (shape {tuple(interior.shape)}) must have the shape of the "
            f"truth (shape {shape})"
        )
    if len(shape) not in (2, 3):
        raise ValueError(f"slices have the axes ([Z,] Y, X), not the shape {shape}")
    if np.dtype(truth.dtype).kind not in "biu":
        raise ValueError(f"the truth must be integers, not {truth.dtype}")
    for index in np.ndindex(*shape[:-2]):
        yield np.asarray(truth[index]), np.asarray(interior[index])


def _sums(one: tuple[float, ...], other: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))
