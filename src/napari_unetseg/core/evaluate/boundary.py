"""How far the borders of classes agree: boundary IoU, and the Hausdorff distance."""

from __future__ import annotations

import math
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.draining import result_of, shared
from napari_unetseg.core.evaluate.borders import ClassBorders, Pair, walk
from napari_unetseg.core.evaluate.hausdorff import gathered, hausdorff

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

SHARE = 0.02
"""Width of the band for the boundary IoU, as a share of a frame's diagonal."""

# Classes that are looked for in one go: each takes memory, each go reads the frame.
_TOGETHER = 8


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
    prediction: Any,
    truth: Any,
    *,
    ids: Sequence[int],
    spacing: Sequence[float],
    ignore: Sequence[int] = (),
    width: int | None = None,
) -> dict[int, Boundary]:
    """Compare the borders of classes in one frame.

    Parameters
    ----------
    prediction, truth : array of shape (Y, X) or (Z, Y, X) and dtype int
        Class ids; numpy or lazy. They are read some slices at a time, twice, and what
        is kept of them grows with the borders, in temporary files where these are long.
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
    return result_of(
        bordering(
            prediction, truth, ids=ids, spacing=spacing, ignore=ignore, width=width
        )
    )


def bordering(
    prediction: Any,
    truth: Any,
    *,
    ids: Sequence[int],
    spacing: Sequence[float],
    ignore: Sequence[int] = (),
    width: int | None = None,
) -> Generator[float, None, dict[int, Boundary]]:
    """Compare the borders of classes in one frame, step by step.

    Parameters and the result are those of `boundaries`.

    Yields
    ------
    float
        The share that is done, up to 1.

    Raises
    ------
    InputError
        If a lazy frame holds values that are no ids.
    WriteError
        If there is no room for temporary files.
    """
    pair = Pair(prediction, truth, tuple(ignore))
    wide = band_width(pair.shape) if width is None else width
    groups = [ids[start : start + _TOGETHER] for start in range(0, len(ids), _TOGETHER)]
    told: dict[int, Boundary] = {}
    for number, some in enumerate(groups):
        with ExitStack() as kept:
            found = {}
            for i in some:
                one, other = (gathered(len(pair.shape)) for _ in range(2))
                edges = kept.enter_context(one), kept.enter_context(other)
                found[i] = ClassBorders(i, edges, wide)
            steps = walk(pair, [*found.values()], wide)
            yield from shared(steps, number, len(groups))
            told |= {i: _boundary(one, spacing) for i, one in found.items()}
    return told


def _boundary(found: ClassBorders, spacing: Sequence[float]) -> Boundary:
    edges, there = found.edges, found.there
    # A class that fills all of what is known has no border, and none is off.
    measured = edges[0].count > 0 and edges[1].count > 0
    return Boundary(
        shared=found.shared,
        joined=found.joined,
        distance_sum=hausdorff(*edges, spacing) if measured else 0.0,
        frames=int(measured),
        one_sided=int(there[0] != there[1]),
    )


def band_width(shape: Sequence[int]) -> int:
    """Pixels of the band along the borders of a frame, one at least."""
    return max(1, round(SHARE * math.hypot(*shape[-2:])))


def pooled(
    one: Mapping[int, Boundary], other: Mapping[int, Boundary]
) -> dict[int, Boundary]:
    """Pool the borders of each class."""
    return {
        i: one.get(i, Boundary()) + other.get(i, Boundary())
        for i in sorted({*one, *other})
    }
