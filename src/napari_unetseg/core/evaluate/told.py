"""A report as plain values for JSON, and its scores in the order of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_unetseg.core.evaluate.uncertain import headline, intervals_of, units_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_unetseg.core.evaluate.boundary import Boundary
    from napari_unetseg.core.evaluate.intervals import Difference
    from napari_unetseg.core.evaluate.report import Report


def told_against(found: Mapping[str, Difference]) -> dict[str, Any]:
    """How another prediction did, as plain values."""
    return {
        name: {
            "first": one.first,
            "second": one.second,
            "interval": list(one.interval) if one.interval else None,
            "share_ahead": one.ahead,
        }
        for name, one in found.items()
    }


def plain(report: Report) -> dict[str, Any]:
    """All that a report tells; None where a score does not exist."""
    pooled = report.overlap
    told: dict[str, Any] = {
        "prediction": report.prediction,
        "truth": report.truth,
        "task": report.task,
        "mean_iou": pooled.mean_iou,
        "mean_dice": pooled.mean_dice,
        "mean_precision": pooled.means["precision"],
        "mean_recall": pooled.means["recall"],
        "mean_accuracy": pooled.means["accuracy"],
        "pixel_error": pooled.pixel_error,
        "pixels": pooled.total,
        "classes": {str(identity): _class(report, identity) for identity in pooled.ids},
        "confusion": {
            "ids": list(pooled.ids),
            "rows": "truth",
            "columns": "prediction",
            "pixels": pooled.matrix.tolist(),
        },
        "ignored": list(report.ignored),
        "plane_axes": report.plane_axes,
        "planes": [
            {
                "index": list(index),
                "mean_iou": plane.mean_iou,
                "mean_dice": plane.mean_dice,
                "pixel_error": plane.pixel_error,
                "pixels": plane.total,
                **{
                    name: {str(i): value for i, value in getattr(plane, name).items()}
                    for name in ("iou", "dice", "precision", "recall", "accuracy")
                },
            }
            for index, plane in report.per_plane
        ],
        "spacing": dict(report.spacing),
        "unit": report.unit,
    }
    if report.boundaries:
        told |= _means(report.boundaries)
        told["boundaries"] = [
            {
                "index": list(index),
                **_means(found),
                "classes": {str(i): one.to_dict() for i, one in found.items()},
            }
            for index, found in report.boundary_frames
        ]
    if report.objects is not None:
        told["instances"] = report.objects.to_dict()
    if report.neurites is not None:
        told["neurites"] = report.neurites.to_dict()
    if report.thresholds:
        told["thresholds"] = {
            str(identity): one.to_dict() for identity, one in report.thresholds.items()
        }
    spans = intervals_of(report)
    if spans:
        what, units = units_of(report)
        told["intervals"] = {
            "level": 0.95,
            "over": what,
            "count": len(units),
            "scores": {name: list(span) for name, span in spans.items()},
        }
    if report.known_use:
        told["seen"] = {
            name: {"pixels": part.overlap.total, **headline(part)}
            for name, part in report.parts.items()
        }
    if report.images:
        told["images"] = [plain(one) for one in report.images]
    return told


def score_rows(report: Report) -> list[tuple[str, float | int | None, str, str]]:
    """Scores, their intervals and counts of objects, as rows of text and numbers.

    Returns
    -------
    list of (name, value, low, high)
        Without an interval the ends are empty.
    """
    spans = intervals_of(report)
    rows: list[tuple[str, float | int | None, str, str]] = []
    for name, value in headline(report).items():
        low, high = (repr(end) for end in spans[name]) if name in spans else ("", "")
        rows.append((name, value, low, high))
    if report.objects is not None:
        one = report.objects.scores
        rows += [
            (name, count, "", "")
            for name, count in one.to_dict().items()
            if isinstance(count, int)
        ]
    return rows


def _means(found: Mapping[int, Boundary]) -> dict[str, float | None]:
    """Means over the classes that have a border."""
    ious = [one.iou for one in found.values() if one.iou is not None]
    far = [one.hausdorff95 for one in found.values() if one.hausdorff95 is not None]
    return {
        "mean_boundary_iou": sum(ious) / len(ious) if ious else None,
        "mean_hausdorff95": sum(far) / len(far) if far else None,
    }


def _class(report: Report, identity: int) -> dict[str, Any]:
    pooled = report.overlap
    name = report.names.get(identity)
    borders = report.boundaries.get(identity)
    return {
        **({"name": name} if name else {}),
        "iou": pooled.iou[identity],
        "dice": pooled.dice[identity],
        "precision": pooled.precision[identity],
        "recall": pooled.recall[identity],
        "accuracy": pooled.accuracy[identity],
        "pixels": pooled.pixels[identity],
        **({} if borders is None else borders.to_dict()),
    }
