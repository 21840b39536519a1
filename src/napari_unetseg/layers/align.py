"""Two labels layers on one grid, so that their pixels can be compared."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.units import unit_name, unit_ratio
from napari_unetseg.layers.lookup import Lookup

if TYPE_CHECKING:
    from napari_unetseg.core.image import Image
    from napari_unetseg.layers.place import Matrix, Placed

# In pixels: what lies closer together than this lies at the same place.
TOLERANCE = 1e-3
# In pixels: a centre this close to the border of two pixels belongs to the later one,
# whichever way the sums were rounded.
TIE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Aligned:
    """Two labels that show the same pixels.

    Attributes
    ----------
    prediction, truth : Image
        Of equal shape, axes and pixel size: those of the truth, without the margin
        that the prediction does not cover. Lazy arrays are read a plane at a time.
    left_out : int
        Number of pixels of the truth in that margin.
    start : tuple of int
        Where in the truth the first compared pixel is, one number per axis.
    note : str
        What was done, as a sentence for the user; "" where nothing had to be done.
    """

    prediction: Image
    truth: Image
    left_out: int = 0
    start: tuple[int, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        """Begin at the first pixel where nothing else is said."""
        if not self.start:
            object.__setattr__(self, "start", (0,) * len(self.truth.shape))


def aligned(prediction: Placed, truth: Placed) -> Aligned:
    """Bring a prediction to the pixels of the truth.

    Parameters
    ----------
    prediction, truth : Placed
        Their axes are matched by position, as napari does.

    Returns
    -------
    Aligned
        Pixel by pixel where shape and place are equal, and where the shape is equal
        and one of the two has no place. Otherwise every pixel of the truth meets the
        pixel of the prediction that its centre falls into.

    Raises
    ------
    InputError
        If they have other axes, do not overlap, are turned or sheared against each
        other, or are measured in units that say nothing about each other.
    """
    _check_axes(prediction, truth)
    ratios, strange = _unit_ratios(prediction, truth)
    relative = _relative(prediction, truth, ratios)
    shape = truth.image.shape
    if prediction.image.shape == shape:
        if not strange and _same_place(relative, shape):
            return _on_grid(prediction.image, truth.image)
        for one, other in ((prediction, truth), (truth, prediction)):
            if one.is_default:
                note = (
                    f"{one.name} has neither pixel size nor place: compared with "
                    f"{other.name} pixel by pixel."
                )
                return _on_grid(prediction.image, truth.image, note=note)
    if strange:
        raise InputError(
            f"{prediction.name} is measured in {prediction.units[strange[0]]} and "
            f"{truth.name} in {truth.units[strange[0]]}, which cannot be converted",
            "Give both layers their true scale, in units of length",
        )
    _check_upright(prediction, truth, relative)
    return _in_world(prediction, truth, relative)


def _check_axes(prediction: Placed, truth: Placed) -> None:
    """Refuse layers whose axes do not correspond one by one."""
    count, other = len(prediction.image.shape), len(truth.image.shape)
    if count != other:
        raise InputError(
            f"{prediction.name} has {count} dimensions and {truth.name} has {other}",
            "Choose two layers with the same number of dimensions",
        )
    axes = prediction.image.axes, truth.image.axes
    if axes[0] != axes[1] and sorted(axes[0]) == sorted(axes[1]):
        raise InputError(
            f"The axes of {prediction.name} are {axes[0]} and those of {truth.name} "
            f"are {axes[1]}",
            "Name the axes of both layers alike, or bring one of them into the order "
            "of the other",
        )


def _unit_ratios(prediction: Placed, truth: Placed) -> tuple[list[float], list[int]]:
    """How many units of the truth one of the prediction is, per axis.

    Units that cannot be converted count as equal where the numbers are. The second
    list names the axes where they are not.
    """
    ratios, strange = [], []
    for axis, units in enumerate(zip(prediction.units, truth.units, strict=True)):
        ratio = unit_ratio(unit_name(units[0]), unit_name(units[1]))
        ratios.append(1.0 if ratio is None else ratio)
        numbers = prediction.matrix[axis], truth.matrix[axis]
        if ratio is None and units[0] != units[1] and not np.allclose(*numbers):
            strange.append(axis)
    return ratios, strange


def _relative(prediction: Placed, truth: Placed, ratios: list[float]) -> Matrix:
    """From pixel indices of the truth to those of the prediction."""
    for placed in (prediction, truth):
        matrix = placed.matrix
        if not np.isfinite(matrix).all() or np.linalg.det(matrix) == 0:
            raise InputError(
                f"The scale or the affine matrix of {placed.name} puts different "
                "pixels at one place",
                "Correct the transform of the layer",
            )
    world = np.diag([*ratios, 1.0]) @ prediction.matrix
    return np.asarray(np.linalg.solve(world, truth.matrix))


def _same_place(relative: Matrix, shape: tuple[int, ...]) -> bool:
    """Whether no corner of the truth is anywhere else in the prediction."""
    edges = ((-0.5, length - 0.5) for length in shape)
    corners = np.array([*product(*edges)])
    moved = corners @ relative[:-1, :-1].T + relative[:-1, -1] - corners
    return bool(np.abs(moved).max() <= TOLERANCE)


def _check_upright(prediction: Placed, truth: Placed, relative: Matrix) -> None:
    """Refuse rotation, shear and exchanged axes."""
    linear = relative[:-1, :-1]
    sideways = np.abs(linear - np.diag(np.diagonal(linear)))
    if (sideways @ np.array(truth.image.shape, dtype=float)).max() > TOLERANCE:
        raise InputError(
            f"{prediction.name} is turned or sheared against {truth.name}",
            "Give both layers the same rotate, shear and affine, or resample one of "
            "them to the other",
        )


def _in_world(prediction: Placed, truth: Placed, relative: Matrix) -> Aligned:
    """Look up every pixel of the truth where it lies in the prediction."""
    wanted, found = [], []
    for axis, length in enumerate(truth.image.shape):
        centres = relative[axis, axis] * np.arange(length) + relative[axis, -1]
        # Both outer borders belong to the prediction; of an inner one see TIE.
        last = prediction.image.shape[axis] - 1
        inside = np.abs(centres - last / 2) <= last / 2 + 0.5 + TIE
        indices = np.floor(centres[inside] + 0.5 + TIE).astype(np.intp)
        wanted.append(np.flatnonzero(inside))
        found.append(np.minimum(indices, last))
    if not all(len(indices) for indices in found):
        raise InputError(
            f"{prediction.name} and {truth.name} do not overlap",
            "Check scale, translate and units of the two layers",
        )
    total = math.prod(truth.image.shape)
    left_out = total - math.prod(len(indices) for indices in found)
    difference = _difference(prediction, truth, relative)
    note = f"{difference}: compared on the grid of {truth.name}"
    if left_out:
        share = _percent(left_out / total)
        note += (
            f"; {share} of its pixels lie outside {prediction.name} and are left out"
        )
    return _on_grid(
        replace(prediction.image, array=Lookup(prediction.image.array, found)),
        replace(truth.image, array=Lookup(truth.image.array, wanted)),
        left_out=left_out,
        start=tuple(int(indices[0]) for indices in wanted),
        note=f"{note}.",
    )


def _on_grid(
    prediction: Image,
    truth: Image,
    *,
    left_out: int = 0,
    start: tuple[int, ...] = (),
    note: str = "",
) -> Aligned:
    """Give the prediction the axes and the pixel size of the truth."""
    same = replace(
        prediction, axes=truth.axes, spacing=truth.spacing, unit=truth.unit, channels=()
    )
    return Aligned(
        prediction=same, truth=truth, left_out=left_out, start=start, note=note
    )


def _difference(prediction: Placed, truth: Placed, relative: Matrix) -> str:
    """Why the two are not compared pixel by pixel."""
    sizes = prediction.pixel_size, truth.pixel_size
    if sizes[0] != sizes[1]:
        return (
            f"The pixels of {prediction.name} measure {sizes[0]}, those of "
            f"{truth.name} {sizes[1]}"
        )
    if (np.diagonal(relative)[:-1] < 0).any():
        return f"{prediction.name} is mirrored against {truth.name}"
    if np.abs(relative[:-1, -1]).max() > TOLERANCE:
        return f"{prediction.name} and {truth.name} start at different places"
    return f"{prediction.name} and {truth.name} differ in size"


def _percent(share: float) -> str:
    """A share above 0 in whole percent, never rounded to nothing or to all."""
    if share < 0.01:
        return "less than 1 %"
    return "more than 99 %" if share > 0.99 else f"{100 * share:.0f} %"
