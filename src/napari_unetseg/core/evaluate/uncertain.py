"""Scores of a report by name, how far they could be off, and two reports compared."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.evaluate.intervals import (
    Difference,
    Interval,
    differences,
    intervals,
)
from napari_unetseg.core.evaluate.object_scores import ObjectScores
from napari_unetseg.core.evaluate.overlap import Overlap, pool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.evaluate.report import Report

    Vector = NDArray[np.float64]
    Scores = dict[str, float | None]

# With so many images, they are what is drawn; slices of one image resemble each other.
_IMAGES = 5


def headline(report: Report) -> Scores:
    """The scores of a report by name, as its intervals are named."""
    units = units_of(report)[1]
    return _measures(report, np.sum(units, axis=0)) if units else {}


def units_of(report: Report) -> tuple[str, list[Vector]]:
    """What is drawn anew for intervals, by name, and the counts of each."""
    ids = report.overlap.ids
    if len(report.images) >= _IMAGES:
        parts = [units_of(one)[1] if not one.images else [] for one in _alike(report)]
        return "images", [np.sum(part, axis=0) for part in parts if part]
    if report.objects is not None:
        return "frames", [one.vector for _, one in report.objects.frames]
    if report.neurites is not None:
        return "slices", [one.vector for one in report.neurites.slices]
    return "slices", [_counts(one, ids) for _, one in report.per_plane if one.total]


def intervals_of(report: Report) -> dict[str, Interval]:
    """Bootstrap intervals of `headline`; empty of fewer than three slices."""
    return intervals(units_of(report)[1], lambda vector: _measures(report, vector))


def compared(first: Report, second: Report) -> dict[str, Difference]:
    """By how much one prediction is ahead of another one on the same truth.

    Raises
    ------
    InputError
        If the two were not judged on the same slices or images, or one by its scores
        and one by its labels.
    """
    rules = [one.neurites and one.neurites.thresholds for one in (first, second)]
    if rules[0] != rules[1]:
        raise InputError(
            f"One of '{first.prediction}' and '{second.prediction}' was judged over "
            "thresholds of its scores, and the other by its labels",
            "Leave the scores out to compare the labels of both",
        )
    sides = [_with_ids(one, other) for one, other in ((first, second), (second, first))]
    units = [units_of(side)[1] for side in sides]
    if len(units[0]) != len(units[1]) or first.task != second.task:
        raise InputError(
            f"'{first.prediction}' and '{second.prediction}' were judged on "
            f"{len(units[0])} and {len(units[1])} slices, which cannot be paired",
            "Give two predictions of the same images",
        )
    return differences(units[0], units[1], lambda vector: _measures(sides[0], vector))


def _measures(report: Report, vector: Vector) -> Scores:
    if report.objects is not None:
        return _of_objects(ObjectScores.of(vector))
    if report.neurites is not None:
        return report.neurites.measures(vector)
    ids = report.overlap.ids
    matrix = vector.reshape(len(ids), len(ids))
    return _of_classes(Overlap(ids, matrix.astype(np.int64)))


def _of_classes(found: Overlap) -> Scores:
    told: Scores = {
        "mean_iou": found.mean_iou,
        "mean_dice": found.mean_dice,
        "pixel_error": found.pixel_error,
    }
    for name in ("iou", "dice"):
        values: Mapping[int, Any] = getattr(found, name)
        told |= {f"{name} {identity}": value for identity, value in values.items()}
    return told


def _of_objects(found: ObjectScores) -> Scores:
    at = 0.5
    return {
        "seg": found.seg,
        "det": found.det,
        "f1": found.f1[at],
        "ap": found.ap[at],
        "pq": found.pq,
        "precision": found.precision[at],
        "recall": found.recall[at],
        "mean_ap": found.mean_ap,
    }


def _counts(found: Overlap, ids: Sequence[int]) -> Vector:
    """The confusion of a slice over all classes, in a row."""
    whole = pool([found], ids=ids)
    if whole.ids != tuple(ids):
        raise ValueError(f"the classes {whole.ids} are not among {tuple(ids)}")
    return whole.matrix.ravel().astype(np.float64)


def _alike(report: Report) -> list[Report]:
    """The images of a report, with all of its classes."""
    return [_with_ids(one, report) for one in report.images]


def _with_ids(report: Report, other: Report) -> Report:
    """The same report with the classes of another one too."""
    ids = {*report.overlap.ids, *other.overlap.ids}
    whole = replace(report, overlap=pool([report.overlap], ids=ids))
    if not report.images:
        return whole
    return replace(whole, images=tuple(_with_ids(one, whole) for one in report.images))
