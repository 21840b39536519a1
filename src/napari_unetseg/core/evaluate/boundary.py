"""How far the borders of classes agree: boundary IoU, and the Hausdorff distance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

SHARE = 0.02
"""Width of the band for the boundary IoU, as a share of a frame's diagonal."""

PERCENTILE = 95


@dataclass(frozen=True, slots=True)
class Boundary:
    """The borders of one class in one frame or in several.

    Attributes
    ----------
    shared, joined : int
        Pixels in both bands along the borders, and in at least one of them.
    distance_sum : float
        95th percentile of the distance between the borders, summed over frames; in the
        unit of the pixel size.
    frames : int
        Frames that have the class on both sides: only these have a distance.
    one_sided : int
        Frames that have it on one side only.

    Notes
    -----
    The band of a side are its pixels that are at most so wide away from a pixel that is
    not of the class, in steps to all neighbours, as in [1]_; what lies outside of the
    frame is not of the class. The distance is the larger one of both directions, each
    the 95th percentile over the border of one side of the distance to the border of the
    other. Add two to pool their bands and to take the mean of their distances.

    References
    ----------
    .. [1] Cheng et al. (2021), Boundary IoU: improving object-centric image
       segmentation evaluation, DOI 10.1109/CVPR46437.2021.01508
    """

    shared: int = 0
    joined: int = 0
    distance_sum: float = 0.0
    frames: int = 0
    one_sided: int = 0

    @property
    def iou(self) -> float | None:
        """Boundary IoU; None where the class has no border."""
        return self.shared / self.joined if self.joined else None

    @property
    def hausdorff95(self) -> float | None:
        """Mean 95th percentile of the Hausdorff distance over `frames`; None if 0."""
        return self.distance_sum / self.frames if self.frames else None

    def __add__(self, other: Boundary) -> Boundary:
        """Pool two."""
        return Boundary(
            self.shared + other.shared,
            self.joined + other.joined,
            self.distance_sum + other.distance_sum,
            self.frames + other.frames,
            self.one_sided + other.one_sided,
        )

    def to_dict(self) -> dict[str, Any]:
        """The scores as plain values for JSON."""
        return {
            "boundary_iou": self.iou,
            "hausdorff95": self.hausdorff95,
            "hausdorff95_frames": self.frames,
            "on_one_side_only": self.one_sided,
        }


def boundaries(
    prediction: NDArray[Any],
    truth: NDArray[Any],
    *,
    ids: Sequence[int],
    spacing: Sequence[float],
    ignore: Sequence[int] = (),
    width: int | None = None,
) -> dict[int, Boundary]:
    """Compare the borders of classes in one frame.

    Parameters
    ----------
    prediction, truth : ndarray of shape (Y, X) or (Z, Y, X) and dtype int
        Class ids.
    ids : sequence of int
        The classes.
    spacing : sequence of float
        Pixel size along each axis.
    ignore : sequence of int
        Ids that mean "not annotated", on either side. Such pixels neither count nor
        make a border.
    width : int, optional
        Of the band, in pixels; by default that of `band_width`.

    Returns
    -------
    dict of int to Boundary
        For each class; one that is absent from both sides is the empty sum.
    """
    unknown = np.isin(prediction, ignore) | np.isin(truth, ignore)
    wide = band_width(truth.shape) if width is None else width
    found = {}
    for identity in ids:
        sides = (prediction == identity) & ~unknown, (truth == identity) & ~unknown
        there = [bool(side.any()) for side in sides]
        if not any(there):
            found[identity] = Boundary()
            continue
        # Beyond this margin nothing changes what is at a border.
        box = _around([*sides], wide + 1)
        one, other = (_band(side[box], unknown[box], wide) for side in sides)
        distance = 0.0
        if all(there):
            edges = [_edge(side[box], unknown[box]) for side in sides]
            # A class that fills all of what is known has no border, and none is off.
            if edges[0].any() and edges[1].any():
                distance = hausdorff(edges[0], edges[1], spacing)
            else:
                there = [False, False]
        found[identity] = Boundary(
            shared=int(np.count_nonzero(one & other)),
            joined=int(np.count_nonzero(one | other)),
            distance_sum=distance,
            frames=int(all(there)),
            one_sided=int(there[0] != there[1]),
        )
    return found


def band_width(shape: Sequence[int]) -> int:
    """Pixels of the band along the borders of a frame, one at least."""
    return max(1, round(SHARE * math.hypot(*shape[-2:])))


def hausdorff(
    edge: Mask,
    other: Mask,
    spacing: Sequence[float],
    percentile: float = PERCENTILE,
) -> float:
    """Hausdorff distance of two borders, of which a few far pixels are left out.

    Parameters
    ----------
    edge, other : ndarray of bool and equal shape
        Pixels of the borders, at least one each.
    spacing : sequence of float
        Pixel size along each axis.
    percentile : float
        Of the distances, from 0 to 100.
    """
    ways = []
    for start, end in ((edge, other), (other, edge)):
        away = ndimage.distance_transform_edt(~end, sampling=spacing)
        ways.append(float(np.percentile(away[start], percentile)))
    return max(ways)


def pooled(
    one: Mapping[int, Boundary], other: Mapping[int, Boundary]
) -> dict[int, Boundary]:
    """Pool the borders of each class."""
    return {
        i: one.get(i, Boundary()) + other.get(i, Boundary())
        for i in sorted({*one, *other})
    }


def _band(mask: Mask, unknown: Mask, width: int) -> Mask:
    """Pixels of a mask that are at most so wide away from what is not of it."""
    inside = np.pad(mask | unknown, 1)
    away = ndimage.distance_transform_cdt(inside, metric="chessboard")
    return np.asarray(mask & (away[(slice(1, -1),) * mask.ndim] <= width))


def _edge(mask: Mask, unknown: Mask) -> Mask:
    """Pixels of a mask of which a face is turned to what is not of it."""
    return np.asarray(mask & ~ndimage.binary_erosion(mask | unknown))


def _around(masks: list[Mask], margin: int) -> tuple[slice, ...]:
    """The box of all masks and a margin around it."""
    union = np.logical_or.reduce(masks)
    [box] = ndimage.find_objects(union.astype(np.uint8))
    pairs = zip(box, union.shape, strict=True)
    return tuple(
        slice(max(0, b.start - margin), min(n, b.stop + margin)) for b, n in pairs
    )
