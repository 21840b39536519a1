"""Objects of frames, counted once for every score of objects that is reported."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_unetseg.core.evaluate.matching import Contingency

THRESHOLDS = tuple(percent / 100 for percent in range(50, 100, 5))
"""Two objects are a match if their IoU is larger; the first is that of the counts."""

# What the challenge charges for a split that is needed, a missed and a spurious object.
_SPLIT, _MISSED, _SPURIOUS = 5, 10, 1

Counts = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ObjectScores:
    """What objects are counted, and the scores that follow.

    Attributes
    ----------
    references : int
        True objects.
    predictions : tuple of int
        Predicted objects that count, for each of `THRESHOLDS`. One that is mostly not
        annotated counts only where it matches.
    matched : tuple of int
        Pairs whose IoU is larger than each of `THRESHOLDS`; they are one-to-one.
    iou_sum : float
        IoU of the pairs that match at 0.5, summed.
    drawn : int
        True objects by which SEG is judged: `references`, and those of frames that are
        only partly annotated.
    seg_sum : float
        The IoU that each of these has in the sense of SEG, summed.
    uncovered, strays, joints : int
        True objects of which no predicted one holds more than half; predicted ones that
        hold more than half of none; and cuts that would part those that hold more than
        half of several.
    split, merged : int
        True objects that are split, or merged with others; see `object_errors.fates`.

    Notes
    -----
    Add two to pool their objects. ``ObjectScores.none()`` is the empty sum. All scores
    are shares from 0 to 1, and None where there is nothing to be shared.

    References
    ----------
    .. [1] Maška et al. (2014), A benchmark for comparison of cell tracking algorithms,
       DOI 10.1093/bioinformatics/btu080 (SEG)
    .. [2] Matula et al. (2015), Cell tracking accuracy measurement based on comparison
       of acyclic oriented graphs, DOI 10.1371/journal.pone.0144959 (DET)
    .. [3] Kirillov et al. (2019), Panoptic segmentation, DOI 10.1109/CVPR.2019.00963
    """

    references: int
    predictions: Counts
    matched: Counts
    iou_sum: float
    drawn: int
    seg_sum: float
    uncovered: int
    strays: int
    joints: int
    split: int
    merged: int

    @classmethod
    def none(cls) -> ObjectScores:
        """No objects at all."""
        zeros = (0,) * len(THRESHOLDS)
        return cls(0, zeros, zeros, 0.0, 0, 0.0, 0, 0, 0, 0, 0)

    @property
    def seg(self) -> float | None:
        """SEG of the Cell Tracking Challenge; see `instances.InstanceScore.seg`."""
        return _share(self.seg_sum, self.drawn)

    @property
    def det(self) -> float | None:
        """DET of the challenge: 1 less what mending costs, by what drawing all costs.

        An object is detected if a predicted one holds more than half of it. A missed
        one costs 10, a spurious one 1, and 5 each cut of one that holds several.
        """
        mending = (
            _SPLIT * self.joints + _MISSED * self.uncovered + _SPURIOUS * self.strays
        )
        drawing = _MISSED * self.references
        return _share(drawing - min(mending, drawing), drawing)

    @property
    def precision(self) -> dict[float, float | None]:
        """Share of the predicted objects that match, per threshold."""
        pairs = zip(self.matched, self.predictions, strict=True)
        return _per_threshold(_share(m, p) for m, p in pairs)

    @property
    def recall(self) -> dict[float, float | None]:
        """Share of the true objects that are matched, per threshold."""
        return _per_threshold(_share(m, self.references) for m in self.matched)

    @property
    def f1(self) -> dict[float, float | None]:
        """2 TP / (2 TP + FP + FN), per threshold."""
        pairs = zip(self.matched, self.predictions, strict=True)
        return _per_threshold(_share(2 * m, p + self.references) for m, p in pairs)

    @property
    def ap(self) -> dict[float, float | None]:
        """TP / (TP + FP + FN), in microscopy called AP or accuracy, per threshold."""
        pairs = zip(self.matched, self.predictions, strict=True)
        return _per_threshold(_share(m, p + self.references - m) for m, p in pairs)

    @property
    def mean_ap(self) -> float | None:
        """Mean of `ap` over the thresholds, as in the Data Science Bowl 2018."""
        values = [value for value in self.ap.values() if value is not None]
        return math.fsum(values) / len(values) if values else None

    @property
    def pq(self) -> float | None:
        """Panoptic quality: IoU of the matches by TP + FP / 2 + FN / 2, at 0.5."""
        return _share(2 * self.iou_sum, self.references + self.predictions[0])

    @property
    def matched_iou(self) -> float | None:
        """Mean IoU of the objects that match at 0.5 (segmentation quality)."""
        return _share(self.iou_sum, self.matched[0])

    @property
    def missed(self) -> int:
        """True objects that match none at 0.5 (FN)."""
        return self.references - self.matched[0]

    @property
    def spurious(self) -> int:
        """Predicted objects that match none at 0.5 (FP)."""
        return self.predictions[0] - self.matched[0]

    @property
    def vector(self) -> NDArray[np.float64]:
        """All numbers in a row; the vector of a sum is the sum of the vectors."""
        return np.hstack([np.atleast_1d(one) for one in astuple(self)]).astype(float)

    @classmethod
    def of(cls, vector: NDArray[np.float64]) -> ObjectScores:
        """The scores whose `vector` this is."""
        values = iter(vector.tolist())
        found: dict[str, Any] = {}
        for field in fields(cls):
            count = len(THRESHOLDS) if field.name in ("predictions", "matched") else 1
            numbers = [next(values) for _ in range(count)]
            if not field.name.endswith("_sum"):
                numbers = [round(number) for number in numbers]
            found[field.name] = tuple(numbers) if count > 1 else numbers[0]
        return cls(**found)

    def __add__(self, other: ObjectScores) -> ObjectScores:
        """Pool the objects of two."""
        return ObjectScores.of(self.vector + other.vector)

    def to_dict(self) -> dict[str, Any]:
        """All scores and counts as plain values for JSON."""
        return {
            "seg": self.seg,
            "det": self.det,
            "pq": self.pq,
            "matched_iou": self.matched_iou,
            "mean_ap": self.mean_ap,
            **{
                name: {f"{at:g}": one for at, one in getattr(self, name).items()}
                for name in ("f1", "ap", "precision", "recall")
            },
            "true_objects": self.references,
            "predicted_objects": self.predictions[0],
            "matched": self.matched[0],
            "missed": self.missed,
            "spurious": self.spurious,
            "split": self.split,
            "merged": self.merged,
        }


def object_scores(table: Contingency, *, partly: bool = False) -> ObjectScores:
    """Score the objects of a frame whose overlaps are known.

    Parameters
    ----------
    table : Contingency
        Of the frame.
    partly : bool
        Whether only some of its objects are annotated. Then it counts for SEG alone, as
        in the challenge: whatever else would charge for objects that nobody drew.
    """
    iou, true, predicted = table.iou, table.true, table.predicted
    covers = 2 * table.shared > table.true_areas[true]
    drawn = len(table.true_ids)
    # Rounded once, so that the order of the ids does not matter.
    seg_sum = math.fsum(iou[covers].tolist())
    if partly:
        return replace(ObjectScores.none(), drawn=drawn, seg_sum=seg_sum)
    known = table.predicted_areas > table.hidden_areas
    matched, counted = [], []
    for threshold in THRESHOLDS:
        right = iou > threshold
        counts = known.copy()
        counts[predicted[right]] = True
        matched.append(int(np.count_nonzero(right)))
        counted.append(int(np.count_nonzero(counts)))
    holds = np.bincount(predicted[covers], minlength=len(table.predicted_ids))
    inside = 2 * table.shared > table.predicted_areas[predicted]
    parts = np.bincount(true[inside], minlength=drawn)
    merged = np.zeros(drawn, bool)
    merged[true[covers & (holds[predicted] > 1)]] = True
    return ObjectScores(
        references=drawn,
        predictions=tuple(counted),
        matched=tuple(matched),
        iou_sum=math.fsum(iou[iou > THRESHOLDS[0]].tolist()),
        drawn=drawn,
        seg_sum=seg_sum,
        uncovered=drawn - int(np.count_nonzero(covers)),
        strays=int(np.count_nonzero(known & (holds == 0))),
        joints=int(np.maximum(holds - 1, 0).sum()),
        split=int(np.count_nonzero((parts > 1) & ~merged)),
        merged=int(np.count_nonzero(merged)),
    )


def _per_threshold(values: Any) -> dict[float, float | None]:
    return dict(zip(THRESHOLDS, values, strict=True))


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
