"""What a person may wish while a training goes on."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from napari_unetseg.core.predict.work import Region
    from napari_unetseg.core.prepare.edits import Edit

_SHRINK = 0.8


@dataclass(frozen=True, slots=True)
class View:
    """What somebody looks at.

    Attributes
    ----------
    image : int
        Which of the images, from 0.
    region : dict of axis to (start, stop)
        Which part of it, in pixels; of axes that are not named all.
    """

    image: int
    region: Region


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """What the network says by now of what somebody looks at.

    Attributes
    ----------
    step : int
        Number of steps that are behind it.
    image : int
        Which of the images, from 0.
    axes : str
        The image's axes but C, Y and X last.
    start : tuple of int
        Where the labels begin in the image, along these axes, in pixels.
    labels : ndarray of unsigned integers
        Painted ids, or numbers of objects, with these axes.
    uncertainty : ndarray of the labels' shape, float32, optional
        Entropy of the classes, from 0 (sure) to 1.
    """

    step: int
    image: int
    axes: str
    start: tuple[int, ...]
    labels: NDArray[np.unsignedinteger]
    uncertainty: NDArray[np.float32] | None = None


def _no() -> bool:
    return False


def _none(step: int) -> Sequence[Edit]:
    return ()


def _nowhere() -> View | None:
    return None


def _unseen(predicted: Predicted) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Wishes:
    """Asked before each step of a training.

    Attributes
    ----------
    stop : callable
        Whether to end early, with what there is.
    paused : callable
        Whether to rest before the next step.
    edits : callable
        Given the number of steps that are done, changes of the labels from which the
        next step is to learn and which were not returned before, in their order. To a
        training that is resumed each is given at the very step at which it was given
        before; at its first question, all up to then, which their own `step` tells.
    view : callable
        What somebody looks at, or None. It is predicted every few seconds, so that it
        takes a tenth of the time at most, and changes nothing of what is learnt.
    show : callable
        Takes what was predicted, and returns a number for it; 0 if it cannot be shown.
    """

    stop: Callable[[], bool] = _no
    paused: Callable[[], bool] = _no
    edits: Callable[[int], Sequence[Edit]] = _none
    view: Callable[[], View | None] = _nowhere
    show: Callable[[Predicted], int] = _unseen


def bounded(
    region: Region, lengths: Mapping[str, int], most: int
) -> dict[str, tuple[int, int]] | None:
    """Cut a region to an image, and to a number of pixels around its middle.

    Parameters
    ----------
    region : mapping of axis to (start, stop)
        In pixels; it may reach beyond the image, and name axes that it has not.
    lengths : mapping of axis to int
        The image's axes but C, in pixels.
    most : int
        Largest number of pixels, at least 1.

    Returns
    -------
    dict of axis to (start, stop) or None
        Of every axis of the image; None if nothing of the region lies within it. The
        longest sides are cut first.
    """
    found = {}
    for axis, length in lengths.items():
        start, stop = region.get(axis, (0, length))
        found[axis] = max(0, start), min(stop, length)
        if found[axis][0] >= found[axis][1]:
            return None
    while prod(stop - start for start, stop in found.values()) > most:
        axis = max(found, key=lambda one: found[one][1] - found[one][0])
        start, stop = found[axis]
        size = max(1, int((stop - start) * _SHRINK))
        start += (stop - start - size) // 2
        found[axis] = start, start + size
    return found
