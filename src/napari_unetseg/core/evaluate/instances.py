"""How many objects are found, and how well: SEG, F1, precision, recall, accuracy."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.evaluate.matching import Contingency, contingency
from napari_unetseg.core.prepare.targets import IGNORE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

THRESHOLD = 0.5
"""Two objects are a match if their IoU is larger."""


@dataclass(frozen=True, slots=True)
class InstanceScore:
    """Counts of objects, and the scores that follow from them.

    Attributes
    ----------
    references : int
        True objects.
    predictions : int
        Predicted objects that count; see `instance_score`.
    matched : int
        Pairs of the two with an IoU larger than 0.5: the true positives. They are
        one-to-one, since no object shares more than half of the union with two others.
    seg_sum : float
        The IoU that each true object has in the sense of `seg`, summed.

    Notes
    -----
    Add those of all frames to pool their objects, as the challenge does [1]_ [2]_; the
    mean of scores per frame is another number. ``InstanceScore()`` is the empty sum.
    All scores are shares from 0 to 1, and None where there is nothing to be shared.

    References
    ----------
    .. [1] Maška et al. (2014), A benchmark for comparison of cell tracking algorithms,
       DOI 10.1093/bioinformatics/btu080
    .. [2] Ulman et al. (2017), An objective comparison of cell-tracking algorithms,
       DOI 10.1038/nmeth.4473
    """

    references: int = 0
    predictions: int = 0
    matched: int = 0
    seg_sum: float = 0.0

    def __post_init__(self) -> None:
        """Check that the counts are possible."""
        if not 0 <= self.matched <= min(self.references, self.predictions):
            raise ValueError(
                f"{self.matched} matches of {self.references} references and "
                f"{self.predictions} predictions are impossible"
            )
        # The sum of IoUs that are all 1 is exact.
        if not 0 <= self.seg_sum <= self.references:
            raise ValueError(
                f"IoUs of {self.references} references cannot sum to {self.seg_sum}"
            )

    @property
    def seg(self) -> float | None:
        """SEG of the Cell Tracking Challenge; None without true objects.

        A predicted object S belongs to a true one R if it holds more than half of its
        pixels. SEG is the mean IoU of R and S over all R, 0 where none belongs to R.
        Objects that are predicted where none is cost nothing.
        """
        return _share(self.seg_sum, self.references)

    @property
    def precision(self) -> float | None:
        """Share of the predicted objects that match; None without any."""
        return _share(self.matched, self.predictions)

    @property
    def recall(self) -> float | None:
        """Share of the true objects that are matched; None without any."""
        return _share(self.matched, self.references)

    @property
    def f1(self) -> float | None:
        """2 TP / (2 TP + FP + FN); None without an object on either side."""
        return _share(2 * self.matched, self.references + self.predictions)

    @property
    def ap(self) -> float | None:
        """TP / (TP + FP + FN), in microscopy called AP or accuracy; None as `f1`.

        This is the score of the Data Science Bowl 2018 at the threshold 0.5, not the
        area under a curve of precision and recall.
        """
        return _share(self.matched, self.references + self.predictions - self.matched)

    def __add__(self, other: InstanceScore) -> InstanceScore:
        """Pool the objects of two."""
        return InstanceScore(
            self.references + other.references,
            self.predictions + other.predictions,
            self.matched + other.matched,
            self.seg_sum + other.seg_sum,
        )

    def to_dict(self) -> dict[str, Any]:
        """The four attributes as plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> InstanceScore:
        """The score that `to_dict` was asked of."""
        return cls(**plain)


def instance_score(
    truth: NDArray[Any], prediction: NDArray[Any], ignore: int | None = IGNORE
) -> InstanceScore:
    """Compare the objects of one frame.

    Parameters
    ----------
    truth, prediction : array of shape (Y, X) or (Z, Y, X) and dtype int or bool
        Ids of objects; 0 is background. A volume is compared as a volume.
    ignore : int, optional
        The true id of pixels that are not annotated. They are left out of all areas. A
        predicted object that matches none counts as wrong only if more than half of
        it is annotated.

    Raises
    ------
    ValueError
        As `contingency`.

    Notes
    -----
    To get the very SEG that the challenge computes from a reference in which only some
    objects are drawn, give it as it is, with 0 for all else: there, pixels of S outside
    of R count in the union whether they are annotated or not. Precision, F1 and AP are
    then meaningless, since objects that were not drawn look like mistakes.
    """
    return score(contingency(truth, prediction, ignore=ignore))


def score(table: Contingency) -> InstanceScore:
    """Score the objects of a frame whose overlaps are known."""
    iou = table.iou
    matches = table.matches(THRESHOLD)
    counts = table.predicted_areas > table.hidden_areas
    counts[table.predicted[matches]] = True
    belongs = 2 * table.shared > table.true_areas[table.true]
    return InstanceScore(
        references=len(table.true_ids),
        predictions=int(np.count_nonzero(counts)),
        matched=len(matches),
        # Rounded once, so that the order of the ids does not matter.
        seg_sum=math.fsum(iou[belongs].tolist()),
    )


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
