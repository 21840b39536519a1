"""Neurites of a stack, slice by slice, with every score that EM challenges had."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.evaluate.agreement import (
    adapted_rand_error,
    rand_error,
    v_info,
    v_rand,
    variation_of_information,
)
from napari_unetseg.core.evaluate.comparable import check_scores, pairs
from napari_unetseg.core.evaluate.matching import contingency
from napari_unetseg.core.evaluate.neurites import THRESHOLDS, components, thinned
from napari_unetseg.core.evaluate.warping import warping_error
from napari_unetseg.core.prepare.targets import IGNORE

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.image import Image

    Triple = tuple[float, float, float]

# A mask is the same at every threshold below 1.
_OF_A_MASK = (0.5,)
CUT = 0.5
"""Where scores are cut for what is not asked at every threshold."""

_AT_CUT = (
    "adapted_rand_error",
    "vi_split",
    "vi_merge",
    "rand_error",
    "pixel_error",
    "warping_error",
)


@dataclass(frozen=True, slots=True)
class NeuriteSlice:
    """The scores of a slice.

    Attributes
    ----------
    index : tuple of int
        One number per letter of the report's `plane_axes`.
    v_rand, v_info : tuple of (score, split, merge)
        For every threshold.
    at_cut : dict of str to float
        Errors at one threshold; smaller is better.
    """

    index: tuple[int, ...]
    v_rand: tuple[Triple, ...]
    v_info: tuple[Triple, ...]
    at_cut: dict[str, float]

    @property
    def vector(self) -> NDArray[np.float64]:
        """All numbers in a row, and a 1 that counts the slice."""
        both = np.ravel([self.v_rand, self.v_info])
        return np.hstack([both, [self.at_cut[name] for name in _AT_CUT], 1.0])


@dataclass(frozen=True, slots=True)
class NeuriteReport:
    """The scores of a stack: means over slices that have true neurites.

    Attributes
    ----------
    thresholds : tuple of float
        Where probabilities are cut; a single one where labels were given.
    slices : tuple of NeuriteSlice
        In their order.
    """

    thresholds: tuple[float, ...]
    slices: tuple[NeuriteSlice, ...] = field(default_factory=tuple)

    @property
    def vector(self) -> NDArray[np.float64]:
        """Sum over the slices."""
        empty = np.zeros(6 * len(self.thresholds) + len(_AT_CUT) + 1)
        return np.asarray(sum((one.vector for one in self.slices), empty))

    def measures(self, vector: NDArray[np.float64]) -> dict[str, float | None]:
        """The scores of a sum of slices; see `vector`."""
        told = curves(self.thresholds, vector)
        best = {name: _best(told[name]) for name in ("v_rand", "v_info")}
        found: dict[str, float | None] = {}
        for name, place in best.items():
            at = None if place is None else self.thresholds[place]
            found |= {name: _at(told[name], place), f"{name}_threshold": at}
            for part in ("split", "merge"):
                found[f"{name}_{part}"] = _at(told[f"{name}_{part}"], place)
        count = vector[-1]
        errors = vector[-1 - len(_AT_CUT) : -1]
        found |= {
            name: float(total / count) if count else None
            for name, total in zip(_AT_CUT, errors, strict=True)
        }
        return found

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values for JSON."""
        told = curves(self.thresholds, self.vector)
        return {
            **self.measures(self.vector),
            "cut": CUT,
            "slices": len(self.slices),
            "thresholds": list(self.thresholds),
            "curves": {name: told[name] for name in ("v_rand", "v_info")},
        }


def curves(
    thresholds: Sequence[float], vector: NDArray[np.float64]
) -> dict[str, list[float]]:
    """Mean scores per threshold, of a sum of slices; empty without any."""
    count, many = vector[-1], len(thresholds)
    names = [f"{name}{part}" for name in ("v_rand", "v_info") for part in _PARTS]
    if not count:
        return {name: [] for name in names}
    means = (vector[: 6 * many] / count).reshape(2, many, 3)
    return dict(
        zip(
            names,
            (means[i, :, j].tolist() for i in (0, 1) for j in range(3)),
            strict=True,
        )
    )


_PARTS = ("", "_split", "_merge")


def neurite_report(
    prediction: Image,
    truth: Image,
    *,
    interior: int | None = None,
    scores: Image | None = None,
    channel: int = 0,
    ignore: Sequence[int] = (),
) -> Generator[float, None, NeuriteReport]:
    """Score neurites slice by slice.

    Parameters
    ----------
    prediction, truth : Image
        Labels of equal shape, without channels. Without `interior`, 0 is membrane and
        anything else the interior of cells: one id for all or one for each.
    interior : int, optional
        The class that is the interior of cells.
    scores : Image, optional
        Probability of the interior, in place of the predicted labels.
    channel : int
        Of the scores, if they have several.
    ignore : sequence of int
        Ids that mean "not annotated"; such pixels of either side are left out.

    Yields
    ------
    float
        Share of the slices that is scored, up to 1.

    Raises
    ------
    InputError
        If the scores do not fit the truth.
    """
    if scores is not None:
        check_scores(scores, truth)
    thresholds = _OF_A_MASK if scores is None else THRESHOLDS
    found = []
    total = max(1, int(np.prod(truth.plane_grid)))
    for done, (index, predicted, true) in enumerate(pairs(prediction, truth), start=1):
        known = ~np.isin(true, ignore)
        if scores is None:
            known &= ~np.isin(predicted, ignore)
        wanted = _interior(true, interior)
        wanted[~known] = IGNORE
        if scores is None:
            given: NDArray[Any] = _interior(predicted, interior)
        else:
            given = np.asarray(scores.plane(index))[channel]
        one = score_slice(index, wanted, given, thresholds)
        found += [] if one is None else [one]
        yield done / total
    return NeuriteReport(thresholds, tuple(found))


def score_slice(
    index: tuple[int, ...],
    truth: NDArray[Any],
    predicted: NDArray[Any],
    thresholds: Sequence[float],
) -> NeuriteSlice | None:
    """Score one slice.

    Parameters
    ----------
    index : tuple of int
        Its place.
    truth : ndarray of shape (Y, X) and dtype int
        0 membrane, `IGNORE` not annotated, else interior.
    predicted : ndarray of shape (Y, X)
        Probability of the interior; or integers: 0 membrane, else interior.
    thresholds : sequence of float
        A pixel is interior if its probability is larger.

    Returns
    -------
    NeuriteSlice or None
        None without true neurites.
    """
    known = truth != IGNORE
    neurites = components(np.where(known, truth, 0))
    if not neurites.any():
        return None
    rands: list[Triple] = []
    infos: list[Triple] = []
    last: NDArray[Any] | None = None
    pair: tuple[Triple, Triple]
    for threshold in thresholds:
        ids = _cut(predicted, threshold)
        if last is None or not np.array_equal(ids, last):
            last = ids
            table = contingency(neurites, thinned(components(ids)), ignore=None)
            rand, info = v_rand(table), v_info(table)
            assert rand is not None
            assert info is not None
            pair = (
                (rand.score, rand.split, rand.merge),
                (info.score, info.split, info.merge),
            )
        rands.append(pair[0])
        infos.append(pair[1])
    return NeuriteSlice(
        index, tuple(rands), tuple(infos), _errors(truth, neurites, predicted, known)
    )


def _errors(
    truth: NDArray[Any],
    neurites: NDArray[np.int64],
    predicted: NDArray[Any],
    known: NDArray[np.bool_],
) -> dict[str, float]:
    """What is asked at one threshold alone."""
    ids = _cut(predicted, CUT)
    objects = components(ids)
    table = contingency(neurites, thinned(objects), ignore=None)
    information = variation_of_information(table)
    # Of the Rand error of 2012, what is between objects is an object.
    everywhere = np.where(known, neurites + 1, 0)
    pixels = contingency(everywhere, np.where(known, objects + 1, 0), ignore=None)
    mask = ids != 0
    bent = warping_error(truth, mask if ids is predicted else predicted, CUT)
    wrong = ((truth != 0) != mask)[known].mean()
    assert information is not None
    return {
        "adapted_rand_error": adapted_rand_error(table) or 0.0,
        "vi_split": information.split,
        "vi_merge": information.merge,
        "rand_error": rand_error(pixels) or 0.0,
        "pixel_error": float(wrong),
        "warping_error": bent or 0.0,
    }


def _cut(predicted: NDArray[Any], threshold: float) -> NDArray[Any]:
    """Interior pixels; labels stay what they are, so that cells that touch are two."""
    return predicted if predicted.dtype.kind in "iu" else predicted > threshold


def _interior(ids: NDArray[Any], interior: int | None) -> NDArray[np.int64]:
    if interior is None:
        return np.array(ids, np.int64)
    return np.asarray(ids == interior, np.int64)


def _best(values: Sequence[float]) -> int | None:
    """Place of the largest; of equal ones the first."""
    return int(np.argmax(values)) if values else None


def _at(values: Sequence[float], place: int | None) -> float | None:
    return None if place is None else values[place]
