"""How well a network does on the validation samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.evaluate.instances import InstanceScore
from napari_unetseg.core.evaluate.overlap import Overlap

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """Agreement with the validation samples, pooled over all of them.

    Attributes
    ----------
    overlap : Overlap
        Of the classes.
    objects : InstanceScore or None
        Of the single objects, where these are taught.
    """

    overlap: Overlap
    objects: InstanceScore | None = None

    @property
    def value(self) -> float:
        """What the best weights are chosen by, from 0 to 1.

        The mean IoU of classes, and of objects the mean of SEG, which forgives objects
        that are not there, and of F1, which does not.
        """
        if self.objects is None:
            return self.overlap.mean_iou or 0.0
        return ((self.objects.seg or 0.0) + (self.objects.f1 or 0.0)) / 2

    def facts(self) -> dict[str, Any]:
        """Everything, as plain values."""
        overlap = self.overlap
        return {
            "ids": list(overlap.ids),
            "matrix": overlap.matrix.tolist(),
            "objects": None if self.objects is None else self.objects.to_dict(),
        }

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Score:
        """Inverse of `facts`."""
        matrix = np.asarray(facts["matrix"], dtype=np.int64)
        objects = facts["objects"]
        return cls(
            Overlap(tuple(facts["ids"]), matrix),
            None if objects is None else InstanceScore.from_dict(objects),
        )

    def summary(self) -> dict[str, Any]:
        """What is told of it: IoU per class, its mean, pixel error, SEG and F1."""
        overlap = self.overlap
        found: dict[str, Any] = {
            "iou": {str(label): value for label, value in overlap.iou.items()},
            "mean_iou": overlap.mean_iou,
            "pixel_error": overlap.pixel_error,
        }
        if self.objects is not None:
            found |= {"seg": self.objects.seg, "f1": self.objects.f1}
        return found
