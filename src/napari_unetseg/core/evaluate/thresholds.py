"""How far classes agree at every threshold, where the probabilities are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.evaluate.comparable import check_scores
from napari_unetseg.core.postprocess.thresholds import NEUTRAL

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.evaluate.report import Report
    from napari_unetseg.core.image import Image

THRESHOLDS = tuple(percent / 100 for percent in range(1, 100))


@dataclass(frozen=True, slots=True)
class ThresholdCurve:
    """One class at each of `THRESHOLDS`, while the others keep theirs.

    Attributes
    ----------
    now : float
        The threshold that the class has.
    right, chosen : tuple of int
        True pixels of the class that get it, and all pixels that do, per threshold.
    true : int
        True pixels of the class.
    """

    now: float
    right: tuple[int, ...]
    chosen: tuple[int, ...]
    true: int

    @property
    def iou(self) -> tuple[float | None, ...]:
        """IoU per threshold; None where the class is on neither side."""
        pairs = zip(self.right, self.chosen, strict=True)
        joined = ((r, c + self.true - r) for r, c in pairs)
        return tuple(r / whole if whole else None for r, whole in joined)

    def at(self, threshold: float) -> float | None:
        """IoU at the nearest of `THRESHOLDS`."""
        gaps = [abs(one - threshold) for one in THRESHOLDS]
        return self.iou[gaps.index(min(gaps))]

    @property
    def best(self) -> tuple[float, float] | None:
        """The best threshold and its IoU; of equal ones that nearest to 0.5.

        None where the truth does not have the class, so that nothing can be chosen.
        """
        if not self.true:
            return None
        pairs = zip(THRESHOLDS, self.iou, strict=True)
        known = [(t, value) for t, value in pairs if value is not None]
        return max(known, key=lambda one: (one[1], -abs(one[0] - NEUTRAL)))

    def __add__(self, other: ThresholdCurve) -> ThresholdCurve:
        """Pool the pixels of two."""
        return ThresholdCurve(
            self.now,
            tuple(map(sum, zip(self.right, other.right, strict=True))),
            tuple(map(sum, zip(self.chosen, other.chosen, strict=True))),
            self.true + other.true,
        )

    def to_dict(self) -> dict[str, Any]:
        """The curve as plain values for JSON."""
        best = self.best
        return {
            "now": self.now,
            "iou_now": self.at(self.now),
            "best": best and best[0],
            "best_iou": best and best[1],
            "thresholds": list(THRESHOLDS),
            "iou": list(self.iou),
        }


def threshold_curves(
    scores: Image,
    truth: Image,
    ids: Sequence[int],
    *,
    now: Mapping[int, float] | None = None,
    ignore: Sequence[int] = (),
) -> Generator[float, None, dict[int, ThresholdCurve]]:
    """Ask every class at every threshold, plane by plane.

    Parameters
    ----------
    scores : Image
        Probabilities, a channel for each class; of two classes the second may be alone.
    truth : Image
        Class ids.
    ids : sequence of int
        The class of each channel.
    now : mapping of int to float, optional
        Thresholds that classes have; 0.5 of those that are not named.
    ignore : sequence of int
        Ids of the truth that mean "not annotated".

    Yields
    ------
    float
        Share of the planes that is done, up to 1.

    Raises
    ------
    InputError
        If the scores do not fit the truth or the classes.

    Notes
    -----
    A class is chosen exactly where `postprocess.thresholds` chooses it.
    """
    check_scores(scores, truth)
    single = scores.channel_count == 1 and len(ids) == 2
    if scores.channel_count != len(ids) and not single:
        raise InputError(
            f"The scores '{scores.name}' have {scores.channel_count} channels for "
            f"{len(ids)} classes",
            "Give the scores that segment has written, one channel for each class",
        )
    found: dict[int, ThresholdCurve] = {}
    given = {identity: (now or {}).get(identity, NEUTRAL) for identity in ids}
    total = len(list(truth.planes()))
    for done, index in enumerate(truth.planes(), start=1):
        shares = np.asarray(scores.plane(index), np.float64)
        true = np.asarray(truth.plane(index))[0]
        known = ~np.isin(true, ignore)
        if single:
            shares = np.stack([1 - shares[0], shares[0]])
        for identity, one in _of_plane(shares[:, known], true[known], given):
            found[identity] = found[identity] + one if identity in found else one
        yield done / total
    return found


def best_thresholds(report: Report) -> dict[int, float]:
    """The thresholds to use: of validation pixels, where it is known which these are.

    Whatever is chosen on pixels is too good on these, so that unseen pixels are spared.
    """
    curves = report.parts.get("validation", report).thresholds
    return {i: one.best[0] for i, one in curves.items() if one.best is not None}


def _of_plane(
    shares: NDArray[np.float64], true: NDArray[Any], now: Mapping[int, float]
) -> list[tuple[int, ThresholdCurve]]:
    """Each class of a plane; pixels (K, N) and (N,)."""
    weights = np.array([(1 - t) / t for t in now.values()])
    weighted = shares * weights[:, np.newaxis]
    # The best rival of a class is the best of all, or the second if it is that itself.
    second, first = (
        np.partition(weighted, -2, axis=0)[-2:] if len(now) > 1 else [weighted[0]] * 2
    )
    told = []
    for own, mine, (identity, threshold) in zip(
        shares, weighted, now.items(), strict=True
    ):
        rival = np.where(mine == first, second, first)
        both = own + rival
        share = np.divide(own, both, out=np.zeros_like(own), where=both > 0)
        levels = np.searchsorted(THRESHOLDS, share, side="left")
        wanted = true == identity
        told.append(
            (
                identity,
                ThresholdCurve(
                    threshold, _above(levels[wanted]), _above(levels), int(wanted.sum())
                ),
            )
        )
    return told


def _above(levels: NDArray[np.int64]) -> tuple[int, ...]:
    """How many pixels are above each threshold; a level counts those below a pixel."""
    counts = np.bincount(levels, minlength=len(THRESHOLDS) + 1)
    return tuple(np.cumsum(counts[:0:-1])[::-1].tolist())
