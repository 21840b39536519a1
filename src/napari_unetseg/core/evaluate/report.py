"""The answer to "how good is this segmentation?": scores, planes, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.draining import result_of
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.evaluate.comparable import check_comparable, pairs
from napari_unetseg.core.evaluate.overlap import (
    Overlap,
    class_ids,
    confusion,
    pool,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from pathlib import Path

    from napari_unetseg.core.evaluate.boundary import Boundary
    from napari_unetseg.core.evaluate.intervals import Difference
    from napari_unetseg.core.evaluate.neurite_report import NeuriteReport
    from napari_unetseg.core.evaluate.object_errors import ObjectReport
    from napari_unetseg.core.evaluate.thresholds import ThresholdCurve
    from napari_unetseg.core.image import Image

# More ids than this in one image are objects, which these scores cannot judge.
MOST_CLASSES = 256
# Pixels that are compared between two signs of life: a fraction of a second.
BAND = 1 << 22

COLUMNS = ("class", "name", "iou", "dice", "precision", "recall", "pixels")
SCORE_COLUMNS = ("score", "value", "low", "high")

Row = tuple[str, str, float | None, float | None, float | None, float | None, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How far a prediction agrees with the truth.

    Attributes
    ----------
    overlap : Overlap
        The pixels of all planes pooled: the scores to quote.
    per_plane : tuple of (index, Overlap)
        The same per plane; an index has one number per letter of `plane_axes`.
    prediction, truth : str
        Names of the two images, without folders.
    ignored : tuple of int
        Ids that were left out of both sides.
    names : mapping of int to str
        Names of the classes that have one.
    plane_axes : str
        Axes that number the planes, as in "Z"; "" for a single plane.
    spacing : mapping of str to float
        Pixel size of the truth per spatial axis, in `unit`.
    unit : str
        "pixel" when the size is unknown.
    task : {"classes", "instances", "neurites"}
        What was scored; of all but classes, `overlap` tells how far pixels agree.
    objects, neurites : ObjectReport, NeuriteReport or None
        What else was scored.
    boundaries : mapping of int to Boundary
        How far the borders of classes agree, where it was asked.
    boundary_frames : tuple of (index, mapping of int to Boundary)
        The same of each frame: slice or volume.
    thresholds : mapping of int to ThresholdCurve
        How far each class agrees at every threshold, where its scores were given.
    parts : mapping of str to Report
        The same for pixels that were "unseen", used for "validation", learnt from
        ("train"), or left out "beside" those; see `seen.Seen`.
    known_use : bool
        Whether it is known what pixels were used for.
    images : tuple of Report
        Of each image, where several were judged.
    """

    overlap: Overlap
    per_plane: tuple[tuple[tuple[int, ...], Overlap], ...]
    prediction: str
    truth: str
    ignored: tuple[int, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)
    plane_axes: str = ""
    spacing: Mapping[str, float] = field(default_factory=dict)
    unit: str = "pixel"
    task: str = "classes"
    objects: ObjectReport | None = None
    neurites: NeuriteReport | None = None
    boundaries: Mapping[int, Boundary] = field(default_factory=dict)
    boundary_frames: tuple[tuple[tuple[int, ...], Mapping[int, Boundary]], ...] = ()
    thresholds: Mapping[int, ThresholdCurve] = field(default_factory=dict)
    parts: Mapping[str, Report] = field(default_factory=dict)
    known_use: bool = False
    images: tuple[Report, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values for JSON; None where a score does not exist."""
        from napari_unetseg.core.evaluate.told import plain

        return plain(self)

    def rows(self) -> list[Row]:
        """One row per class and the row "mean", with the columns of `COLUMNS`.

        Scores are shares from 0 to 1, None where they do not exist; `pixels` are true
        pixels, in the row "mean" all that were compared.
        """
        pooled = self.overlap
        rows: list[Row] = [
            (
                str(identity),
                self.names.get(identity, ""),
                pooled.iou[identity],
                pooled.dice[identity],
                pooled.precision[identity],
                pooled.recall[identity],
                pooled.pixels[identity],
            )
            for identity in pooled.ids
        ]
        mean = (pooled.mean_iou, pooled.mean_dice, None, None)
        return [*rows, ("mean", "", *mean, pooled.total)]

    def write_json(
        self,
        path: Path,
        overwrite: bool = False,
        *,
        against: Mapping[str, Difference] | None = None,
    ) -> None:
        """Write `to_dict` as JSON, atomically.

        Parameters
        ----------
        path : Path
            The file.
        overwrite : bool
            Whether one that is there is replaced.
        against : mapping of str to Difference, optional
            How another prediction did, as from `uncertain.compared`.

        Raises
        ------
        WriteError
            If the file exists and `overwrite` is not set, or cannot be written.
        """
        from napari_unetseg.core.evaluate.told import told_against

        told = self.to_dict()
        if against is not None:
            told["against"] = told_against(against)
        text = json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False)
        _write(path, text + "\n", overwrite)

    def write_csv(self, path: Path, overwrite: bool = False) -> None:
        """Write a table as comma-separated values, atomically; empty where None.

        Of classes that is `rows`; of objects and neurites a score in each row, with its
        interval.

        Raises
        ------
        WriteError
            If the file exists and `overwrite` is not set, or cannot be written.
        """
        text = io.StringIO(newline="")
        table = csv.writer(text, lineterminator="\n")
        if self.task == "classes":
            table.writerow(COLUMNS)
            table.writerows(self.rows())
        else:
            from napari_unetseg.core.evaluate.told import score_rows

            table.writerow(SCORE_COLUMNS)
            table.writerows(score_rows(self))
        _write(path, text.getvalue(), overwrite)


def evaluate(
    prediction: Image,
    truth: Image,
    *,
    ignore: Sequence[int] = (),
    names: Mapping[int, str] | None = None,
) -> Report:
    """Compare predicted labels with the truth.

    Parameters
    ----------
    prediction, truth : Image
        Labels without a channel axis, of an integer type, bool, or whole floats.
    ignore : sequence of int
        Ids that mean "not annotated": a pixel is left out where either image has one.
    names : mapping of int to str, optional
        Names of the classes; a class named here is listed even where it is absent.

    Returns
    -------
    Report
        Pooled over all planes, and per plane.

    Raises
    ------
    InputError
        If the two do not show the same pixels or hold no class ids, if there are more
        than 256 classes, or if nothing is left after ignoring.
    """
    return result_of(evaluation(prediction, truth, ignore=ignore, names=names))


def evaluation(
    prediction: Image,
    truth: Image,
    *,
    ignore: Sequence[int] = (),
    names: Mapping[int, str] | None = None,
) -> Generator[float, None, Report]:
    """Compare predicted labels with the truth, step by step.

    Parameters, the returned report and errors are those of `evaluate`.

    Yields
    ------
    float
        Share of the pixels that is compared, up to 1; every few million pixels.
    """
    check_comparable(prediction, truth)
    ignored = tuple(sorted(set(ignore)))
    names = dict(names or {})
    planes = []
    seen: set[int] = set()
    done, total = 0, math.prod(truth.shape)
    for index, predicted, true in pairs(prediction, truth):
        bands = []
        for rows in _bands(true.shape):
            ids = class_ids(predicted[rows], true[rows], ignored)
            seen.update(ids)
            _check_few(seen, prediction, truth)
            counts = confusion(predicted[rows], true[rows], ids, ignore=ignored)
            bands.append(Overlap(ids, counts))
            done += true[rows].size
            yield done / total
        planes.append((index, pool(bands)))
    pooled = pool((plane for _, plane in planes), ids=set(names) - set(ignored))
    if not pooled.total:
        raise InputError(
            f"Nothing is left to compare: every pixel of '{truth.name}' or "
            f"'{prediction.name}' has an ignored id "
            f"({', '.join(str(i) for i in ignored) or 'none given'})",
            "Ignore only the id that means 'not annotated'",
        )
    return Report(
        overlap=pooled,
        per_plane=tuple(planes),
        prediction=prediction.name,
        truth=truth.name,
        ignored=ignored,
        names=names,
        plane_axes=truth.plane_axes,
        spacing=dict(zip(truth.spatial_axes, truth.spacing, strict=True)),
        unit=truth.unit,
    )


def _bands(shape: tuple[int, ...]) -> Iterator[slice]:
    """Rows of a plane, about BAND pixels at a time."""
    rows = max(1, BAND // max(1, shape[1]))
    for start in range(0, shape[0], rows):
        yield slice(start, start + rows)


def _check_few(ids: set[int], prediction: Image, truth: Image) -> None:
    """Refuse objects, of which each has an id of its own."""
    if len(ids) > MOST_CLASSES:
        raise InputError(
            f"'{prediction.name}' and '{truth.name}' hold more than {MOST_CLASSES} "
            "different labels, which look like objects rather than classes",
            "Give every pixel the id of its class, for example 1 for all cells",
        )


def _write(path: Path, text: str, overwrite: bool) -> None:
    from napari_unetseg.core.write.atomic import check_writable, write_text_atomic

    check_writable(path, overwrite)
    write_text_atomic(path, text)
