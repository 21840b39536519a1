"""Where painting would teach most, in a prediction of what is in view: pure NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.train.places import places_to_paint
from napari_unetseg.layers.changes import Stored

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from numpy.typing import NDArray

    from napari_unetseg.core.image import Image
    from napari_unetseg.core.train.places import Place
    from napari_unetseg.core.train.wishes import Predicted
    from napari_unetseg.gui.train.look import Seen

# Pixels around a place, less in small images; and places of either kind.
RADIUS, MOST = 16, 10
_SHARE = 8


@dataclass(frozen=True)
class Suggestion:
    """A box of the labels to paint in.

    Attributes
    ----------
    centre, start, stop : tuple of int
        Its middle, its first pixel, and the first behind it, along the labels' axes.
    text : str
        Why, in a sentence.
    """

    centre: tuple[int, ...]
    start: tuple[int, ...]
    stop: tuple[int, ...]
    text: str


@dataclass(frozen=True)
class Rare:
    """The class that is painted least.

    Attributes
    ----------
    identity : int
        Its painted id.
    text : str
        How little of it is painted, as in "Class 3 is painted least: 0.4 %".
    """

    identity: int
    text: str


def rarest(seen: Seen, names: Mapping[str, str]) -> Rare | None:
    """Find the class that is painted least; None of single objects.

    Parameters
    ----------
    seen : Seen
        A look at the labels.
    names : mapping of str to str
        Names by painted id.
    """
    counts = {identity: count for identity, count in seen.counts if identity}
    if not counts or not set(counts) <= set(seen.ids):
        return None
    identity = min(counts, key=lambda one: (counts[one], one))
    share = counts[identity] / max(1, sum(count for _, count in seen.counts))
    name = names.get(str(identity), "")
    told = f"{identity} ({name})" if name else str(identity)
    return Rare(identity, f"Class {told} is painted least: {_percent(share)}")


def suggestions(
    predicted: Predicted,
    labels: Image,
    seen: Seen,
    *,
    region: Image | None = None,
    rare: Rare | None = None,
    offset: Mapping[str, int] | None = None,
    dimensions: int = 2,
) -> Generator[None, None, list[Suggestion]]:
    """Choose places to paint in turn: unsure ones, and ones of a rare class.

    Parameters
    ----------
    predicted : Predicted
        With its uncertainty.
    labels : Image
        What is painted.
    seen : Seen
        What a look at the labels has shown.
    region : Image, optional
        Mask of the labels' shape, inside which everything counts.
    rare : Rare, optional
        The class that is painted least.
    offset : mapping of axis to int, optional
        Where the predicted image begins in the labels, in pixels.
    dimensions : int
        2: planes have nothing to do with one another; 3: places are volumes.

    Yields
    ------
    None
        Between the two kinds; to be run beside the window.

    Returns
    -------
    list of Suggestion
        Empty if all that was predicted is annotated.

    Raises
    ------
    InputError
        If the labels have other axes, or another shape, than what was predicted.
    """
    axes = labels.axes
    if predicted.uncertainty is None:
        raise InputError(
            "This prediction does not tell how unsure it is", "Train with this version"
        )
    stored = Stored(axes, predicted.axes)
    at, unsure = stored.back(predicted.start, predicted.uncertainty)
    found = stored.back(predicted.start, predicted.labels)[1]
    first = tuple(at.get(axis, 0) + (offset or {}).get(axis, 0) for axis in axes)
    box = tuple(slice(a, a + n) for a, n in zip(first, unsure.shape, strict=True))
    if any(side.stop > n for side, n in zip(box, labels.shape, strict=True)):
        raise InputError(
            f"'{labels.name}' is smaller than what was predicted",
            "Choose the labels of this training",
        )
    painted = annotated(labels, seen, box, region)
    radius = radii(labels, dimensions)
    yield
    places = places_to_paint(unsure, painted, radius, MOST)
    made = [
        _of(place, radius, first, labels.shape, _unsure_text(place)) for place in places
    ]
    if rare is None:
        return made
    yield
    is_rare = (found == rare.identity).astype(np.float32)
    others = [
        _of(place, radius, first, labels.shape, _rare_text(rare))
        for place in places_to_paint(is_rare, painted, radius, MOST)
        if not any(_near(place, one, radius) for one in places)
    ]
    return _in_turn(made, others)


def annotated(
    labels: Image, seen: Seen, box: tuple[slice, ...], region: Image | None
) -> NDArray[np.bool_]:
    """Which pixels of a box teach already: painted ones, and 0 where it is background.

    Parameters
    ----------
    labels : Image
        What is painted.
    seen : Seen
        Tells where 0 is background.
    box : tuple of slice
        Along each of the labels' axes.
    region : Image, optional
        Mask of the labels' shape, inside which 0 is background.

    Returns
    -------
    ndarray of the box's shape, bool
    """
    painted: NDArray[np.bool_] = np.asarray(labels.array[box]) != 0
    if region is not None:
        painted |= np.asarray(region.array[box]) != 0
        return painted
    if len(seen.filled) != int(np.prod(labels.plane_grid, dtype=int)):
        return painted
    sides = dict(zip(labels.axes, box, strict=True))
    filled = np.asarray(seen.filled, bool).reshape(labels.plane_grid)
    filled = filled[tuple(sides[axis] for axis in labels.plane_axes)]
    plane = tuple(i for i, axis in enumerate(labels.axes) if axis in "YX")
    painted |= np.expand_dims(filled, plane)
    return painted


def radii(labels: Image, dimensions: int) -> tuple[int, ...]:
    """Half sides of a place along each of the labels' axes, about a cube in space."""
    side = max(1, min(RADIUS, min(labels.plane_shape) // _SHARE))
    found = {"Y": side, "X": side}
    if dimensions == 3 and "Z" in labels.axes:
        ratio = labels.spacing_of("Y") / labels.spacing_of("Z")
        found["Z"] = min(side, round(side * ratio))
    return tuple(found.get(axis, 0) for axis in labels.axes)


def _of(
    place: Place,
    radius: tuple[int, ...],
    first: tuple[int, ...],
    shape: tuple[int, ...],
    text: str,
) -> Suggestion:
    centre = tuple(c + a for c, a in zip(place.centre, first, strict=True))
    start = tuple(max(0, c - r) for c, r in zip(centre, radius, strict=True))
    ends = zip(centre, radius, shape, strict=True)
    stop = tuple(min(n, c + r + 1) for c, r, n in ends)
    return Suggestion(centre, start, stop, text)


def _near(one: Place, other: Place, radius: tuple[int, ...]) -> bool:
    """Whether the boxes of two places overlap."""
    pairs = zip(one.centre, other.centre, radius, strict=True)
    return all(abs(a - b) <= 2 * r for a, b, r in pairs)


def _in_turn(*kinds: list[Suggestion]) -> list[Suggestion]:
    most = max(map(len, kinds))
    return [kind[i] for i in range(most) for kind in kinds if i < len(kind)]


def _unsure_text(place: Place) -> str:
    return (
        f"Most uncertain of what is not painted: entropy {place.value:.2f} of 1 around "
        "here."
    )


def _rare_text(rare: Rare) -> str:
    return f"{rare.text}. The network sees more of it here."


def _percent(share: float) -> str:
    percent = 100 * share
    text = f"{percent:.1f}" if percent < 10 else f"{percent:.0f}"
    return f"{text} % of what is annotated"


def covers(predicted: Predicted, place: Mapping[str, Any]) -> bool:
    """Whether a prediction is of the slice at a place, in pixels by axis."""
    sides = zip(predicted.axes, predicted.start, predicted.labels.shape, strict=True)
    return all(a <= place.get(axis, a) < a + n for axis, a, n in sides)
