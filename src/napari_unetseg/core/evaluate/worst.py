"""Where to look first: the worst planes of a report, and the largest error in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_unetseg.core.evaluate.errors_map import TRUE_POSITIVE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_unetseg.core.evaluate.report import Report

    Corner = tuple[int, ...]


class WorstPlane(NamedTuple):
    """The scores of a plane by which it is judged.

    Attributes
    ----------
    place : tuple of int
        One number per letter of the report's `plane_axes`.
    mean_iou : float
        Of the classes that occur in it.
    worst_class : int
        The one with the smallest IoU.
    worst_iou : float
        Its IoU.
    wrong : int
        Pixels whose class is wrong.
    """

    place: tuple[int, ...]
    mean_iou: float
    worst_class: int
    worst_iou: float
    wrong: int


def worst_planes(report: Report) -> list[WorstPlane]:
    """Order the planes of a report by their mean IoU.

    Parameters
    ----------
    report : Report
        Of class ids.

    Returns
    -------
    list of WorstPlane
        The worst first; equal ones as they follow one another in the stack. Planes of
        which nothing is compared are left out.
    """
    planes = []
    for index, scores in report.per_plane:
        mean = scores.mean_iou
        if mean is None:
            continue
        known = {i: iou for i, iou in scores.iou.items() if iou is not None}
        worst = min(known, key=lambda identity: known[identity])
        wrong = scores.total - int(np.trace(scores.matrix))
        planes.append(WorstPlane(index, mean, worst, known[worst], wrong))
    return sorted(planes, key=lambda plane: plane.mean_iou)


def largest_error(errors: NDArray[np.uint8]) -> tuple[Corner, Corner] | None:
    """Find the largest connected region of wrong pixels.

    Parameters
    ----------
    errors : ndarray of uint8
        As from `errors_map`, of any number of axes.

    Returns
    -------
    (start, stop) or None
        Its box: the first pixel along every axis, and the first behind it. Neighbours
        share a side. Of equally large ones the first; None if nothing is wrong.
    """
    from scipy import ndimage

    regions, count = ndimage.label(errors > TRUE_POSITIVE)
    if not count:
        return None
    sizes = np.bincount(regions.ravel())
    largest = 1 + int(np.argmax(sizes[1:]))
    box = ndimage.find_objects(regions, largest)[largest - 1]
    return tuple(one.start for one in box), tuple(one.stop for one in box)
