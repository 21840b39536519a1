"""From a task's scores to what is written of it."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.postprocess.thresholds import to_classes_with_thresholds
from napari_unetseg.core.predict.uncertainty import entropy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_unetseg.core.predict.found import Found
    from napari_unetseg.core.predict.together import Averaged
    from napari_unetseg.core.predict.work import Task


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is made of the scores.

    Attributes
    ----------
    classes : tuple of int
        Painted id of each class.
    thresholds : mapping of id to float
        Probability from which a class is chosen, for those that have one.
    scores : bool
        Whether the probabilities are kept.
    uncertainty : {"none", "entropy", "disagreement"}
        What is told of how sure they are.
    """

    classes: tuple[int, ...]
    thresholds: Mapping[int, float]
    scores: bool = False
    uncertainty: str = "none"


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A finished task.

    Attributes
    ----------
    task : Task
        Which one.
    arrays : dict of str to ndarray
        "labels" of the box's shape; "scores" (classes, *box) and "uncertainty" of the
        box's shape, float32, if they are wanted.
    broken : int
        Pixels that are not numbers in the image, and are labelled 0.
    """

    task: Task
    arrays: dict[str, NDArray[Any]]
    broken: int

    @property
    def checksum(self) -> int:
        """CRC-32 over all arrays."""
        return checksum(self.arrays)


def checksum(arrays: Mapping[str, NDArray[Any]]) -> int:
    """CRC-32 over arrays in the order of their names, whatever their shape."""
    value = 0
    for _, array in sorted(arrays.items()):
        value = zlib.crc32(np.ascontiguousarray(array).data, value)
    return value


def result_of(found: Found | Averaged, wanted: Wanted) -> Result:
    """Wait for a task's scores, and choose classes by them.

    Raises
    ------
    UnetsegError
        If the network gave something that is not a number.
    """
    scores, average = found.scores()
    labels = to_classes_with_thresholds(scores, wanted.classes, wanted.thresholds)
    broken = 0
    if found.finite is not None:
        labels[~found.finite] = 0
        broken = int((~found.finite).sum())
    arrays = {"labels": labels}
    if wanted.scores:
        arrays["scores"] = scores
    if wanted.uncertainty == "entropy":
        arrays["uncertainty"] = entropy(scores)
    elif wanted.uncertainty == "disagreement":
        assert average is not None
        arrays["uncertainty"] = average.disagreement()
    return Result(found.task, arrays, broken)
