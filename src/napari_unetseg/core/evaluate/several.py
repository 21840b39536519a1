"""Several images judged together: their pixels, objects and slices pooled."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.evaluate.boundary import Boundary, pooled
from napari_unetseg.core.evaluate.instances import InstanceScore
from napari_unetseg.core.evaluate.judge import judge
from napari_unetseg.core.evaluate.neurite_report import NeuriteReport
from napari_unetseg.core.evaluate.object_errors import ObjectReport
from napari_unetseg.core.evaluate.overlap import pool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_unetseg.core.evaluate.judge import Asked
    from napari_unetseg.core.evaluate.report import Report
    from napari_unetseg.core.evaluate.thresholds import ThresholdCurve
    from napari_unetseg.core.image import Image


def judge_all(
    predictions: Sequence[Image],
    truths: Sequence[Image],
    asked: Asked,
    scores: Sequence[Image] = (),
) -> Report:
    """Judge several predictions, and pool what is found.

    Parameters
    ----------
    predictions, truths : sequence of Image
        Pairs.
    asked : Asked
        What is asked.
    scores : sequence of Image
        Probabilities of the interior of neurites, one for each pair or none.

    Raises
    ------
    InputError
        If there are not as many of one as of the other, or a pair cannot be compared.
    """
    counts = {len(predictions), len(truths), len(scores) or len(truths)}
    if len(counts) > 1:
        raise InputError(
            f"There are {len(predictions)} predictions, {len(truths)} truths and "
            f"{len(scores)} scores",
            "Give one of each for every image",
        )
    given: Sequence[Image | None] = scores or [None] * len(truths)
    return together(
        [
            judge(found, wanted, asked, scores=sure)
            for found, wanted, sure in zip(predictions, truths, given, strict=True)
        ]
    )


def together(reports: Sequence[Report]) -> Report:
    """Pool the reports of several images.

    Parameters
    ----------
    reports : sequence of Report
        Of one task; one at least.

    Returns
    -------
    Report
        The only one as it is; of several, indices of slices and frames begin with the
        number of the image, counted from 0, along an axis "I".

    Raises
    ------
    InputError
        If objects were judged in planes in one image and in volumes in another.
    """
    first = reports[0]
    if len(reports) == 1:
        return first
    names: dict[int, str] = {}
    for one in reports:
        names |= one.names
    return replace(
        first,
        overlap=pool([one.overlap for one in reports]),
        per_plane=tuple(
            ((number, *index), plane)
            for number, one in enumerate(reports)
            for index, plane in one.per_plane
        ),
        prediction=", ".join(one.prediction for one in reports),
        truth=", ".join(one.truth for one in reports),
        names=names,
        plane_axes=f"I{first.plane_axes}",
        objects=_objects(reports),
        neurites=_neurites(reports),
        boundaries=_boundaries(reports),
        boundary_frames=tuple(
            ((number, *index), found)
            for number, one in enumerate(reports)
            for index, found in one.boundary_frames
        ),
        thresholds=_thresholds(reports),
        parts=_parts(reports),
        known_use=all(one.known_use for one in reports),
        images=tuple(reports),
    )


def _objects(reports: Sequence[Report]) -> ObjectReport | None:
    found = [one.objects for one in reports if one.objects is not None]
    if not found:
        return None
    if len({one.dimensions for one in found}) > 1:
        raise InputError(
            "Some of the images are volumes and some are planes, whose objects cannot "
            "be counted together",
            "Say --dimensions 2 or --dimensions 3, or evaluate them apart",
        )
    # Boxes of objects have meaning in their own image alone.
    return ObjectReport(
        score=sum((one.score for one in found), InstanceScore()),
        frames=[
            ((number, *index), scores)
            for number, one in enumerate(found)
            for index, scores in one.frames
        ],
        frame_axes=f"I{found[0].frame_axes}",
        dimensions=found[0].dimensions,
    )


def _neurites(reports: Sequence[Report]) -> NeuriteReport | None:
    found = [one.neurites for one in reports if one.neurites is not None]
    if not found:
        return None
    slices = (
        replace(one, index=(number, *one.index))
        for number, report in enumerate(found)
        for one in report.slices
    )
    return NeuriteReport(found[0].thresholds, tuple(slices))


def _boundaries(reports: Sequence[Report]) -> Mapping[int, Boundary]:
    total = reports[0].boundaries
    for one in reports[1:]:
        total = pooled(total, one.boundaries)
    return total


def _thresholds(reports: Sequence[Report]) -> dict[int, ThresholdCurve]:
    total: dict[int, ThresholdCurve] = {}
    for report in reports:
        for identity, one in report.thresholds.items():
            total[identity] = total[identity] + one if identity in total else one
    return total


def _parts(reports: Sequence[Report]) -> dict[str, Report]:
    names = [name for one in reports for name in one.parts]
    return {
        name: together([one.parts[name] for one in reports if name in one.parts])
        for name in dict.fromkeys(names)
    }
